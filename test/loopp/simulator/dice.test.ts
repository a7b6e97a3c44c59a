import { expect, test } from 'vitest';
import { Dice } from '../../../loopp/simulator/dice.ts';

const dice = new Dice(7);

test('what comes up depends on the seed and on what it is for, and on nothing else', () => {
  const before = dice.bytes(16, 'key', 3);
  dice.below(100, 'something else');
  expect(dice.bytes(16, 'key', 3)).toEqual(before);
  expect(new Dice(7).bytes(16, 'key', 3n)).toEqual(before);
  const others = [
    new Dice(8).bytes(16, 'key', 3),
    dice.bytes(16, 'key', 4),
    dice.bytes(16, 'key', 3, 0),
    dice.bytes(16, 'key,3'),
  ];
  for (const other of others) expect(other).not.toEqual(before);
});

test('numbers are below their limit, and all of those come up', () => {
  const thrown = Array.from({ length: 200 }, (_, at) => dice.below(6, 'die', at));
  expect(new Set(thrown)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  const large = Array.from({ length: 50 }, (_, at) => dice.bigBelow(2n ** 90n, 'amount', at));
  expect(large.every((amount) => amount >= 0n && amount < 2n ** 90n)).toBe(true);
  expect(new Set(large).size).toBe(50);
});

/** Of 1,000. */
const times = (percent: number): number =>
  Array.from({ length: 1000 }, (_, at) => dice.chance(percent, 'chance', at)).filter(Boolean).length;

test('a chance of 100 is certain, one of 0 none, and others come up about as often as they say', () => {
  expect([times(0), times(100)]).toEqual([0, 1000]);
  expect(times(25)).toBeGreaterThan(200);
  expect(times(25)).toBeLessThan(300);
});

test('shuffling loses and doubles nothing', () => {
  const cards = Array.from({ length: 20 }, (_, at) => at);
  const shuffled = dice.shuffled(cards, 'cards');
  expect(shuffled).not.toEqual(cards);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(cards);
  expect(dice.shuffled(cards, 'cards')).toEqual(shuffled);
});

test('picking from nothing is refused', () => {
  expect(dice.pick(['only'], 'pick')).toBe('only');
  expect(() => dice.pick([], 'pick')).toThrow('expected something to pick from, got nothing');
});
