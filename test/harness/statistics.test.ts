import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  RunningDifference,
  lowerBound,
  pairedDifference,
  roundsNeeded,
  tQuantile,
} from '../../harness/statistics.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const ALPHA = 1 - 0.95;
const ACCURACY = 1e-10;

/** A double is a fraction with a power of two below: both parts, exactly. */
function exactFraction(value: number): { numerator: bigint; bits: bigint } {
  let bits = 0n;
  let scaled = value;
  for (; !Number.isInteger(scaled); scaled *= 2) bits++;
  return { numerator: BigInt(scaled), bits };
}

/** The sign of P(at least k of n | p) - alpha, in exact arithmetic. */
function signOfTail(k: number, n: number, p: number, alpha: number): number {
  const { numerator, bits } = exactFraction(p);
  const complement = (1n << bits) - numerator;
  let tail = 0n;
  let combinations = 1n;
  for (let i = n; i >= k; i--) {
    tail += combinations * numerator ** BigInt(i) * complement ** BigInt(n - i);
    combinations = (combinations * BigInt(i)) / BigInt(n - i + 1);
  }
  const level = exactFraction(alpha);
  const left = tail << level.bits;
  const right = level.numerator << (bits * BigInt(n));
  return left < right ? -1 : left > right ? 1 : 0;
}

describe('the exact lower bound of a proportion', () => {
  test('is not a number without trials', () => {
    expect(lowerBound(0, 0)).toBeNaN();
  });

  test.each([1, 2, 29, 59, 299, 2995, 1e6, 1e7])('is the n-th root of alpha when all of %d succeed', (n) => {
    expect(lowerBound(n, n)).toBe(ALPHA ** (1 / n));
  });

  test.each([1, 10, 1e7])('is 0 when none of %d succeeds', (n) => {
    expect(lowerBound(0, n)).toBe(0);
  });

  test.each([2, 10, 1000, 1e5, 1e7])('has a closed form for one success of %d', (n) => {
    expect(lowerBound(1, n) / -Math.expm1(Math.log1p(-ALPHA) / n) - 1).toBeCloseTo(0, 12);
  });

  test('meets the tail of the binomial distribution, summed in exact arithmetic', () => {
    for (const n of [2, 3, 7, 20, 41]) {
      for (let k = 1; k < n; k++) {
        const bound = lowerBound(k, n);
        expect(signOfTail(k, n, bound * (1 - ACCURACY), ALPHA), `${String(k)} of ${String(n)}`).toBe(-1);
        expect(signOfTail(k, n, bound * (1 + ACCURACY), ALPHA), `${String(k)} of ${String(n)}`).toBe(1);
      }
    }
  });

  test('does so at other levels of confidence', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 0.9999, noNaN: true }),
        (n, at, confidence) => {
          const k = 1 + Math.floor(at * (n - 2));
          const bound = lowerBound(k, n, confidence);
          expect(signOfTail(k, n, bound * (1 - ACCURACY), 1 - confidence)).toBe(-1);
          expect(signOfTail(k, n, bound * (1 + ACCURACY), 1 - confidence)).toBe(1);
        },
      ),
    );
  });

  // Solved with 50 decimal digits, rounded to 16.
  test.each([
    [1_000, 1_000_000, 0.0009485837785936197],
    [999_000, 1_000_000, 0.9989464251225456],
    [5_000_000, 10_000_000, 0.4997398758301658],
    [9_990_000, 10_000_000, 0.99898340242933],
  ])('%d of %d: %d', (k, n, expected) => {
    expect(Math.abs(lowerBound(k, n) / expected - 1)).toBeLessThan(1e-12);
  });

  test('grows with successes, and shrinks with confidence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000 }), fc.nat(), (n, seed) => {
        const k = seed % n;
        expect(lowerBound(k, n)).toBeLessThan(lowerBound(k + 1, n));
        expect(lowerBound(k + 1, n, 0.99)).toBeLessThan(lowerBound(k + 1, n, 0.95));
        expect(lowerBound(k + 1, n)).toBeLessThan((k + 1) / n);
      }),
    );
  });

  test('refuses what are no counts', () => {
    expect(() => lowerBound(3, 2)).toThrow(
      new RangeError('proportion: expected whole numbers with 0 <= successes <= trials, got 3 of 2'),
    );
    expect(() => lowerBound(-1, 2)).toThrow(RangeError);
    expect(() => lowerBound(0.5, 2)).toThrow(RangeError);
    expect(() => lowerBound(1, 2, 1)).toThrow(
      new RangeError('confidence: expected a number between 0 and 1, got 1'),
    );
  });
});

/** The next larger number, or the one after it. */
const missed = (n: number): number => lowerBound(n, n) * (1 + Number.EPSILON);

describe('the rounds needed to prove a bound', () => {
  test.each([
    [0, 1],
    [0.05, 1],
    [0.9, 29],
    [0.95, 59],
    [0.99, 299],
    [0.999, 2_995],
    [0.9999, 29_956],
    [0.999_999, 2_995_731],
  ])('%d takes %d', (target, rounds) => {
    expect(roundsNeeded(target)).toBe(rounds);
  });

  test('are enough, and one fewer is not', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.999_999, noNaN: true }), (target) => {
        const rounds = roundsNeeded(target);
        expect(lowerBound(rounds, rounds)).toBeGreaterThanOrEqual(target);
        if (rounds > 1) expect(lowerBound(rounds - 1, rounds - 1)).toBeLessThan(target);
      }),
    );
  });

  test('are right where the bound meets the target exactly', () => {
    const counts = Array.from({ length: 3_000 }, (_, index) => index + 1);
    expect(counts.filter((n) => roundsNeeded(lowerBound(n, n)) !== n)).toEqual([]);
  });

  test('are one more where the bound misses the target by the last bit', () => {
    const counts = Array.from({ length: 3_000 }, (_, index) => index + 1);
    expect(counts.filter((n) => roundsNeeded(missed(n)) !== n + 1)).toEqual([]);
  });

  test('do not exist for certainty', () => {
    expect(roundsNeeded(1)).toBe(Infinity);
    expect(() => roundsNeeded(99.9)).toThrow(
      new RangeError('target: expected a number from 0 to 1, got 99.9'),
    );
  });
});

describe("Student's t", () => {
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 5, 2.571],
    [0.975, 9, 2.262],
    [0.975, 30, 2.042],
    [0.975, 120, 1.98],
    [0.95, 1, 6.314],
    [0.95, 10, 1.812],
    [0.995, 5, 4.032],
    [0.9995, 20, 3.85],
  ])('%d with %d degrees of freedom: %d, as in the tables', (p, degrees, expected) => {
    expect(tQuantile(p, degrees)).toBeCloseTo(expected, 3);
  });

  test('has closed forms with one and two degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.999, noNaN: true }), (p) => {
        expect(tQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 7);
        expect(tQuantile(p, 2)).toBeCloseTo((2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 9);
      }),
    );
  });

  test('becomes the normal distribution', () => {
    expect(tQuantile(0.975, 1e8)).toBeCloseTo(1.959964, 6);
    expect(tQuantile(0.5, 7)).toBe(0);
  });
});

describe('paired differences', () => {
  test('give mean and interval', () => {
    const pairs = [
      [10, 12],
      [20, 21],
      [30, 34],
      [5, 6],
    ] as const;
    const { count, mean, interval } = pairedDifference(pairs);
    // Differences 2, 1, 4, 1: mean 2, standard deviation sqrt(2), t = 3.182 with three degrees of freedom.
    expect([count, mean]).toEqual([4, 2]);
    expect(interval.low).toBeCloseTo(2 - 3.18245 * Math.sqrt(2 / 4), 4);
    expect(interval.high).toBeCloseTo(2 + 3.18245 * Math.sqrt(2 / 4), 4);
  });

  test('say nothing of the interval below two pairs', () => {
    expect(pairedDifference([])).toEqual({ count: 0, mean: NaN, interval: { low: NaN, high: NaN } });
    expect(pairedDifference([[1, 4]])).toEqual({ count: 1, mean: 3, interval: { low: NaN, high: NaN } });
  });

  test('keep their precision far from zero', () => {
    const pairs = Array.from({ length: 10_000 }, (_, i) => [0, 1e9 + (i % 2 === 0 ? 1 : -1)] as const);
    const { mean, interval } = pairedDifference(pairs);
    expect(mean).toBe(1e9);
    expect(interval.high - mean).toBeCloseTo(0.0196, 4);
  });

  test('are the same one by one, and change sign when the sides change places', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 50 }), (pairs) => {
        const running = new RunningDifference();
        for (const [first, second] of pairs) running.add(first, second);
        const there = running.summary(0.9);
        expect(there).toEqual(pairedDifference(pairs, 0.9));
        const back = pairedDifference(
          pairs.map(([first, second]) => [second, first] as const),
          0.9,
        );
        expect(back.mean).toBeCloseTo(-there.mean, 6);
        expect(back.interval.low).toBeCloseTo(-there.interval.high, 6);
      }),
    );
  });

  test('refuse a confidence that is none', () => {
    expect(() => pairedDifference([[1, 2]], 95)).toThrow(
      new RangeError('confidence: expected a number between 0 and 1, got 95'),
    );
  });
});
