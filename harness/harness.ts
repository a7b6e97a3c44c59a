import type { Judgement, LaneName, WitnessHeld } from '../src/contract/judgement.ts';
import type { Lane, Outcome } from '../src/contract/lane.ts';
import type { Round, Witness } from '../src/contract/round.ts';
import type { LaneObservation } from '../src/contract/verdict.ts';
import { roundDigest } from './digest.ts';
import { Duplicates } from './duplicates.ts';
import { observe } from './observe.ts';
import { Coin } from './random.ts';
import { judge } from './verdict.ts';
import { isWitnessed } from './witness.ts';

export interface HarnessOptions {
  readonly legacy: Lane;
  readonly loopp: Lane;
  /** The lane whose outcome the caller gets. */
  readonly served: LaneName;
  /** Draws which lane is asked first. The same seed draws the same for the same rounds in the same order. */
  readonly seed: number;
}

/** What becomes of a round that was fed to the harness. */
export type Taken =
  | {
      readonly kind: 'taken';
      /** The served lane's answer, as soon as that lane has it: never later because of the other lane. */
      readonly served: Promise<LaneObservation>;
      /** The verdict, once both lanes have answered. Neither promise rejects. */
      readonly judged: Promise<Judgement>;
    }
  /** Same id, same bytes as a round before: counted as not compared. */
  | { readonly kind: 'duplicate'; readonly judged: Promise<Judgement> }
  /** Same id, other bytes: refused, because one of the two rounds would be lost from every count. */
  | { readonly kind: 'conflict' };

/** Feeds identical rounds to both lanes, serves one and judges the two. */
export class Harness {
  private readonly options: HarnessOptions;
  private readonly coin: Coin;
  private readonly duplicates = new Duplicates();

  constructor(options: HarnessOptions) {
    this.options = options;
    this.coin = new Coin(options.seed);
  }

  take(round: Round): Taken {
    const digest = roundDigest(round);
    const first: LaneName = this.coin.toss() ? 'legacy' : 'loopp';
    const known = { round, digest, first, served: this.options.served };
    const seen = this.duplicates.put(round.id, digest);
    if (seen === 'different') return { kind: 'conflict' };
    if (seen === 'same') {
      const judged = { ...known, verdict: { key: 'notCompared', reason: 'duplicate' } } as const;
      return { kind: 'duplicate', judged: Promise.resolve(judged) };
    }
    const observing = this.ask(round, first);
    return {
      kind: 'taken',
      served: observing[this.options.served],
      judged: this.judged(known, observing),
    };
  }

  /** Both lanes are asked before either is awaited. */
  private ask(round: Round, first: LaneName): Record<LaneName, Promise<LaneObservation>> {
    const { legacy, loopp } = this.options;
    if (first === 'legacy') {
      const asked = observe(legacy, round);
      return { legacy: asked, loopp: observe(loopp, round) };
    }
    const asked = observe(loopp, round);
    return { loopp: asked, legacy: observe(legacy, round) };
  }

  private async judged(
    known: Omit<Judgement, 'verdict'>,
    observing: Record<LaneName, Promise<LaneObservation>>,
  ): Promise<Judgement> {
    const [legacy, loopp] = await Promise.all([observing.legacy, observing.loopp]);
    const observations = { legacy, loopp };
    const verdict = judge(legacy, loopp, () => this.possibleOutcomes(known.round));
    const witness = known.round.witness === undefined ? {} : held(known.round.witness, observations);
    return {
      ...known,
      observations,
      verdict,
      ...(Object.keys(witness).length === 0 ? {} : { witness }),
    };
  }

  /** None when the lane does not know or cannot say: then no difference is excused. */
  private possibleOutcomes(round: Round): readonly Outcome[] {
    try {
      return this.options.legacy.possibleOutcomes?.(round) ?? [];
    } catch {
      return [];
    }
  }
}

function held(witness: Witness, observations: Readonly<Record<LaneName, LaneObservation>>): WitnessHeld {
  const { legacy, loopp } = observations;
  return {
    ...(legacy.kind === 'answer' ? { legacy: isWitnessed(witness, legacy.outcome) } : {}),
    ...(loopp.kind === 'answer' ? { loopp: isWitnessed(witness, loopp.outcome) } : {}),
  };
}
