import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantileRank } from '../../harness/histogram.ts';
import { LatencyRecorder, PairedLatency } from '../../harness/latency.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const MICROSECOND = 1e3;
const TEN_MINUTES = 600e9;
const QUANTILES = [0, 0.01, 0.07, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

/** From 1 us to 10 min, each power of ten as likely as the next. */
const duration = fc
  .double({ min: Math.log(MICROSECOND), max: Math.log(TEN_MINUTES), noNaN: true })
  .map((logarithm) => Math.min(Math.max(Math.exp(logarithm), MICROSECOND), TEN_MINUTES));

function exactQuantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length - 1e-9)) - 1] ?? NaN;
}

function recorded(durations: readonly number[]): LatencyRecorder {
  const recorder = new LatencyRecorder();
  for (const ns of durations) recorder.record(ns);
  return recorder;
}

describe('latencies', () => {
  test('have quantiles within 1 % of the exact ones', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (durations) => {
        const recorder = recorded(durations);
        for (const q of QUANTILES) {
          const exact = exactQuantile(durations, q);
          expect(Math.abs(recorder.quantile(q) - exact)).toBeLessThanOrEqual(exact * 0.01);
        }
      }),
    );
  });

  test('have an exact count, minimum and maximum', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 50 }), (durations) => {
        const { count, min, max } = recorded(durations);
        expect({ count, min, max }).toEqual({
          count: durations.length,
          min: Math.min(...durations),
          max: Math.max(...durations),
        });
      }),
    );
  });

  test('keep values outside the range at its ends', () => {
    const recorder = recorded([0, 10, 300, 1e15]);
    expect([recorder.count, recorder.min, recorder.max]).toEqual([4, 0, 1e15]);
    expect([recorder.quantile(0), recorder.quantile(1)]).toEqual([0, 1e15]);
    expect(recorder.quantile(0.5)).toBeLessThan(MICROSECOND);
  });

  test('take no more memory for more of them', () => {
    const recorder = new LatencyRecorder();
    const before = recorder.storageLength;
    for (let i = 0; i < 200_000; i++) recorder.record(MICROSECOND + ((i * 7_919) % 1_000_003) * 600_000);
    expect(recorder.count).toBe(200_000);
    expect(recorder.storageLength).toBe(before);
    expect(before).toBeLessThan(2_000);
  });

  test('have no quantiles before the first', () => {
    const recorder = new LatencyRecorder();
    expect([recorder.quantile(0.5), recorder.min, recorder.max, recorder.count]).toEqual([NaN, NaN, NaN, 0]);
  });

  test('must be durations', () => {
    const recorder = new LatencyRecorder();
    expect(() => recorder.record(-1)).toThrow(
      new RangeError('latency: expected nanoseconds, 0 or more, got -1'),
    );
    expect(() => recorder.record(NaN)).toThrow(RangeError);
    expect(() => recorder.record(Infinity)).toThrow(RangeError);
    expect(() => recorder.quantile(50)).toThrow(
      new RangeError('quantile: expected a number from 0 to 1, got 50'),
    );
    expect(recorder.count).toBe(0);
  });
});

describe('the rank of a quantile', () => {
  test.each([
    [0, 10, 1],
    [0.5, 10, 5],
    [0.5, 11, 6],
    [0.07, 100, 7],
    [0.99, 100, 99],
    [0.999, 1_000, 999],
    [1, 10, 10],
  ])('%d of %d is number %d', (q, count, rank) => {
    expect(quantileRank(q, count)).toBe(rank);
  });
});

describe('paired latencies', () => {
  test('have quantiles of the difference within 1 % or 1 ns', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(duration, duration), { minLength: 1, maxLength: 200 }),
        fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 20 }),
        (far, near) => {
          const paired = new PairedLatency();
          const differences = [...far, ...near].map(([legacy, loopp]) => {
            paired.record(legacy, loopp);
            return loopp - legacy;
          });
          for (const q of QUANTILES) {
            const exact = exactQuantile(differences, q);
            expect(Math.abs(paired.quantile(q) - exact)).toBeLessThanOrEqual(
              Math.max(1, Math.abs(exact) * 0.01),
            );
          }
          expect(paired.median).toBe(paired.quantile(0.5));
          expect(paired.count).toBe(differences.length);
        },
      ),
    );
  });

  test('are loopp minus legacy', () => {
    const paired = new PairedLatency();
    for (let i = 0; i < 10; i++) paired.record(100_000, 500_000 + (i % 2) * 1_000);
    const { count, mean, interval } = paired.summary();
    expect([count, mean]).toEqual([10, 400_500]);
    expect(interval.low).toBeGreaterThan(400_000);
    expect(interval.high).toBeLessThan(401_000);
    expect(Math.abs(paired.median / 400_000 - 1)).toBeLessThan(0.01);
  });

  test('may be equal', () => {
    const paired = new PairedLatency();
    paired.record(5_000, 5_000);
    expect([paired.median, paired.summary().mean]).toEqual([0, 0]);
  });

  test('take no more memory for more of them', () => {
    const paired = new PairedLatency();
    const before = paired.storageLength;
    for (let i = 0; i < 100_000; i++) paired.record(i * 997, (i * i) % 1e9);
    expect([paired.count, paired.storageLength]).toEqual([100_000, before]);
  });

  test('have no median before the first', () => {
    expect(new PairedLatency().median).toBeNaN();
    expect(() => new PairedLatency().record(1, -1)).toThrow(RangeError);
  });
});
