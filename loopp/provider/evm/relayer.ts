import { messageOf } from '../../../src/errors.ts';
import type {
  ChainInfo,
  ChainStatus,
  Head,
  NodeStatuses,
  PluginArgs,
  RelayArgs,
  Relayer,
} from '../../wire/relayer-ports.ts';
import type { Call } from '../../../src/contract/call.ts';
import { TransmittingAccount } from './account.ts';
import { EvmChain } from './chain.ts';
import type { EvmRelayerOptions } from './options.ts';
import { EvmProvider } from './provider.ts';
import { addressOf, parseRelayConfig } from './relay-config.ts';

type State = 'made' | 'started' | 'closed';

/** One EVM chain as a Chainlink node knows it. */
export class EvmRelayer implements Relayer {
  readonly name = 'EvmRelayer';
  private readonly options: EvmRelayerOptions;
  private readonly chain: EvmChain;
  private readonly account: TransmittingAccount | undefined;
  private state: State = 'made';

  constructor(options: EvmRelayerOptions) {
    const { privateKey } = options;
    this.options = options;
    this.chain = new EvmChain(options);
    this.account =
      privateKey === undefined ? undefined : new TransmittingAccount(privateKey, this.chain.provider);
  }

  /** Rejects with `EvmRpcError` unless the node is there and of this chain. */
  async start(): Promise<void> {
    try {
      await this.chain.check();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.state = 'started';
  }

  async ready(): Promise<void> {
    if (this.state !== 'started') throw new Error(`the relayer is ${this.state}, expected started`);
  }

  async healthReport(): Promise<ReadonlyMap<string, string>> {
    const failure = this.chain.provider.transport.lastFailure;
    return new Map([[this.name, await this.ready().then(() => failure, messageOf)]]);
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.chain.close();
  }

  latestHead(call?: Call): Promise<Head> {
    return this.chain.latestHead(call);
  }

  async getChainStatus(): Promise<ChainStatus> {
    return { id: this.id, enabled: true, config: this.toml() };
  }

  async getChainInfo(): Promise<ChainInfo> {
    const { networkName = `chain ${this.id}` } = this.options;
    return {
      familyName: 'evm',
      chainId: this.id,
      networkName,
      networkNameFull: networkName,
    };
  }

  /** There is one node, so there is one page. */
  async listNodeStatuses(): Promise<NodeStatuses> {
    const { origin, lastFailure } = this.chain.provider.transport;
    const node = {
      chainId: this.id,
      name: origin,
      config: `HTTPURL = ${JSON.stringify(origin)}\n`,
      state: lastFailure === '' ? 'Alive' : 'Unreachable',
    };
    return { nodes: [node], total: 1, nextPageToken: '' };
  }

  async newPluginProvider(relay: RelayArgs, _plugin: PluginArgs): Promise<EvmProvider> {
    const contract = addressOf('contractID', relay.contractId);
    return new EvmProvider(this.chain, contract, parseRelayConfig(relay.relayConfig), this.account);
  }

  newSecureMintProvider(relay: RelayArgs, plugin: PluginArgs): Promise<EvmProvider> {
    return this.newPluginProvider(relay, plugin);
  }

  newOcr3CapabilityProvider(relay: RelayArgs, plugin: PluginArgs): Promise<EvmProvider> {
    return this.newPluginProvider(relay, plugin);
  }

  private get id(): string {
    return String(this.options.chainId);
  }

  private toml(): string {
    const { finality } = this.options;
    const final =
      typeof finality === 'object'
        ? `FinalityDepth = ${String(finality.depth)}`
        : `FinalityTag = ${JSON.stringify(finality)}`;
    return `ChainID = ${JSON.stringify(this.id)}\n${final}\n`;
  }
}
