/** Each is one value of a label, so that the series are known from the start; docs/controller.md explains them. */

/** Why the flag goes back to shadow. */
export const ROLL_BACK_REASONS = [
  /** More rounds than allowed on which the lanes disagree. */
  'disagreements',
  /** More rounds than allowed on which a lane contradicts its witness. */
  'witness contradicted',
  /** Too many of the latest comparisons have no answer of a lane. */
  'lane errors',
  /** Legacy had to step in for too many of the latest rounds in live. */
  'fallbacks',
  /** The plugin of a service has been away for too long. */
  'loopp down',
] as const;
export type RollBackReason = (typeof ROLL_BACK_REASONS)[number];

/** What is known well enough, and keeps the flag where it is. */
export const HOLD_REASONS = [
  /** Everything is off: who killed it, or has not begun, is a person. */
  'off',
  /** The flag is at no step of the plan: a person put it there. */
  'not a step',
  /** There is no further step. */
  'finished',
  'minimum time',
  'parity bound',
  'disagreements',
  'witness contradicted',
  'served latency',
  'paired difference',
  'lane errors',
  'fallbacks',
  'loopp down',
  /** The hold time after a roll back is not over. */
  'after roll back',
  /** So many roll backs that a person has to look. */
  'too many roll backs',
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What is not known. */
export const INCONCLUSIVE_REASONS = [
  /** The flag cannot be read, or says nothing that weights decide. */
  'flag unknown',
  'no services',
  'service unreachable',
  /** A service has not seen the flag as it is now. */
  'service does not follow',
  'too few distinct rounds',
  /** Too few rounds in the stage that is to be proven. */
  'too few rounds in stage',
  'no served latency',
  'no paired difference',
  /** No service has named a workflow, or which ones a step moves depends on more than the flag. */
  'workflows unknown',
] as const;
export type InconclusiveReason = (typeof INCONCLUSIVE_REASONS)[number];

export const PROMOTE_REASONS = [
  'proven',
  /** Besides: steps that would move no known workflow are passed over. */
  'steps skipped',
] as const;
export type PromoteReason = (typeof PROMOTE_REASONS)[number];

/** A reason, and in words what was expected and what came. */
export interface Because<Reason extends string> {
  readonly reason: Reason;
  readonly text: string;
}

export const DECISION_KINDS = ['promote', 'hold', 'rollBack', 'inconclusive'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** What to do with the flag. `to` is an index into the plan's steps. */
export type PilotDecision =
  | {
      readonly kind: 'promote';
      readonly to: number;
      /** Steps between that would move no known workflow. */
      readonly skipped: readonly number[];
      readonly because: readonly Because<PromoteReason>[];
    }
  | { readonly kind: 'rollBack'; readonly because: readonly Because<RollBackReason>[] }
  | { readonly kind: 'hold'; readonly because: readonly Because<HoldReason>[] }
  | { readonly kind: 'inconclusive'; readonly because: readonly Because<InconclusiveReason | HoldReason>[] };
