import { JsonRpcProvider, Network } from 'ethers';
import type { JsonRpcPayload, JsonRpcResult } from 'ethers';
import type { EvmRelayerOptions } from './options.ts';
import { EvmRpcError } from './rpc-error.ts';
import { RpcTransport } from './transport.ts';

/** While a transaction is waited for, the node is asked every second. */
const OPTIONS = { batchMaxCount: 1, cacheTimeout: -1, pollingInterval: 1000 } as const;

/**
 * ethers' provider over a transport with limits of its own: ethers tries a node that limits requests twelve times, waits
 * five minutes for an answer, and writes to standard output while a chain cannot be reached. Requests go out one by one,
 * answers are never kept, and nothing is asked of a node before it said that it is of this chain. Rejects with
 * `EvmRpcError` where there was no JSON-RPC answer, and with ethers' errors otherwise.
 */
export class EvmRpcProvider extends JsonRpcProvider {
  readonly transport: RpcTransport;
  private readonly chainId: bigint;
  private chainChecked: Promise<void> | undefined;

  constructor(options: EvmRelayerOptions) {
    const network = Network.from(options.chainId);
    super(options.url, network, { ...OPTIONS, staticNetwork: network });
    this.transport = new RpcTransport(options);
    this.chainId = options.chainId;
  }

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    await this.checkChain();
    const result: unknown = await super.send(method, params);
    return result;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    if (Array.isArray(payload)) throw new Error('expected one request at a time');
    try {
      // ethers reads errors from here too, its types say otherwise.
      return [(await this.transport.ask(payload)) as JsonRpcResult];
    } catch (error) {
      // Whoever listens there next may be another chain's.
      if (error instanceof EvmRpcError && error.kind === 'unreachable') this.chainChecked = undefined;
      throw error;
    }
  }

  override destroy(): void {
    this.transport.close();
    super.destroy();
  }

  /** Rejects with `EvmRpcError`. Asked once for as long as the node can be reached. */
  checkChain(): Promise<void> {
    const asked = this.chainChecked ?? this.askChain();
    this.chainChecked = asked;
    asked.catch(() => {
      if (this.chainChecked === asked) this.chainChecked = undefined;
    });
    return asked;
  }

  private async askChain(): Promise<void> {
    const { origin } = this.transport;
    const request = { id: 0, method: 'eth_chainId', params: [], jsonrpc: '2.0' } as const;
    const { result } = await this.transport.ask(request);
    const isNumber = typeof result === 'string' && /^0x[0-9a-f]+$/i.test(result);
    if (isNumber && BigInt(result) === this.chainId) return;
    const came = isNumber ? String(BigInt(result)) : JSON.stringify(result);
    throw new EvmRpcError(
      'wrongChain',
      `${origin} says that its chain id is ${came}, expected ${String(this.chainId)}: ` +
        'check the URL and the chain id of the relayer',
    );
  }
}
