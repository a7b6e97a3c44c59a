import { expect, test } from 'vitest';
import { between, merge, quantile, readServed } from '../../../src/flags/controller/served.ts';

const TEXT = `# HELP securemint_shadow_served_duration_seconds x
securemint_shadow_served_duration_seconds_bucket{le="0.001",lane="legacy"} 4
securemint_shadow_served_duration_seconds_bucket{le="0.25",lane="legacy"} 5
securemint_shadow_served_duration_seconds_bucket{lane="loopp",le="+Inf"} 7
securemint_shadow_served_duration_seconds_bucket{le="x",lane="legacy"} 5
securemint_shadow_served_duration_seconds_count{lane="legacy"} 5
securemint_shadow_lane_duration_seconds_bucket{le="0.001",lane="legacy"} 9
`;

test('buckets are read by lane, in milliseconds', () => {
  expect(readServed(TEXT)).toEqual({
    legacy: new Map([
      [1, 4],
      [250, 5],
    ]),
    loopp: new Map([[Infinity, 7]]),
  });
  expect(readServed('')).toEqual({ legacy: new Map(), loopp: new Map() });
});

test('what came between, over several services', () => {
  const [before, after] = [
    new Map([[1, 4]]),
    new Map([
      [1, 6],
      [5, 9],
    ]),
  ];
  expect(between(before, after)).toEqual(
    new Map([
      [1, 2],
      [5, 9],
    ]),
  );
  // A counter that went back has begun anew.
  expect(between(after, before)).toEqual(new Map([[1, 0]]));
  expect(merge([before, after])).toEqual(
    new Map([
      [1, 10],
      [5, 9],
    ]),
  );
});

test('a quantile is the bound that keeps it', () => {
  const buckets = new Map([
    [Infinity, 1000],
    [5, 990],
    [1, 500],
  ]);
  expect(quantile(buckets, 0.5)).toBe(1);
  expect(quantile(buckets, 0.99)).toBe(5);
  expect(quantile(buckets, 0.991)).toBe(Infinity);
  expect(quantile(new Map([[1, 0]]), 0.99)).toBeUndefined();
  expect(quantile(new Map(), 0.99)).toBeUndefined();
});
