import type { Call } from '../../src/contract/call.ts';
import type { Ocr3Provider, PluginProvider, SecureMintProvider, Service } from './provider-ports.ts';

/** One chain as products see it, after chainlink-common's `Relayer` (docs/spec/loopp-wire.md E). */
export interface Relayer extends Service {
  /** For errors and logs. */
  readonly name: string;
  latestHead(call?: Call): Promise<Head>;
  getChainStatus(call?: Call): Promise<ChainStatus>;
  getChainInfo(call?: Call): Promise<ChainInfo>;
  listNodeStatuses(page: Page, call?: Call): Promise<NodeStatuses>;
  /** Not started. Rejects when the arguments are none that it can make a provider of. */
  newPluginProvider(relay: RelayArgs, plugin: PluginArgs, call?: Call): Promise<PluginProvider>;
  /** As `newPluginProvider`. A relayer without it does not support the product. */
  newSecureMintProvider?(relay: RelayArgs, plugin: PluginArgs, call?: Call): Promise<SecureMintProvider>;
  /** As `newPluginProvider`. A relayer without it does not support the product. */
  newOcr3CapabilityProvider?(relay: RelayArgs, plugin: PluginArgs, call?: Call): Promise<Ocr3Provider>;
}

/** For which job, and over which contract. */
export interface RelayArgs {
  /** 16 bytes, a UUID. */
  readonly externalJobId: Uint8Array;
  /** int32. */
  readonly jobId: number;
  /** The protocol's contract. */
  readonly contractId: string;
  readonly isNew: boolean;
  /** JSON of the relayer's own. */
  readonly relayConfig: Uint8Array;
  /** Which product the provider is for. */
  readonly providerType: string;
}

export interface PluginArgs {
  readonly transmitterId: string;
  readonly pluginConfig: Uint8Array;
}

/** A block. */
export interface Head {
  /** A decimal number. */
  readonly height: string;
  readonly hash: Uint8Array;
  /** uint64, seconds since 1970. */
  readonly timestamp: bigint;
}

export interface ChainStatus {
  readonly id: string;
  readonly enabled: boolean;
  /** TOML. */
  readonly config: string;
}

export interface ChainInfo {
  readonly familyName: string;
  readonly chainId: string;
  readonly networkName: string;
  readonly networkNameFull: string;
}

/** Which of many; a size of 0 is the relayer's choice, an empty token the first page. */
export interface Page {
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface NodeStatus {
  readonly chainId: string;
  readonly name: string;
  /** TOML. */
  readonly config: string;
  readonly state: string;
}

export interface NodeStatuses {
  readonly nodes: readonly NodeStatus[];
  readonly total: number;
  /** Empty: there is no more. */
  readonly nextPageToken: string;
}
