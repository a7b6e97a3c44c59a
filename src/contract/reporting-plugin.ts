import type { Call } from './call.ts';

/**
 * What OCR3 calls of an application, after libocr's `ocr3types.ReportingPlugin`. One oracle makes one plugin for each
 * configuration of the protocol and closes it when the next one comes. Report infos are bytes.
 *
 * A call that rejects gives up this oracle's part in the round and nothing else. Byte strings must not be modified by
 * either side. Calls may overlap. What is not pure may make calls of its own, on behalf of `call` when there is one.
 */
export interface ReportingPlugin {
  /** Asked of the leader alone: what this round is about. Not pure. */
  query(context: OutcomeContext, call?: Call): Promise<Uint8Array>;

  /** What this oracle has to say to the query, which a faulty leader may have made. Not pure. */
  observation(context: OutcomeContext, query: Uint8Array, call?: Call): Promise<Uint8Array>;

  /** Rejects what no honest oracle sends. Pure: every honest oracle decides alike. */
  validateObservation(
    context: OutcomeContext,
    query: Uint8Array,
    observation: AttributedObservation,
  ): Promise<void>;

  /** Whether these valid observations are enough for an outcome. Pure, and monotone: more never make it false. */
  observationQuorum(
    context: OutcomeContext,
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<boolean>;

  /**
   * The outcome of the round; it comes back as `previousOutcome` of the next one. Pure: equal input gives equal bytes
   * on every oracle, whatever the order of the observations. Each observer comes once, and every observation is valid.
   */
  outcome(
    context: OutcomeContext,
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<Uint8Array>;

  /** The reports of an outcome that was agreed on. Pure: oracles sign these bytes. */
  reports(seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]>;

  /** Whether a report that enough oracles signed is worth keeping for transmission. Not pure. */
  shouldAcceptAttestedReport(seqNr: bigint, report: ReportWithInfo, call?: Call): Promise<boolean>;

  /** Asked when it is this oracle's turn to transmit a report that it accepted. Not pure. */
  shouldTransmitAcceptedReport(seqNr: bigint, report: ReportWithInfo, call?: Call): Promise<boolean>;

  /** Ends what the plugin started. Idempotent: a Go host calls it twice (docs/spec/loopp-wire.md D.6). */
  close(): Promise<void>;
}

/** Makes the plugins of one oracle. */
export interface ReportingPluginFactory {
  /** Rejects when the configuration is not one that the plugin can run with. */
  newReportingPlugin(config: ReportingPluginConfig): Promise<NewReportingPlugin>;
}

export interface NewReportingPlugin {
  readonly plugin: ReportingPlugin;
  readonly info: ReportingPluginInfo;
}

/** One configuration of the protocol. Durations are nanoseconds. */
export interface ReportingPluginConfig {
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
  /** 0 to 255, this oracle among the n. */
  readonly oracleId: number;
  readonly n: number;
  /** Tolerated faulty oracles, less than n / 3. */
  readonly f: number;
  readonly onchainConfig: Uint8Array;
  readonly offchainConfig: Uint8Array;
  readonly estimatedRoundIntervalNs: bigint;
  readonly maxDurationQueryNs: bigint;
  readonly maxDurationObservationNs: bigint;
  readonly maxDurationShouldAcceptAttestedReportNs: bigint;
  readonly maxDurationShouldTransmitAcceptedReportNs: bigint;
}

export interface ReportingPluginInfo {
  readonly name: string;
  readonly limits: ReportingPluginLimits;
}

/** Libocr drops what is larger. Bytes, but for the count; uint64 on the wire. */
export interface ReportingPluginLimits {
  readonly maxQueryLength: bigint;
  readonly maxObservationLength: bigint;
  readonly maxOutcomeLength: bigint;
  readonly maxReportLength: bigint;
  readonly maxReportCount: bigint;
}

/** Where in the protocol a call belongs. */
export interface OutcomeContext {
  /** Of the outcome that the call leads to: 1 for the first. */
  readonly seqNr: bigint;
  /** Empty before the first outcome. */
  readonly previousOutcome: Uint8Array;
  readonly epoch: bigint;
  readonly round: bigint;
}

export interface AttributedObservation {
  readonly observation: Uint8Array;
  /** 0 to 255. */
  readonly observer: number;
}

export interface ReportWithInfo {
  readonly report: Uint8Array;
  readonly info: Uint8Array;
}

export interface ReportPlus {
  readonly reportWithInfo: ReportWithInfo;
  /** Undefined: the protocol's own schedule. */
  readonly transmissionScheduleOverride: TransmissionSchedule | undefined;
}

/** Who transmits and when; both lists have the same length. */
export interface TransmissionSchedule {
  readonly transmitters: readonly number[];
  readonly transmissionDelaysNs: readonly bigint[];
}
