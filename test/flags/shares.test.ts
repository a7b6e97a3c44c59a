import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StageShares } from '../../src/contract/decision.ts';
import { STAGES } from '../../src/contract/stage.ts';
import {
  WHOLE,
  allIn,
  areSame,
  movesBetween,
  percent,
  rangesOf,
  shareLive,
  sharesInWords,
  sharesOf,
} from '../../src/flags/shares.ts';
import { configureSeed } from '../helpers/seed.ts';
import { arbitraryShares } from './arbitraries.ts';

configureSeed();

const shares = (off: number, shadow: number, live: number, complete = 0): StageShares => ({
  off,
  shadow,
  live,
  complete,
});

test('variants stand in the order of their names', () => {
  expect(rangesOf(shares(1, 2, 3, 994))).toEqual([
    { stage: 'complete', permille: 994 },
    { stage: 'live', permille: 3 },
    { stage: 'off', permille: 1 },
    { stage: 'shadow', permille: 2 },
  ]);
});

describe('a share of live', () => {
  test.each([
    // before, live, after
    [allIn('shadow'), 50, shares(0, 950, 50)],
    [shares(0, 950, 50), 250, shares(0, 750, 250)],
    [shares(0, 0, 1000), 250, shares(0, 750, 250)],
    [allIn('off'), 50, shares(950, 0, 50)],
    // Off is next to live: shadow is taken once off is used up.
    [shares(100, 900, 0), 50, shares(50, 900, 50)],
    [shares(100, 900, 0), 300, shares(0, 700, 300)],
    // Lowered: only who leaves live moves.
    [shares(100, 500, 400), 100, shares(400, 500, 100)],
    [shares(0, 500, 500), 0, allIn('shadow')],
    // What is complete stays.
    [shares(0, 600, 200, 200), 800, shares(0, 0, 800, 200)],
    [shares(100, 0, 200, 700), 200, shares(100, 0, 200, 700)],
  ])('%o, live %i', (before, live, after) => {
    expect(shareLive(before, live)).toEqual(after);
  });

  test('adds up, is what was asked for, and leaves what is complete', () => {
    fc.assert(
      fc.property(arbitraryShares, fc.nat(WHOLE), (before, wanted) => {
        const live = Math.min(wanted, WHOLE - before.complete);
        const after = shareLive(before, live);
        expect(STAGES.every((stage) => after[stage] >= 0)).toBe(true);
        expect(sum(after)).toBe(WHOLE);
        expect(after).toMatchObject({ live, complete: before.complete });
      }),
    );
  });
});

describe('moves', () => {
  test('are counted by where they start and end', () => {
    const moves = movesBetween(rangesOf(shares(100, 900, 0)), rangesOf(shares(0, 700, 300)));
    expect(moves).toEqual([
      { from: 'off', to: 'live', permille: 100 },
      { from: 'shadow', to: 'live', permille: 200 },
    ]);
  });

  test('are none when nothing changes', () => {
    fc.assert(
      fc.property(arbitraryShares, (same) => {
        expect(movesBetween(rangesOf(same), rangesOf(same))).toEqual([]);
      }),
    );
  });

  test('account for every change of a share', () => {
    fc.assert(
      fc.property(arbitraryShares, arbitraryShares, (before, after) => {
        const moves = movesBetween(rangesOf(before), rangesOf(after));
        for (const stage of STAGES) {
          const entered = moves.filter(({ to }) => to === stage).map(({ permille }) => permille);
          const left = moves.filter(({ from }) => from === stage).map(({ permille }) => permille);
          expect(after[stage] - before[stage]).toBe(total(entered) - total(left));
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('ranges of one stage add up', () => {
  const ranges = [
    { stage: 'live', permille: 200 },
    { stage: 'off', permille: 300 },
    { stage: 'live', permille: 500 },
  ] as const;
  expect(sharesOf(ranges)).toEqual(shares(300, 0, 700));
});

test('shares are the same when every stage has the same', () => {
  expect(areSame(allIn('off'), shares(1000, 0, 0))).toBe(true);
  expect(areSame(allIn('off'), shares(999, 1, 0))).toBe(false);
});

test('in words', () => {
  expect(sharesInWords(shares(0, 949, 50, 1))).toBe('shadow 94.9 %, live 5 %, complete 0.1 %');
  expect([1, 123, 1000].map(percent)).toEqual(['0.1 %', '12.3 %', '100 %']);
});

const total = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const sum = (all: StageShares): number => total(STAGES.map((stage) => all[stage]));
