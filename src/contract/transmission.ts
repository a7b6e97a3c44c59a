import type { Call } from './call.ts';

/**
 * What the chains already have of this DON's reports: what a contract reader knows (docs/spec/por-plugin.md "The seven
 * methods"). A provider implements it.
 */
export interface LatestTransmissionReader {
  /**
   * The newest report on the chain of that selector (uint64), undefined when there is none yet. Not pure: the answer is
   * only as new as the reader's view of the chain. `call` is on whose behalf; calls may overlap, and what is read over a
   * network ends with the call or a time-out of the reader's own. Rejects when the chain cannot be read.
   */
  latestTransmission(selector: bigint, call?: Call): Promise<TransmittedReportDetails | undefined>;
}

export interface TransmittedReportDetails {
  /** 32 bytes: of the protocol's configuration under which the report was made. */
  readonly configDigest: Uint8Array;
  /** uint64, the report's own. */
  readonly seqNr: bigint;
  /** When the chain got it; nanoseconds since 1970. */
  readonly latestTimestamp: bigint;
}
