import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a chain answers; undefined: nothing, the call hangs. */
type RpcAnswer = { readonly result: unknown } | { readonly error: unknown } | undefined;

/** A chain on loopback, as much of it as a token's total supply needs. */
export class RpcServer {
  readonly calls: RpcCall[] = [];
  /** By block number; blocks between have what the last one before them has. */
  supplies: ReadonlyMap<number, bigint> = new Map();
  newest = { latest: 0, safe: 0, finalized: 0 };
  /** In place of what the chain knows. */
  override: ((call: RpcCall) => RpcAnswer) | undefined;
  private readonly contract: string;
  private readonly server: Server;

  private constructor(contract: string) {
    this.contract = contract;
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RpcCall;
        this.calls.push(call);
        const answer = this.override === undefined ? this.answer(call) : this.override(call);
        if (answer !== undefined) response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }));
      });
    });
  }

  static async start(contract: string): Promise<RpcServer> {
    const started = new RpcServer(contract);
    started.server.listen(0, '127.0.0.1');
    await once(started.server, 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/`;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private answer({ method, params }: RpcCall): RpcAnswer {
    switch (method) {
      case 'eth_blockNumber':
        return { result: hex(this.newest.latest) };
      case 'eth_getBlockByNumber': {
        const tag = params[0] as keyof RpcServer['newest'];
        return { result: { number: hex(this.newest[tag]), transactions: [] } };
      }
      case 'eth_call':
        return this.totalSupply(params);
      default:
        return { error: { code: -32_601, message: `the method ${method} does not exist` } };
    }
  }

  private totalSupply([transaction, block]: readonly unknown[]): RpcAnswer {
    const { to, data } = transaction as { readonly to: string; readonly data: string };
    if (to !== this.contract || data !== '0x18160ddd') return { result: '0x' };
    const known = [...this.supplies].filter(([from]) => from <= Number(block)).toSorted(([a], [b]) => b - a);
    const [, supply = 0n] = known[0] ?? [];
    return { result: `0x${supply.toString(16).padStart(64, '0')}` };
  }
}

const hex = (block: number): string => `0x${block.toString(16)}`;
