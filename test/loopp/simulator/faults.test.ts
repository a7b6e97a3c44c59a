import { expect, test } from 'vitest';
import { Dice } from '../../../loopp/simulator/dice.ts';
import { faultsOf, hasFault } from '../../../loopp/simulator/faults.ts';
import type { Fault, Faults } from '../../../loopp/simulator/faults.ts';

const ROUNDS = Array.from({ length: 200 }, (_, at) => at + 1);

const over = (faults: readonly Fault[], seed = 7): readonly Faults[] =>
  ROUNDS.map((round) => faultsOf(faults, 4, round, new Dice(seed)));

test('a fault of a named oracle strikes that one, always or as often as it says', () => {
  const always = over([{ name: 'lying', oracle: 2, percent: 100 }]);
  expect(always.every((faults) => hasFault(faults, 2, 'lying') && faults.size === 1)).toBe(true);
  const struck = over([{ name: 'lying', oracle: 2, percent: 30 }]).filter(({ size }) => size > 0);
  expect(struck.length).toBeGreaterThan(30);
  expect(struck.length).toBeLessThan(90);
});

test('faults without an oracle strike one of them a round, the same for all, and each in its turn', () => {
  const both: readonly Fault[] = [
    { name: 'silent', oracle: undefined, percent: 100 },
    { name: 'replayed', oracle: undefined, percent: 100 },
  ];
  const struck = over(both);
  expect(struck.every(({ size }) => size === 1)).toBe(true);
  expect(struck.every((faults) => [...faults.values()][0]?.size === 2)).toBe(true);
  expect(new Set(struck.flatMap((faults) => [...faults.keys()]))).toEqual(new Set([0, 1, 2, 3]));
});

test('the seed decides whom and when', () => {
  const sometimes: readonly Fault[] = [{ name: 'silent', oracle: undefined, percent: 50 }];
  expect(over(sometimes)).toEqual(over(sometimes));
  expect(over(sometimes, 8)).not.toEqual(over(sometimes));
});

const lagging = (faults: Faults): boolean => hasFault(faults, 1, 'lagging');

test('one fault strikes or not whatever others there are', () => {
  const one: readonly Fault[] = [{ name: 'lagging', oracle: 1, percent: 50 }];
  const two: readonly Fault[] = [...one, { name: 'lying', oracle: 1, percent: 50 }];
  expect(over(two).map(lagging)).toEqual(over(one).map(lagging));
});
