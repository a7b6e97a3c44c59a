import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';

/** A known lie that can be put into a lane, to see that the comparison finds it. Its functions are pure. */
export interface Plant {
  /** What the lane gets wrong, as a sentence without its full stop. */
  readonly description: string;
  /**
   * `both`: the fault is in code that the lanes share, so that they err alike and only a witness can tell.
   * Default: in the loopp lane alone.
   */
  readonly lanes?: 'both';
  /** What the lane takes the round for. */
  readonly ask?: (round: Round) => Round;
  /** What it says instead of the truth. */
  readonly tell?: Tell;
  /** Milliseconds by which the answer to the round comes late. */
  readonly lateMs?: (round: Round) => number;
}

export type Tell = (truth: Outcome, context: TellContext) => Outcome;

export interface TellContext {
  readonly round: Round;
  /** What the lane would have answered last, had it not lied. */
  readonly previous: Outcome | undefined;
}

export type Plants = Readonly<Record<string, Plant>>;
