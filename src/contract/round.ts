/** Which upstream behaviour a round follows; `../../docs/spec/aggregator.md` H.1 lists the differences. */
export const REVISIONS = ['2025-07', '2025-09'] as const;
export type Revision = (typeof REVISIONS)[number];

/** What one oracle reported, in list order. Each entry is one serialised `values.v1.Value`. */
export interface OracleObservations {
  /** 0 to 255 (libocr's `commontypes.OracleID` is a uint8). */
  readonly oracle: number;
  readonly values: readonly Uint8Array[];
}

/** One answer that a real Go node gave; several are listed where Go's map order decides. */
export type WitnessAnswer =
  | { readonly kind: 'outcome'; readonly outcome: Uint8Array }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'panic'; readonly panic: string };

/** What came with the round: the set of answers of which any one is right. */
export interface Witness {
  readonly answers: readonly WitnessAnswer[];
}

/**
 * The complete input of one aggregation. Immutable: both lanes read the same bytes.
 * Bytes are protobuf as the node has them, never re-encoded.
 */
export interface Round {
  readonly id: string;
  readonly workflow?: string;
  readonly revision: Revision;
  /** Consensus sequence number, informational for the aggregator. */
  readonly consensusSeqNr?: number;
  readonly note?: string;
  /** Tolerated faulty oracles. The aggregator only logs it (H.8 number 1). */
  readonly f: number;
  /** `values.v1.Map`. */
  readonly config: Uint8Array;
  /** `ocr3_types.AggregationOutcome`, or null when the workflow has none yet. */
  readonly previousOutcome: Uint8Array | null;
  /** Ascending by oracle id, each id once. */
  readonly observations: readonly OracleObservations[];
  readonly witness?: Witness;
}
