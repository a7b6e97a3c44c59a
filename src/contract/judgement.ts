import type { LaneObservation, Verdict } from './verdict.ts';
import type { Round } from './round.ts';

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
  /** The lane that was asked first, drawn by seed so that neither is favoured. */
  readonly first: LaneName;
  readonly served: LaneName;
  /** Absent with `notCompared`. */
  readonly observations?: Readonly<Record<LaneName, LaneObservation>>;
  readonly verdict: Verdict;
  /** Absent when the round came without a witness or no lane answered. */
  readonly witness?: WitnessHeld;
}
