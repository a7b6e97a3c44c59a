import { describe, expect, test } from 'vitest';
import { positionOf } from '../../../src/flags/controller/position.ts';
import { parseDefinition } from '../../../src/flags/definition.ts';
import { readFlag } from '../../../src/flags/reading.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { FLAG, flagOf, flagWith, strategyWith, variantsOf } from '../builders.ts';
import { PLAN } from './situations.ts';

const reading = (flag: object) => readFlag(FLAG, parseDefinition(FLAG, flag));
const split = (live: number, complete = 0) => {
  return { ...allIn('shadow'), shadow: 1000 - live - complete, live, complete };
};

describe('where a flag is on the plan', () => {
  test.each([
    [allIn('shadow'), 0],
    [split(10), 1],
    [split(250), 3],
    [allIn('live'), 5],
    [allIn('complete'), 6],
  ])('%j: at step %i', (shares, step) => {
    expect(positionOf(PLAN, reading(flagOf(shares)))).toEqual({ kind: 'step', step, shares });
  });

  test.each([
    [split(1), 1],
    [split(11), 2],
    [split(999), 5],
    // Nothing but complete and shadow: the first live step is as strict as any.
    [split(0, 100), 1],
    [{ off: 500, shadow: 500, live: 0, complete: 0 }, 1],
  ])('%j: beside the steps, guarded by %i', (shares, guard) => {
    expect(positionOf(PLAN, reading(flagOf(shares)))).toEqual({ kind: 'beside', guard, shares });
  });

  test.each([
    ['switched off', { ...flagOf(allIn('live')), enabled: false }],
    ['all in off', flagOf(allIn('off'))],
    ['unusable', flagWith({ strategies: [strategyWith({ variants: variantsOf({ live: 500 }) })] })],
  ])('%s: off', (_, flag) => {
    expect(positionOf(PLAN, reading(flag))).toEqual({ kind: 'off' });
  });

  test('unknown when it cannot be read, or depends on more than weights', () => {
    expect(positionOf(PLAN, 'no answer')).toEqual({ kind: 'unknown', problem: 'no answer' });
    const strategies = [strategyWith({ constraints: [{}], variants: variantsOf({ live: 1000 }) })];
    expect(positionOf(PLAN, reading(flagWith({ strategies })))).toEqual({
      kind: 'unknown',
      problem: 'expected a flag that weights decide, got constraints',
    });
  });
});
