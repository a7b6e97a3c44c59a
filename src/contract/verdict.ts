import type { LaneErrorKind, Outcome } from './lane.ts';

/** Every round ends in exactly one of these. The order is the order of every table. */
export const VERDICT_KEYS = [
  'match',
  'mismatch',
  'ambiguous',
  'bothFailedAlike',
  'bothFailedDifferently',
  'onlyLegacyFailed',
  'onlyLooppFailed',
  'timeout',
  'unavailable',
  'protocol',
  'notCompared',
] as const;
export type VerdictKey = (typeof VERDICT_KEYS)[number];

export const NOT_COMPARED_REASONS = [
  'stage',
  'sampled out',
  'shadow queue full',
  'shutting down',
  'duplicate',
  'no OCR3 round',
] as const;
export type NotComparedReason = (typeof NOT_COMPARED_REASONS)[number];

/** How one field of two outcomes differs. */
export type DifferenceKind = 'missing' | 'extra' | 'type' | 'value' | 'order';

export interface FieldDifference {
  /** Dotted path into the outcome, e.g. `encodableOutcome.Reports[0].Answer`. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** Rendered for people: amounts as decimals, bytes as hex, packed answers split. Absent where there is none. */
  readonly legacy?: string;
  readonly loopp?: string;
}

/** What one lane did with one round: a value or an error, and the time it took. Nothing downstream catches. */
export type LaneObservation = LaneAnswer | LaneFailure;

export interface LaneAnswer {
  readonly kind: 'answer';
  readonly outcome: Outcome;
  readonly durationNs: number;
}

export interface LaneFailure {
  readonly kind: 'failure';
  readonly error: LaneErrorKind;
  readonly message: string;
  readonly durationNs: number;
}

/** The comparison of two lanes on one round. */
export interface Verdict {
  readonly key: VerdictKey;
  /** Present with `mismatch`, and with `ambiguous` where both lanes gave an outcome. */
  readonly differences?: readonly FieldDifference[];
  /** Present with `notCompared`. */
  readonly reason?: NotComparedReason;
  /** The answer depends on the order in which Go walks the oracles, though both lanes chose the same. */
  readonly orderDependent?: true;
}
