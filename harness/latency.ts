import { LogLinearHistogram, quantileRank } from './histogram.ts';
import { RunningDifference } from './statistics.ts';
import type { DifferenceSummary } from './statistics.ts';

/** 2^9 ns is below 1 us, 2^40 ns is 18 minutes. */
const LATENCY_EXPONENTS = [9, 40] as const;
/** Differences are smaller than latencies: they are told apart down to 1 ns, and are none below. */
const DIFFERENCE_EXPONENTS = [0, 40] as const;

/**
 * Latencies in nanoseconds, in constant memory (16 KB). Quantiles between 1 us and 10 min are within 1 % of the exact
 * ones; faster and slower values are counted, at the ends. Minimum and maximum are exact.
 */
export class LatencyRecorder {
  min = NaN;
  max = NaN;
  private readonly histogram = new LogLinearHistogram(...LATENCY_EXPONENTS);

  get count(): number {
    return this.histogram.count;
  }

  /** Number of buckets; never changes. */
  get storageLength(): number {
    return this.histogram.length;
  }

  /** Throws `RangeError` on what is not a duration. */
  record(ns: number): void {
    checkDuration(ns);
    this.histogram.record(ns);
    if (!(ns >= this.min)) this.min = ns;
    if (!(ns <= this.max)) this.max = ns;
  }

  /** Nanoseconds; `quantile(0.99)` is p99. NaN when nothing was recorded. */
  quantile(q: number): number {
    const rank = quantileRank(q, this.count);
    if (rank === 1) return this.min;
    if (rank === this.count) return this.max;
    return Math.min(Math.max(this.histogram.atRank(rank), this.min), this.max);
  }
}

/** Latencies of both lanes on the same rounds, as differences loopp minus legacy, in constant memory (41 KB). */
export class PairedLatency {
  private readonly slower = new LogLinearHistogram(...DIFFERENCE_EXPONENTS);
  private readonly faster = new LogLinearHistogram(...DIFFERENCE_EXPONENTS);
  private equal = 0;
  private readonly running = new RunningDifference();

  get count(): number {
    return this.slower.count + this.faster.count + this.equal;
  }

  /** Number of buckets; never changes. */
  get storageLength(): number {
    return this.slower.length + this.faster.length;
  }

  /** Throws `RangeError` on what is not a duration. */
  record(legacyNs: number, looppNs: number): void {
    checkDuration(legacyNs);
    checkDuration(looppNs);
    this.running.add(legacyNs, looppNs);
    const difference = looppNs - legacyNs;
    if (difference >= 1) this.slower.record(difference);
    else if (difference <= -1) this.faster.record(-difference);
    else this.equal++;
  }

  /** A quantile of the differences in nanoseconds, within 1 % or 1 ns; positive where loopp is slower. NaN if empty. */
  quantile(q: number): number {
    const rank = quantileRank(q, this.count);
    const { faster, slower, equal } = this;
    if (rank <= faster.count) return -faster.atRank(faster.count - rank + 1);
    return rank <= faster.count + equal ? 0 : slower.atRank(rank - faster.count - equal);
  }

  /** The lower median: the smallest difference with at least half of all at or below it. */
  get median(): number {
    return this.quantile(0.5);
  }

  /** Mean difference in nanoseconds with its two-sided interval. */
  summary(confidence = 0.95): DifferenceSummary {
    return this.running.summary(confidence);
  }
}

function checkDuration(ns: number): void {
  if (Number.isFinite(ns) && ns >= 0) return;
  throw new RangeError(`latency: expected nanoseconds, 0 or more, got ${String(ns)}`);
}
