import type { Decision } from './decision.ts';
import type { LaneObservation, Verdict } from './verdict.ts';
import type { Round } from './round.ts';
import type { Stage } from './stage.ts';

/** The two lanes that are compared. */
export const LANE_NAMES = ['legacy', 'loopp'] as const;
export type LaneName = (typeof LANE_NAMES)[number];

/** Whether each lane that answered gave an answer that the round's witness gave; absent for a lane without an answer. */
export type WitnessHeld = Readonly<Partial<Record<LaneName, boolean>>>;

/** Everything that is known about one round once it is judged. */
export interface Judgement {
  readonly round: Round;
  /** SHA-256 of the round's input. */
  readonly digest: Uint8Array;
  readonly stage: Stage;
  /** Why the round got its stage; absent where nothing was to be decided. */
  readonly decision?: Pick<Decision, 'reason' | 'flagAgeMs'>;
  /** The lane that was asked first: drawn by seed so that neither is favoured, or the serving lane. */
  readonly first: LaneName;
  /** The lane whose answer the caller got. */
  readonly served: LaneName;
  /** The serving lane of the stage had no answer, so that the other one served. */
  readonly fallback?: true;
  /** What each lane did that was asked and whose answer was waited for: both of them in every comparison. */
  readonly observations?: Readonly<Partial<Record<LaneName, LaneObservation>>>;
  readonly verdict: Verdict;
  /** Absent when the round came without a witness or no lane answered. */
  readonly witness?: WitnessHeld;
}
