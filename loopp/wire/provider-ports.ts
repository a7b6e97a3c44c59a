import type { Value } from '../../src/codec/values.ts';
import type { Call } from '../../src/contract/call.ts';
import type { ReportWithInfo } from '../../src/contract/reporting-plugin.ts';

export type { Value };

/**
 * What a product of OCR gets of its chain, after chainlink-common's provider types (docs/spec/loopp-wire.md E). `call` is on
 * whose behalf something is asked. Byte strings must not be modified by either side.
 */

/** A part of a process that is started once and closed once, as upstream's `services.Service`. */
export interface Service {
  /** Rejects when it cannot run; then it needs no close. */
  start(): Promise<void>;
  /** Rejects with the reason when it cannot be used now. */
  ready(): Promise<void>;
  /** By component: an empty text is healthy, else why not. Never rejects. */
  healthReport(): Promise<ReadonlyMap<string, string>>;
  /** Ends what was started. Idempotent. */
  close(): Promise<void>;
}

/** One configuration of the protocol as a contract has it. */
export interface ContractConfig {
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
  /** uint64: how many configurations the contract has had. */
  readonly configCount: bigint;
  /** On-chain public keys, by oracle. */
  readonly signers: readonly Uint8Array[];
  /** Accounts, by oracle. */
  readonly transmitters: readonly string[];
  /** 0 to 255. */
  readonly f: number;
  readonly onchainConfig: Uint8Array;
  /** uint64. */
  readonly offchainConfigVersion: bigint;
  readonly offchainConfig: Uint8Array;
}

/** Computes what a contract of this kind calls a configuration. Pure. */
export interface OffchainConfigDigester {
  /** 32 bytes. The digest within `config` is not looked at. */
  configDigest(config: ContractConfig, call?: Call): Promise<Uint8Array>;
  /** uint16: how every such digest begins. */
  configDigestPrefix(call?: Call): Promise<number>;
}

export interface LatestConfigDetails {
  /** uint64; 0: the contract has no configuration. */
  readonly changedInBlock: bigint;
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
}

/** Reads the protocol's configuration off the chain. Over the wire it never notifies. */
export interface ContractConfigTracker {
  latestConfigDetails(call?: Call): Promise<LatestConfigDetails>;
  /** The configuration that was set in that block. Rejects when none was. */
  latestConfig(changedInBlock: bigint, call?: Call): Promise<ContractConfig>;
  /** uint64. */
  latestBlockHeight(call?: Call): Promise<bigint>;
}

export interface AttributedSignature {
  readonly signature: Uint8Array;
  /** 0 to 255: an oracle. */
  readonly signer: number;
}

/** Which report of OCR2 this is. */
export interface ReportContext {
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
  /** uint32. */
  readonly epoch: number;
  /** 0 to 255. */
  readonly round: number;
  /** 32 bytes. */
  readonly extraHash: Uint8Array;
}

/** OCR2's. */
export interface ContractTransmitter {
  /** Resolves once nothing more is to be done for the report: the chain has it, this one or another oracle's. */
  transmit(
    context: ReportContext,
    report: Uint8Array,
    signatures: readonly AttributedSignature[],
    call?: Call,
  ): Promise<void>;
  latestConfigDigestAndEpoch(
    call?: Call,
  ): Promise<{ readonly configDigest: Uint8Array; readonly epoch: number }>;
  /** From where reports are sent. */
  fromAccount(call?: Call): Promise<string>;
}

/** OCR3's: a report is known by its sequence number. */
export interface Ocr3ContractTransmitter {
  /** As `ContractTransmitter.transmit`. */
  transmit(
    configDigest: Uint8Array,
    seqNr: bigint,
    report: ReportWithInfo,
    signatures: readonly AttributedSignature[],
    call?: Call,
  ): Promise<void>;
  fromAccount(call?: Call): Promise<string>;
}

/** How sure a value has to be; the numbers are the wire's. */
export const CONFIDENCE = { unconfirmed: 0, finalized: 1, safe: 2 } as const;
export type Confidence = keyof typeof CONFIDENCE;

/** One read of a contract. */
export interface ContractRead {
  /** `<address>-<contract>-<read>`, as upstream joins them; opaque to the wire. */
  readonly readIdentifier: string;
  readonly confidence: Confidence;
  readonly params: Value;
}

export interface ContractReader {
  /**
   * Rejects with status NOT_FOUND when the contract has no value yet, and with INVALID_ARGUMENT for a read that it does not
   * know. Not pure.
   */
  getLatestValue(read: ContractRead, call?: Call): Promise<Value>;
}

export interface PluginProvider extends Service {
  readonly offchainConfigDigester: OffchainConfigDigester;
  readonly contractConfigTracker: ContractConfigTracker;
  readonly contractTransmitter: ContractTransmitter;
  /** Undefined: it has none, and says so by UNIMPLEMENTED. */
  readonly contractReader: ContractReader | undefined;
}

/** What reports of OCR3 need besides; upstream's `OCR3CapabilityProvider`. */
export interface Ocr3Provider extends PluginProvider {
  readonly ocr3ContractTransmitter: Ocr3ContractTransmitter;
}

/** The plan's: what a Secure Mint plugin gets of its chain (docs/spec/loopp-wire.md D.7). */
export interface SecureMintProvider extends Ocr3Provider {
  readonly contractReader: ContractReader;
}
