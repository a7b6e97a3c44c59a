import { inverseRegularisedBeta } from './beta.ts';

/**
 * The exact (Clopper-Pearson) one-sided lower bound of a proportion: with the given confidence the true proportion is
 * at least this. NaN when there were no trials; `alpha ** (1 / trials)` when all succeeded.
 * Throws `RangeError` on counts that are not counts.
 */
export function lowerBound(successes: number, trials: number, confidence = 0.95): number {
  checkCounts(successes, trials);
  const alpha = 1 - checkConfidence(confidence);
  if (trials === 0) return NaN;
  if (successes === 0) return 0;
  if (successes === trials) return alpha ** (1 / trials);
  return inverseRegularisedBeta(alpha, successes, trials - successes + 1);
}

function checkCounts(successes: number, trials: number): void {
  if (
    Number.isSafeInteger(successes) &&
    Number.isSafeInteger(trials) &&
    successes >= 0 &&
    successes <= trials
  )
    return;
  throw new RangeError(
    `proportion: expected whole numbers with 0 <= successes <= trials, got ${String(successes)} of ${String(trials)}`,
  );
}

function checkConfidence(confidence: number): number {
  if (confidence > 0 && confidence < 1) return confidence;
  throw new RangeError(`confidence: expected a number between 0 and 1, got ${String(confidence)}`);
}

/**
 * How many distinct rounds, all in agreement, give a lower bound of at least `target`: 2,995 for 0.999.
 * Infinity for a target of 1, which no number of rounds proves. Throws `RangeError` on a target outside 0 to 1.
 */
export function roundsNeeded(target: number, confidence = 0.95): number {
  if (!(target >= 0 && target <= 1)) {
    throw new RangeError(`target: expected a number from 0 to 1, got ${String(target)}`);
  }
  if (target === 1) return Infinity;
  const estimate = Math.max(1, Math.ceil(Math.log(1 - checkConfidence(confidence)) / Math.log(target)));
  // The quotient of two logarithms may be off by one where the bound meets the target exactly.
  if (lowerBound(estimate, estimate, confidence) < target) return estimate + 1;
  return estimate > 1 && lowerBound(estimate - 1, estimate - 1, confidence) >= target
    ? estimate - 1
    : estimate;
}

/** Student's t: the value below which a share `p` of the distribution lies, e.g. 12.706 for 0.975 and 1 degree. */
export function tQuantile(p: number, degreesOfFreedom: number): number {
  if (p < 0.5) return -tQuantile(1 - p, degreesOfFreedom);
  const share = inverseRegularisedBeta(2 * p - 1, 0.5, degreesOfFreedom / 2);
  return Math.sqrt((degreesOfFreedom * share) / (1 - share));
}

/** A two-sided confidence interval; NaN at both ends when there is too little to tell. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What paired differences (second minus first, in the unit of the pairs) say. */
export interface DifferenceSummary {
  readonly count: number;
  /** NaN without pairs. */
  readonly mean: number;
  /** Of the mean. NaN below two pairs, so that no target is ever met by it. */
  readonly interval: Interval;
}

/** Summarises paired differences in one pass over the pairs, without keeping them. */
export function pairedDifference(
  pairs: Iterable<readonly [first: number, second: number]>,
  confidence = 0.95,
): DifferenceSummary {
  const differences = new RunningDifference();
  for (const [first, second] of pairs) differences.add(first, second);
  return differences.summary(confidence);
}

/** Mean and spread of paired differences in constant memory (Welford's method). */
export class RunningDifference {
  private count = 0;
  private mean = 0;
  private squares = 0;

  add(first: number, second: number): void {
    const difference = second - first;
    this.count++;
    const before = difference - this.mean;
    this.mean += before / this.count;
    this.squares += before * (difference - this.mean);
  }

  summary(confidence = 0.95): DifferenceSummary {
    const { count, mean } = this;
    const level = checkConfidence(confidence);
    if (count === 0) return { count, mean: NaN, interval: { low: NaN, high: NaN } };
    const half =
      count < 2 ? NaN : tQuantile((1 + level) / 2, count - 1) * Math.sqrt(this.squares / (count - 1) / count);
    return { count, mean, interval: { low: mean - half, high: mean + half } };
  }
}
