import type { Stage } from './stage.ts';

/** Why a round gets its stage. */
export const DECISION_REASONS = [
  /** The flag's variant names the stage. */
  'variant',
  /** The flag is disabled, or does not exist. */
  'disabled',
  /** The flag is enabled and gave no variant, or one that names no stage. */
  'no stage',
  /** Nothing was ever heard of the flag's server. */
  'never read',
  /** The flag was read longer ago than the limit. */
  'stale',
  /** The flag's server refuses the token. */
  'refused',
  /** The configuration names the stage. */
  'fixed',
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** What a round does and why; a row of src/flags/stages.ts says what the stage means. */
export interface Decision {
  readonly stage: Stage;
  readonly reason: DecisionReason;
  /** Since the flag's server last confirmed the flag; undefined: it never did, or there is none. */
  readonly flagAgeMs: number | undefined;
}

/** Where stages come from. */
export interface FlagSource {
  /** Never throws and never waits. `key`: what is sticky; the round's workflow, or selector and data id without one. */
  decide(key: string): Decision;
  /** For status and metrics. */
  state(): FlagState;
  close(): Promise<void>;
}

/** How workflows are shared out among the stages, in permille: whole numbers that add up to 1,000. */
export type StageShares = Readonly<Record<Stage, number>>;

/** How reading the flag goes. */
export const POLLING_STATES = [
  /** There is nothing to read. */
  'fixed',
  /** The last poll went well. */
  'ready',
  /** No poll has gone well yet. */
  'waiting',
  /** No poll has gone well for longer than the limit. */
  'stale',
  /** The server refuses the token. */
  'refused',
  /** The last poll went wrong; the flag still holds. */
  'failing',
  /** There are no more polls. */
  'closed',
] as const;
export type PollingState = (typeof POLLING_STATES)[number];

/** How the source fares. `ready` and `fixed` are fine; every other `polling` is an alarm, and so is a `problem`. */
export interface FlagState {
  readonly kind: 'fixed' | 'unleash';
  /** The flag's; undefined: there is none. */
  readonly name: string | undefined;
  readonly polling: PollingState;
  readonly flagAgeMs: number | undefined;
  /** What is wrong with the last poll or with the flag's definition, in words; undefined: nothing is. */
  readonly problem: string | undefined;
  /** Whether the flag exists and is switched on; undefined: it was never read. */
  readonly enabled: boolean | undefined;
  /**
   * As the flag was last read, whatever `polling` makes of it. A disabled flag has everything off. undefined: it was never
   * read, or depends on more than its weights.
   */
  readonly shares: StageShares | undefined;
  /** Digest of the flag's definition, 12 hex digits: the same in every service that sees the same. */
  readonly revision: string | undefined;
}

/** What `GET /status` of a service says about the rollout; more may stand beside it. */
export interface RolloutStatus {
  readonly flag: FlagState;
  /** Keys that rounds were decided by: each once, the latest of them when there are many. */
  readonly workflows: readonly string[];
}
