/** Linear steps in each power of two: a bucket's middle is off by 1/128 of its value at most. */
const STEP_BITS = 6;
const STEPS = 1 << STEP_BITS;
/** What is left of the upper half of a double behind the first six bits of its fraction. */
const DROPPED_BITS = 20 - STEP_BITS;
const EXPONENT_BIAS = 1023;

/**
 * Counts of positive values in log-linear buckets: relative error below 0.8 %, memory fixed at construction.
 * Values below 2^minExponent are counted in the first bucket, those from 2^maxExponent in the last.
 */
export class LogLinearHistogram {
  count = 0;
  private readonly first: number;
  private readonly buckets: Float64Array;
  private readonly double = new DataView(new ArrayBuffer(8));

  constructor(minExponent: number, maxExponent: number) {
    this.first = (minExponent + EXPONENT_BIAS) << STEP_BITS;
    this.buckets = new Float64Array((maxExponent - minExponent) * STEPS);
  }

  /** Number of buckets; never changes. */
  get length(): number {
    return this.buckets.length;
  }

  record(value: number): void {
    const index = Math.min(Math.max(this.prefix(value) - this.first, 0), this.buckets.length - 1);
    this.buckets[index] = (this.buckets[index] ?? 0) + 1;
    this.count++;
  }

  /** The middle of the bucket that holds the value of this rank, 1 for the smallest; NaN beyond the count. */
  atRank(rank: number): number {
    let seen = 0;
    for (const [index, count] of this.buckets.entries()) {
      seen += count;
      if (seen >= rank) return (this.lowerEdge(index) + this.lowerEdge(index + 1)) / 2;
    }
    return NaN;
  }

  // Exponent and first fraction bits of a double without its sign, read as one integer, grow with the value: that is the
  // log-linear scale already.
  private prefix(value: number): number {
    this.double.setFloat64(0, Math.abs(value));
    return this.double.getUint32(0) >>> DROPPED_BITS;
  }

  private lowerEdge(index: number): number {
    this.double.setUint32(0, (this.first + index) << DROPPED_BITS);
    this.double.setUint32(4, 0);
    return this.double.getFloat64(0);
  }
}

/**
 * The rank that a quantile stands for among `count` values: the smallest with a share of at least `q` at or below it.
 * Throws `RangeError` on a `q` outside 0 to 1.
 */
export function quantileRank(q: number, count: number): number {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile: expected a number from 0 to 1, got ${String(q)}`);
  // 0.07 * 100 is a little above 7.
  return Math.max(1, Math.ceil(q * count * (1 - Number.EPSILON)));
}
