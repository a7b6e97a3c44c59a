import { status } from '@grpc/grpc-js';
import { StatusError } from '../../../loopp/wire/grpc.ts';
import type {
  ContractConfig,
  ContractConfigTracker,
  ContractRead,
  ContractReader,
  ContractTransmitter,
  Ocr3ContractTransmitter,
  OffchainConfigDigester,
  SecureMintProvider,
  Service,
  Value,
} from '../../../loopp/wire/provider-ports.ts';
import type {
  ChainInfo,
  ChainStatus,
  Head,
  NodeStatuses,
  Page,
  PluginArgs,
  RelayArgs,
  Relayer,
} from '../../../loopp/wire/relayer-ports.ts';
import type { Call } from '../../../src/contract/call.ts';

/** Byte strings come off the wire as buffers. */
export const DIGEST = Buffer.alloc(32, 7);
export const UUID = Buffer.alloc(16, 1);

export const CONFIG: ContractConfig = {
  configDigest: DIGEST,
  configCount: 3n,
  signers: [Buffer.of(1, 2), Buffer.of(3)],
  transmitters: ['0xaa', '0xbb'],
  f: 1,
  onchainConfig: Buffer.of(4),
  offchainConfigVersion: 2n ** 63n,
  offchainConfig: Buffer.of(5, 6),
};

export const RELAY_ARGS: RelayArgs = {
  externalJobId: UUID,
  jobId: 7,
  contractId: '0xcc',
  isNew: true,
  relayConfig: Buffer.from('{"a":1}'),
  providerType: 'securemint',
};
export const PLUGIN_ARGS: PluginArgs = { transmitterId: '0xdd', pluginConfig: Buffer.from('{}') };

/** What happened, in order; services write their names into one that they share. */
export type Events = string[];

abstract class FakeService implements Service {
  readonly events: Events;
  /** What start rejects with. */
  startError: Error | undefined;
  /** What ready rejects with. */
  readyError: Error | undefined;
  private readonly label: string;
  private closed = false;

  constructor(label: string, events: Events) {
    this.label = label;
    this.events = events;
  }

  async start(): Promise<void> {
    this.events.push(`${this.label} started`);
    if (this.startError !== undefined) throw this.startError;
  }

  async ready(): Promise<void> {
    if (this.readyError !== undefined) throw this.readyError;
  }

  async healthReport(): Promise<ReadonlyMap<string, string>> {
    return new Map([
      [this.label, ''],
      [`${this.label}.node`, 'sick'],
    ]);
  }

  async close(): Promise<void> {
    if (!this.closed) this.events.push(`${this.label} closed`);
    this.closed = true;
  }
}

/** One thing that was asked of a provider: its name and what came with it. */
export interface AskedOf {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly call: Call | undefined;
}

/** A provider in this process that keeps what it was asked. */
export class FakeProvider extends FakeService implements SecureMintProvider {
  readonly asked: AskedOf[] = [];
  /** What a read answers. */
  read: (read: ContractRead, call?: Call) => Promise<Value> = () =>
    Promise.reject(new StatusError(status.NOT_FOUND, 'not found'));
  readonly contractReader: ContractReader;

  readonly offchainConfigDigester: OffchainConfigDigester = {
    configDigest: async (config, call) => this.keep('configDigest', [config], call, DIGEST),
    configDigestPrefix: async (call) => this.keep('configDigestPrefix', [], call, 14),
  };
  readonly contractConfigTracker: ContractConfigTracker = {
    latestConfigDetails: async (call) =>
      this.keep('latestConfigDetails', [], call, { changedInBlock: 9n, configDigest: DIGEST }),
    latestConfig: async (changedInBlock, call) => this.keep('latestConfig', [changedInBlock], call, CONFIG),
    latestBlockHeight: async (call) => this.keep('latestBlockHeight', [], call, 2n ** 64n - 1n),
  };
  readonly contractTransmitter: ContractTransmitter = {
    transmit: async (context, report, signatures, call) =>
      this.keep('transmit', [context, report, signatures], call, undefined),
    latestConfigDigestAndEpoch: async (call) =>
      this.keep('latestConfigDigestAndEpoch', [], call, { configDigest: DIGEST, epoch: 5 }),
    fromAccount: async (call) => this.keep('fromAccount', [], call, '0xaa'),
  };
  readonly ocr3ContractTransmitter: Ocr3ContractTransmitter = {
    transmit: async (configDigest, seqNr, report, signatures, call) =>
      this.keep('ocr3.transmit', [configDigest, seqNr, report, signatures], call, undefined),
    fromAccount: async (call) => this.keep('ocr3.fromAccount', [], call, '0xbb'),
  };

  constructor(events: Events = [], label = 'provider') {
    super(label, events);
    this.contractReader = {
      getLatestValue: (read, call) => {
        this.keep('getLatestValue', [read], call, undefined);
        return this.read(read, call);
      },
    };
  }

  private keep<T>(name: string, args: readonly unknown[], call: Call | undefined, answer: T): T {
    this.asked.push({ name, args, call });
    return answer;
  }
}

/** A relayer that supports no product beyond the generic one. */
export class PlainRelayer extends FakeService implements Relayer {
  readonly name = 'PlainRelayer';
  readonly made: { readonly relay: RelayArgs; readonly plugin: PluginArgs }[] = [];
  readonly providers: FakeProvider[] = [];
  /** What becomes of a provider before it is handed out. */
  prepare: (provider: FakeProvider) => void = () => undefined;

  constructor(events: Events = []) {
    super('relayer', events);
  }

  async latestHead(): Promise<Head> {
    return { height: '12', hash: Uint8Array.of(1, 2), timestamp: 2n ** 40n };
  }

  async getChainStatus(): Promise<ChainStatus> {
    return { id: '1', enabled: true, config: 'a = 1' };
  }

  async getChainInfo(): Promise<ChainInfo> {
    return { familyName: 'evm', chainId: '1', networkName: 'ethereum', networkNameFull: 'ethereum-mainnet' };
  }

  async listNodeStatuses({ pageSize, pageToken }: Page): Promise<NodeStatuses> {
    const node = { chainId: '1', name: pageToken, config: 'b = 2', state: 'Alive' };
    return { nodes: [node], total: pageSize, nextPageToken: 'next' };
  }

  async newPluginProvider(relay: RelayArgs, plugin: PluginArgs): Promise<FakeProvider> {
    const provider = new FakeProvider(this.events);
    this.made.push({ relay, plugin });
    this.providers.push(provider);
    this.prepare(provider);
    return provider;
  }
}

/** One that supports what this program has services for. */
export class FullRelayer extends PlainRelayer {
  newSecureMintProvider(relay: RelayArgs, plugin: PluginArgs): Promise<FakeProvider> {
    return this.newPluginProvider(relay, plugin);
  }

  newOcr3CapabilityProvider(relay: RelayArgs, plugin: PluginArgs): Promise<FakeProvider> {
    return this.newPluginProvider(relay, plugin);
  }
}

export const noLog = (): void => undefined;
