import type { Judgement, LaneName, WitnessHeld } from '../src/contract/judgement.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { Lane, Outcome } from '../src/contract/lane.ts';
import type { Round, Witness } from '../src/contract/round.ts';
import type { Stage } from '../src/contract/stage.ts';
import type { LaneObservation, NotComparedReason, Verdict } from '../src/contract/verdict.ts';
import { rowOf } from '../src/flags/stages.ts';
import type { StageRow } from '../src/flags/stages.ts';
import { observe } from './observe.ts';
import { isSameOutcome, judge } from './verdict.ts';
import { isWitnessed } from './witness.ts';

export type Lanes = Readonly<Record<LaneName, Lane>>;

/** What the caller gets of a round. */
export interface Served {
  readonly lane: LaneName;
  /** The stage's own lane had no answer, so that the other one served. */
  readonly fallback: boolean;
  readonly observation: LaneObservation;
}

/** A round to be asked of the lanes. */
export interface Question {
  readonly round: Round;
  /** SHA-256 of the round's input. */
  readonly digest: Uint8Array;
  readonly stage: Stage;
}

type Observations = NonNullable<Judgement['observations']>;

/** One round between the lanes: each is asked once at most, whoever wants its answer. Nothing here rejects. */
export class Exchange {
  readonly row: StageRow;
  private readonly lanes: Lanes;
  private readonly question: Question;
  private readonly asked: Partial<Record<LaneName, Promise<LaneObservation>>> = {};
  private served: Promise<Served> | undefined;

  constructor(lanes: Lanes, question: Question) {
    this.lanes = lanes;
    this.question = question;
    this.row = rowOf(question.stage);
  }

  ask(lane: LaneName): Promise<LaneObservation> {
    return (this.asked[lane] ??= observe(this.lanes[lane], this.question.round));
  }

  /** The serving lane's answer as soon as it has one; the other lane is only awaited to fall back on. */
  serve(): Promise<Served> {
    return (this.served ??= this.serving());
  }

  /** Both lanes, compared. */
  async compared(first: LaneName): Promise<Judgement> {
    const [legacy, loopp] = await Promise.all([this.ask('legacy'), this.ask('loopp')]);
    const { round } = this.question;
    const verdict = judge(legacy, loopp, () => possibleOutcomes(this.lanes.legacy, round));
    return this.judgement(first, verdict, { legacy, loopp });
  }

  /** Without a comparison: of the lanes' answers, only those that serving took. */
  async notCompared(first: LaneName, reason: NotComparedReason): Promise<Judgement> {
    const { lane, observation } = await this.serve();
    const own = await this.ask(this.row.serves);
    const observations = { [this.row.serves]: own, [lane]: observation };
    return this.judgement(first, { key: 'notCompared', reason }, observations);
  }

  private async serving(): Promise<Served> {
    const { serves, fallsBackTo } = this.row;
    const observation = await this.ask(serves);
    const own = { lane: serves, fallback: false, observation };
    if (observation.kind === 'answer' || fallsBackTo === undefined) return own;
    const other = await this.ask(fallsBackTo);
    // Where neither answers, the first failure is the caller's.
    return other.kind === 'answer' ? { lane: fallsBackTo, fallback: true, observation: other } : own;
  }

  private async judgement(first: LaneName, verdict: Verdict, observations: Observations): Promise<Judgement> {
    const { round, digest, stage } = this.question;
    const { lane: served, fallback } = await this.serve();
    const witness = heldAgainst(round, observations, () => possibleOutcomes(this.lanes.legacy, round));
    return {
      round,
      digest,
      stage,
      first,
      served,
      ...(fallback ? { fallback } : {}),
      observations,
      verdict,
      ...(Object.keys(witness).length === 0 ? {} : { witness }),
    };
  }
}

/** None when the lane does not know or cannot say: then no difference is excused. */
function possibleOutcomes(legacy: Lane, round: Round): readonly Outcome[] {
  try {
    return legacy.possibleOutcomes?.(round) ?? [];
  } catch {
    return [];
  }
}

/**
 * A node gives one answer, drawn by the order of Go's maps: a lane that gives another one does not contradict it where
 * `possible` has both (docs/spec/aggregator.md H.7).
 */
function heldAgainst(
  { witness }: Round,
  observations: Observations,
  possible: () => readonly Outcome[],
): WitnessHeld {
  const held: Partial<Record<LaneName, boolean>> = {};
  if (witness === undefined) return held;
  for (const lane of LANE_NAMES) {
    const observation = observations[lane];
    if (observation?.kind !== 'answer') continue;
    const { outcome } = observation;
    held[lane] = isWitnessed(witness, outcome) || areBothPossible(witness, outcome, possible());
  }
  return held;
}

function areBothPossible(witness: Witness, outcome: Outcome, possible: readonly Outcome[]): boolean {
  return (
    possible.some((answer) => isSameOutcome(answer, outcome)) &&
    possible.some((answer) => isWitnessed(witness, answer))
  );
}
