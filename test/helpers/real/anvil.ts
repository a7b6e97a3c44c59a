import { HDNodeWallet, JsonRpcProvider, Mnemonic, Network } from 'ethers';
import { arch, platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { partPath } from './parts.ts';
import { Service } from './service.ts';

const START_TIMEOUT_MS = 20_000;
const CHAIN_ID = 31_337;
/** Anvil's own: its accounts have 10,000 ether each. */
const MNEMONIC = Mnemonic.fromPhrase('test test test test test test test test test test test junk');
/** Node's names of processors in the names of anvil's packages. */
const PROCESSORS: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** A development chain of its own that mines a block for each transaction. */
export class Anvil {
  readonly url: string;
  readonly chainId = CHAIN_ID;
  readonly provider: JsonRpcProvider;
  private readonly service: Service;

  private constructor(service: Service, url: string) {
    this.service = service;
    this.url = url;
    // Nothing remembered from before the last block, no waiting for a batch to fill.
    this.provider = new JsonRpcProvider(url, CHAIN_ID, {
      staticNetwork: Network.from(CHAIN_ID),
      cacheTimeout: -1,
      batchMaxCount: 1,
    });
    this.provider.pollingInterval = 20;
  }

  /** Starts one on a port of 127.0.0.1 that it chooses itself. */
  static async start(): Promise<Anvil> {
    const binary = `@foundry-rs/anvil-${platform()}-${PROCESSORS[arch()] ?? arch()}/bin/anvil`;
    const service = await Service.start({
      name: 'anvil',
      file: partPath(binary),
      args: ['--host', '127.0.0.1', '--port', '0'],
      isReady: (output) => addressIn(output) !== undefined,
      startTimeoutMs: START_TIMEOUT_MS,
    });
    return new Anvil(service, `http://${addressIn(service.output) ?? ''}`);
  }

  /** The account of that number, 0 to 9. Nobody else may send from it at the same time. */
  wallet(index: number): HDNodeWallet {
    return HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${String(index)}`).connect(this.provider);
  }

  /** Resolves once so many transactions wait for a block. */
  async waitForPending(count: number): Promise<void> {
    const pending = async (): Promise<bigint> => {
      const answer: unknown = await this.provider.send('txpool_status', []);
      return BigInt((answer as { readonly pending: string }).pending);
    };
    while ((await pending()) < BigInt(count)) await sleep(this.provider.pollingInterval);
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.provider.destroy();
    await this.service.stop();
  }
}

const addressIn = (output: string): string | undefined => /Listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1];
