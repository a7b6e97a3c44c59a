import type { Judgement } from '../src/contract/judgement.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { VerdictKey } from '../src/contract/verdict.ts';
import { FingerprintSet } from './distinct.ts';
import { lowerBound } from './statistics.ts';
import { contradictedLanes } from './verdict.ts';

/** Verdicts under which the two lanes agree. */
export const AGREEING: ReadonlySet<VerdictKey> = new Set(['match', 'bothFailedAlike']);

export type VerdictCounts = Readonly<Record<VerdictKey, number>>;

export interface Parity {
  /** (match + bothFailedAlike) / (rounds - notCompared); NaN before the first compared round. */
  readonly rate: number;
  /** Exact one-sided 95 % lower bound over distinct inputs; NaN as above. */
  readonly lowerBound: number;
}

export interface WitnessCount {
  /** Rounds of which at least one lane's answer was held against a witness. */
  readonly checked: number;
  /** Of these, rounds where a lane's answer is not among the witness'. */
  readonly contradicted: number;
}

/** Counts judgements. Every round taken ends in exactly one verdict, and `assertSum` says so. */
export class Tally {
  private readonly counts = Object.fromEntries(VERDICT_KEYS.map((key) => [key, 0])) as Record<
    VerdictKey,
    number
  >;
  private readonly inputs = new FingerprintSet();
  private readonly disagreeing = new FingerprintSet();
  private readonly witnessed = { checked: 0, contradicted: 0 };
  private orderDependentMatches = 0;
  private taken = 0;
  private readonly distinctLimit: number;

  /**
   * `distinctLimit`: distinct inputs that are told apart at most, for a process that runs for months. Inputs beyond it
   * count for nothing in the bound when the lanes agree on them, and against it when they do not, as many again.
   */
  constructor(distinctLimit = Infinity) {
    this.distinctLimit = distinctLimit;
  }

  /** A round was fed to the harness; its judgement is due. */
  expect(): void {
    this.taken++;
  }

  add(judgement: Judgement): void {
    const { digest, verdict, witness } = judgement;
    this.counts[verdict.key]++;
    if (verdict.orderDependent === true) this.orderDependentMatches++;
    if (witness !== undefined) {
      this.witnessed.checked++;
      if (contradictedLanes(judgement).length > 0) this.witnessed.contradicted++;
    }
    if (verdict.key === 'notCompared') return;
    const agreed = AGREEING.has(verdict.key);
    if (this.inputs.size >= this.distinctLimit * (agreed ? 1 : 2)) return;
    this.inputs.add(digest);
    // An input that was ever disagreed on stays so, however often it agreed.
    if (!agreed) this.disagreeing.add(digest);
  }

  get rounds(): number {
    return this.taken;
  }

  get verdicts(): VerdictCounts {
    return { ...this.counts };
  }

  get orderDependent(): number {
    return this.orderDependentMatches;
  }

  /** Distinct inputs among the compared rounds. */
  get distinct(): number {
    return this.inputs.size;
  }

  get witness(): WitnessCount {
    return { ...this.witnessed };
  }

  get parity(): Parity {
    const compared = this.judged() - this.counts.notCompared;
    const agreed = VERDICT_KEYS.filter((key) => AGREEING.has(key)).reduce(
      (sum, key) => sum + this.counts[key],
      0,
    );
    return {
      rate: compared === 0 ? NaN : agreed / compared,
      lowerBound: lowerBound(this.inputs.size - this.disagreeing.size, this.inputs.size),
    };
  }

  /** Throws when a round has no verdict or more than one: a fault of the harness itself. */
  assertSum(): void {
    const judged = this.judged();
    if (judged !== this.taken) {
      throw new Error(`the verdicts add up to ${String(judged)}, expected ${String(this.taken)} rounds`);
    }
  }

  private judged(): number {
    return VERDICT_KEYS.reduce((sum, key) => sum + this.counts[key], 0);
  }
}
