import { describe, expect, test } from 'vitest';
import { Draws, Reservoir } from '../../../harness/groups/reservoir.ts';

function sampleOf(count: number, size: number, draws: Draws): readonly number[] {
  const reservoir = new Reservoir<number>(size, draws);
  for (let item = 0; item < count; item++) reservoir.offer(item);
  return reservoir.items();
}

describe('a sample', () => {
  test('is everything while there is little', () => {
    expect(sampleOf(3, 5, new Draws(1))).toEqual([0, 1, 2]);
    expect(sampleOf(0, 5, new Draws(1))).toEqual([]);
  });

  test('has its size, in the order of the stream, and no item twice', () => {
    const sample = sampleOf(1000, 20, new Draws(1));
    expect(sample).toHaveLength(20);
    expect(sample).toEqual([...new Set(sample)].toSorted((a, b) => a - b));
  });

  test('is the same for the same seed, another for another', () => {
    expect(sampleOf(1000, 5, new Draws(7))).toEqual(sampleOf(1000, 5, new Draws(7)));
    expect(sampleOf(1000, 5, new Draws(7))).not.toEqual(sampleOf(1000, 5, new Draws(8)));
  });

  test('is fair: every item is as likely to be in it', () => {
    const draws = new Draws(2026);
    const [times, items, size] = [4000, 20, 5];
    const counts = Array.from({ length: items }, () => 0);
    for (let time = 0; time < times; time++) {
      for (const item of sampleOf(items, size, draws)) counts[item] = (counts[item] ?? 0) + 1;
    }
    // Binomial with n = 4000, p = 1/4: five standard deviations are 137. The seed makes this the same every time.
    for (const count of counts) expect(Math.abs(count - (times * size) / items)).toBeLessThan(137);
  });
});
