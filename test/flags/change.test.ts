import { describe, expect, test } from 'vitest';
import type { StageShares } from '../../src/contract/decision.ts';
import type { AdminFlag } from '../../src/flags/admin.ts';
import {
  changeLiveShare,
  changeStage,
  changeToOff,
  definitionAfter,
  isNothing,
  isWritten,
} from '../../src/flags/change.ts';
import { parseDefinition } from '../../src/flags/definition.ts';
import { effectiveShares, readFlag } from '../../src/flags/reading.ts';
import { allIn } from '../../src/flags/shares.ts';
import { FLAG, flagOf, flagWith, strategyWith, variantsOf } from './builders.ts';

/** The flag as the admin API answers it. */
function flag(delivered: object, more: Partial<AdminFlag> = {}): AdminFlag {
  const definition = parseDefinition(FLAG, delivered);
  const strategies = definition.strategies.map((strategy, index) => ({
    ...strategy,
    id: String(index),
    disabled: false,
  }));
  return { reading: readFlag(FLAG, definition), definition, strategies, ...more };
}

const flagIn = (shares: StageShares, enabled = true): AdminFlag => flag({ ...flagOf(shares), enabled });
const SPLIT: StageShares = { off: 0, shadow: 950, live: 50, complete: 0 };

describe('a stage for everybody', () => {
  test('is one write of weights', () => {
    const change = changeStage(FLAG, flagIn(SPLIT), 'live');
    expect(change).toMatchObject({
      weights: { strategy: { id: '0' }, shares: allIn('live') },
      switch: undefined,
      after: { enabled: true, shares: allIn('live') },
      moves: [{ from: 'shadow', to: 'live', permille: 950 }],
    });
  });

  test('is one write of the switch when the weights are there', () => {
    const change = changeStage(FLAG, flagIn(allIn('shadow'), false), 'shadow');
    expect(change).toMatchObject({ weights: undefined, switch: 'on' });
    expect(change.moves).toEqual([{ from: 'off', to: 'shadow', permille: 1000 }]);
  });

  test('is nothing when it is so', () => {
    expect(isNothing(changeStage(FLAG, flagIn(allIn('complete')), 'complete'))).toBe(true);
  });

  test('replaces variants that name no stage', () => {
    const strategies = [strategyWith({ variants: variantsOf({ canary: 500, shadow: 500 }) })];
    const change = changeStage(FLAG, flag(flagWith({ strategies })), 'shadow');
    expect(change.weights?.shares).toEqual(allIn('shadow'));
    expect(change.moves).toEqual([{ from: 'off', to: 'shadow', permille: 500 }]);
  });

  test('goes into the strategy when the variants stand beside it', () => {
    const change = changeStage(FLAG, flag(flagWith({ variants: variantsOf({ shadow: 1000 }) })), 'shadow');
    expect(change.weights?.shares).toEqual(allIn('shadow'));
    expect(change.moves).toEqual([]);
  });
});

describe('a share of live', () => {
  test('leaves the others where they are', () => {
    const change = changeLiveShare(FLAG, flagIn(SPLIT), 250);
    expect(change.after.shares).toEqual({ ...SPLIT, shadow: 750, live: 250 });
    expect(change.moves).toEqual([{ from: 'shadow', to: 'live', permille: 200 }]);
  });

  test('of a flag that is switched off follows from its weights', () => {
    const change = changeLiveShare(FLAG, flagIn(SPLIT, false), 100);
    expect(change).toMatchObject({ switch: 'on', after: { shares: { shadow: 900, live: 100 } } });
    expect(change.moves).toEqual([
      { from: 'off', to: 'shadow', permille: 900 },
      { from: 'off', to: 'live', permille: 100 },
    ]);
  });

  test('is refused where it would take from what is complete', () => {
    const complete = flagIn({ off: 0, shadow: 300, live: 500, complete: 200 });
    expect(() => changeLiveShare(FLAG, complete, 801)).toThrow(
      'share live: expected at most 80 %, since 20 % are complete, got 80.1 %; `flags stage live` takes them back',
    );
  });

  test.each([
    [
      flagWith({ strategies: [strategyWith({ variants: variantsOf({ canary: 1000 }) })] }),
      'variants: expected off, shadow, live, complete, got "canary" (100 %): its workflows are off',
    ],
    [flagWith({}), 'variants: expected off, shadow, live, complete, got none: every workflow is off'],
    [
      flagWith({ variants: variantsOf({ shadow: 1000 }) }),
      'strategies.0.variants: expected the variants here, got them beside the strategy',
    ],
  ])('is refused where it would be guessed: %j', (delivered, problem) => {
    expect(() => changeLiveShare(FLAG, flag(delivered), 50)).toThrow(
      `flag securemint.loopp: ${problem}; \`flags stage\` gives it the ones it needs`,
    );
  });
});

describe('weights that would not decide everything are not written', () => {
  const LIVE = variantsOf({ live: 1000 });
  test.each([
    [
      flag(flagWith({ strategies: [] })),
      'expected one strategy for all workflows, got none in this environment; `flags create` adds it',
    ],
    [
      flag(flagWith({ strategies: [strategyWith({ variants: LIVE, constraints: [{}] })] })),
      'expected one strategy for all workflows, got constraints; change it in Unleash',
    ],
    [
      flag(flagWith({ strategies: [strategyWith({ variants: LIVE }), strategyWith({ variants: LIVE })] })),
      'expected one strategy for all workflows, got 2 strategies; change it in Unleash',
    ],
    [
      flag(flagWith({ strategies: [] }), {
        strategies: flag(flagWith({})).strategies.map((strategy) => ({ ...strategy, disabled: true })),
      }),
      'expected one strategy for all workflows, got some that are switched off; change them in Unleash',
    ],
    [
      flag(flagWith({ strategies: [strategyWith({ variants: variantsOf({ live: 999 }) })] })),
      'strategies.0.variants: expected weights that add up to 100 %, got 99.9 %; every workflow is off',
    ],
  ])('%#', (refused, message) => {
    for (const change of [() => changeStage(FLAG, refused, 'off'), () => changeLiveShare(FLAG, refused, 0)]) {
      expect(change).toThrow(`flag securemint.loopp: ${message}`);
    }
  });
});

describe('a kill', () => {
  test('is one write of the switch', () => {
    expect(changeToOff(flagIn(SPLIT))).toEqual({
      weights: undefined,
      switch: 'off',
      after: { enabled: false, shares: allIn('off') },
      moves: [
        { from: 'shadow', to: 'off', permille: 950 },
        { from: 'live', to: 'off', permille: 50 },
      ],
    });
  });

  test('is nothing when the flag is off', () => {
    expect(isNothing(changeToOff(flagIn(SPLIT, false)))).toBe(true);
  });

  test('does not depend on what the flag is', () => {
    const strange = flag(flagWith({ strategies: [strategyWith({ constraints: [{}] })] }));
    expect(changeToOff(strange)).toMatchObject({ switch: 'off', moves: undefined });
  });
});

describe('once a change is written', () => {
  const changes = [
    changeStage(FLAG, flagIn(SPLIT), 'live'),
    changeLiveShare(FLAG, flagIn(SPLIT, false), 700),
    changeToOff(flagIn(SPLIT)),
  ];

  test.each(changes)('the definition says so: %#', (change) => {
    const after = flag(definitionAfter(flagIn(SPLIT), change));
    expect(effectiveShares(after.reading)).toEqual(change.after.shares);
    expect(isWritten(after, change)).toBe(true);
  });

  test.each(changes)('the flag as it was before is told apart: %#', (change) => {
    expect(isWritten(flagIn({ ...SPLIT, shadow: 949, live: 51 }), change)).toBe(false);
  });
});
