import type { Round } from './round.ts';

/**
 * What an aggregation answers: deterministic `AggregationOutcome` bytes, or an aggregation error with Go's text.
 * Both are behaviour and are compared.
 */
export type Outcome =
  | { readonly kind: 'outcome'; readonly outcome: Uint8Array }
  | { readonly kind: 'error'; readonly error: string };

/** Why a lane gave no answer. Never compared as an answer. */
export const LANE_ERROR_KINDS = ['timeout', 'unavailable', 'protocol'] as const;
export type LaneErrorKind = (typeof LANE_ERROR_KINDS)[number];

/** The lane could not answer; thrown by `Lane.aggregate`. */
export class LaneError extends Error {
  override readonly name = 'LaneError';
  readonly kind: LaneErrorKind;

  constructor(kind: LaneErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export type LaneHealth = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Something that turns a round into an outcome. Implementations must not modify the round. */
export interface Lane {
  readonly name: string;
  /**
   * Resolves to the outcome; rejects with a `LaneError` and nothing else.
   * An aborted signal rejects with kind `timeout` when its reason is a time-out, else `unavailable`.
   */
  aggregate(round: Round, signal?: AbortSignal): Promise<Outcome>;
  /**
   * Every answer that Go may give to the round, one for each order of its maps that matters; several are equal when
   * the order does not matter. Only lanes that know the rules have it. Throws as `aggregate` rejects.
   */
  possibleOutcomes?(round: Round): readonly Outcome[];
  health(): LaneHealth;
  /** Ends everything the lane started. Idempotent. */
  close(): Promise<void>;
}
