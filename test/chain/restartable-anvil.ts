import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HDNodeWallet, JsonRpcProvider, Mnemonic, Network } from 'ethers';
import { partPath } from '../helpers/real/parts.ts';
import { freePort } from '../helpers/real/port.ts';
import { Service } from '../helpers/real/service.ts';

const CHAIN_ID = 31_337;
const BINARY = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/bin/anvil`;

/** Anvil's own: its accounts have 10,000 ether each. */
const MNEMONIC = Mnemonic.fromPhrase('test test test test test test test test test test test junk');

/** A development chain on one port that can be killed and comes back as it was when it was saved last. */
export class RestartableAnvil {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  private readonly port: number;
  private readonly folder: string;
  private service: Service | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    this.url = `http://127.0.0.1:${String(port)}`;
    this.provider = new JsonRpcProvider(this.url, CHAIN_ID, {
      staticNetwork: Network.from(CHAIN_ID),
      cacheTimeout: -1,
      batchMaxCount: 1,
    });
    this.provider.pollingInterval = 20;
  }

  static async start(): Promise<RestartableAnvil> {
    const folder = await mkdtemp(join(tmpdir(), 'anvil-'));
    const anvil = new RestartableAnvil(await freePort(), folder);
    await anvil.resume();
    return anvil;
  }

  /** The account of that number, 0 to 9. Nobody else may send from it at the same time. */
  wallet(index: number): HDNodeWallet {
    return HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${String(index)}`).connect(this.provider);
  }

  /** Nobody listens afterwards; the state is saved on the way. */
  async halt(): Promise<void> {
    await this.service?.stop();
    this.service = undefined;
  }

  /** Goes on from the saved state, or from another one. */
  async resume({ chainId = CHAIN_ID, forgetful = false } = {}): Promise<void> {
    const state = forgetful ? [] : ['--state', join(this.folder, 'state.json')];
    this.service = await Service.start({
      name: 'anvil',
      file: partPath(BINARY),
      args: ['--host', '127.0.0.1', '--port', String(this.port), '--chain-id', String(chainId), ...state],
      isReady: (output) => output.includes('Listening on'),
      startTimeoutMs: 20_000,
    });
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.provider.destroy();
    await this.halt();
    await rm(this.folder, { recursive: true, force: true });
  }
}
