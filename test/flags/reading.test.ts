import { describe, expect, test } from 'vitest';
import { parseDefinition } from '../../src/flags/definition.ts';
import { effectiveShares, problemOf, readFlag } from '../../src/flags/reading.ts';
import { allIn } from '../../src/flags/shares.ts';
import { FLAG, flagWith, strategyWith, variantsOf } from './builders.ts';

const read = (flag: object): ReturnType<typeof readFlag> => readFlag(FLAG, parseDefinition(FLAG, flag));
const withVariants = (...variants: Parameters<typeof variantsOf>): object =>
  flagWith({ strategies: [strategyWith({ variants: variantsOf(...variants) })] });

describe('a flag decided by weights', () => {
  test.each([
    ['of all four stages', withVariants({ complete: 1, live: 49, off: 150, shadow: 800 })],
    ['in another order', withVariants({ shadow: 800, live: 49, off: 150, complete: 1 })],
    [
      'beside a strategy that has none',
      flagWith({ variants: variantsOf({ complete: 1, live: 49, off: 150, shadow: 800 }) }),
    ],
    [
      'without a strategy',
      flagWith({ strategies: [], variants: variantsOf({ complete: 1, live: 49, off: 150, shadow: 800 }) }),
    ],
  ])('%s', (_, flag) => {
    const reading = read(flag);
    expect(effectiveShares(reading)).toEqual({ off: 150, shadow: 800, live: 49, complete: 1 });
    expect(problemOf(reading)).toBeUndefined();
  });

  test('with two stages only', () => {
    expect(effectiveShares(read(withVariants({ live: 1, shadow: 999 })))).toEqual({
      ...allIn('shadow'),
      live: 1,
      shadow: 999,
    });
  });

  test('that is switched off has everything off, and no problem', () => {
    const reading = read({ ...withVariants({ live: 500, other: 500 }), enabled: false });
    expect(effectiveShares(reading)).toEqual(allIn('off'));
    expect(problemOf(reading)).toBeUndefined();
  });

  test('with variants that name no stage: their workflows are off', () => {
    const reading = read(withVariants({ canary: 200, live: 300, shadow: 450, Live: 50, unused: 0 }));
    expect(effectiveShares(reading)).toEqual({ off: 250, shadow: 450, live: 300, complete: 0 });
    expect(problemOf(reading)).toBe(
      'variants: expected off, shadow, live, complete, got "canary" (20 %), "Live" (5 %): its workflows are off',
    );
  });

  test('without variants: every workflow is off', () => {
    const reading = read(flagWith({}));
    expect(effectiveShares(reading)).toEqual(allIn('off'));
    expect(problemOf(reading)).toBe(
      'variants: expected off, shadow, live, complete, got none: every workflow is off',
    );
  });
});

describe('a flag by which nothing is decided', () => {
  const LIVE = { live: 1000 };
  const KNOWN = 'expected one of default, userId, sessionId, workflow, so that a workflow keeps its stage';

  test.each([
    [
      'weights that do not add up',
      withVariants({ live: 100, shadow: 800 }),
      'strategies.0.variants: expected weights that add up to 100 %, got 90 %',
    ],
    [
      'weights of nothing',
      withVariants({ live: 0 }),
      'strategies.0.variants: expected weights that add up to 100 %, got 0 %',
    ],
    [
      'variants drawn at random',
      withVariants(LIVE, 'random'),
      `strategies.0.variants.0.stickiness: ${KNOWN}, got "random"`,
    ],
    [
      'a rollout drawn at random',
      flagWith({ strategies: [strategyWith({ parameters: { rollout: '50', stickiness: 'random' } })] }),
      `strategies.0.parameters.stickiness: ${KNOWN}, got "random"`,
    ],
    [
      'something that rounds do not have',
      withVariants(LIVE, 'remoteAddress'),
      `strategies.0.variants.0.stickiness: ${KNOWN}, got "remoteAddress"`,
    ],
    [
      'a strategy that draws at random',
      flagWith({ strategies: [strategyWith({}), strategyWith({ name: 'gradualRolloutRandom' })] }),
      'strategies.1.name: expected a strategy that answers a workflow the same every time, got gradualRolloutRandom',
    ],
    [
      'variants beside a strategy that do not add up',
      flagWith({ variants: variantsOf({ live: 1 }) }),
      'variants: expected weights that add up to 100 %, got 0.1 %',
    ],
  ])('%s', (_, flag, problem) => {
    const reading = read(flag);
    expect(reading.division.kind).toBe('unusable');
    expect(problemOf(reading)).toBe(`${problem}; every workflow is off`);
    expect(effectiveShares(reading)).toEqual(allIn('off'));
  });

  test('none of that name', () => {
    const reading = readFlag(FLAG, undefined);
    expect(reading.enabled).toBe(false);
    expect(problemOf(reading)).toBe(
      'flag securemint.loopp: expected it where the token reads flags, got none of that name: every workflow is off',
    );
  });

  test('variants beside strategies do not matter when every strategy has its own', () => {
    const strategies = [strategyWith({ variants: variantsOf(LIVE) })];
    const reading = read(flagWith({ strategies, variants: variantsOf({ live: 1 }, 'random') }));
    expect(effectiveShares(reading)).toEqual(allIn('live'));
  });
});

describe('sticky by', () => {
  test.each(['default', 'userId', 'sessionId', 'workflow'])('%s is by workflow', (stickiness) => {
    expect(effectiveShares(read(withVariants({ live: 1000 }, stickiness)))).toEqual(allIn('live'));
  });

  test("the strategy's when the variants do not say", () => {
    const variants = [{ name: 'live', weight: 1000 }];
    const parameters = { rollout: '100', stickiness: 'random' };
    const reading = read(flagWith({ strategies: [strategyWith({ variants, parameters })] }));
    expect(reading.division.kind).toBe('unusable');
  });
});

describe('a flag that depends on more than weights', () => {
  const LIVE = variantsOf({ live: 1000 });
  test.each([
    ['constraints', { strategies: [strategyWith({ variants: LIVE, constraints: [{}] })] }],
    ['segments', { strategies: [strategyWith({ variants: LIVE, segments: [1] })] }],
    ['a rollout of 50 %', { strategies: [strategyWith({ variants: LIVE, parameters: { rollout: '50' } })] }],
    ['strategy userWithId', { strategies: [strategyWith({ variants: LIVE, name: 'userWithId' })] }],
    ['2 strategies', { strategies: [strategyWith({ variants: LIVE }), strategyWith({ variants: LIVE })] }],
    ['other flags', { dependencies: [{ feature: 'parent' }] }],
    [
      'overrides of variants',
      { variants: [{ name: 'live', weight: 1000, overrides: [{ contextName: 'userId', values: ['a'] }] }] },
    ],
    [
      'other flags, constraints, a rollout of 1 %',
      {
        strategies: [strategyWith({ variants: LIVE, constraints: [{}], parameters: { rollout: '1' } })],
        dependencies: [{ feature: 'parent' }],
      },
    ],
  ])('%s', (dependsOn, members) => {
    const reading = read(flagWith(members));
    expect(reading.division).toEqual({ kind: 'more', dependsOn });
    expect(effectiveShares(reading)).toBeUndefined();
    expect(problemOf(reading)).toBeUndefined();
  });
});

describe('a revision', () => {
  test('is the same for the same definition, and another for another', () => {
    const flag = withVariants({ live: 1, shadow: 999 });
    const { revision } = read(flag);
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect(read(structuredClone(flag)).revision).toBe(revision);
    expect(read({ ...flag, enabled: false }).revision).not.toBe(revision);
    expect(read(withVariants({ live: 2, shadow: 998 })).revision).not.toBe(revision);
  });
});

describe('a malformed definition names the field', () => {
  test.each([
    [{ enabled: 'yes' }, 'flag securemint.loopp: enabled: expected boolean, got "yes"'],
    [{ strategies: undefined }, 'flag securemint.loopp: strategies: expected it to be there, got nothing'],
    [{ strategies: [null] }, 'flag securemint.loopp: strategies.0: expected Object, got null'],
    [
      { strategies: [strategyWith({ variants: [{ name: 'live', weight: '10' }] })] },
      'flag securemint.loopp: strategies.0.variants.0.weight: expected number, got "10"',
    ],
    [
      { strategies: [strategyWith({ variants: [{ name: 'live', weight: -1 }] })] },
      'flag securemint.loopp: strategies.0.variants.0.weight: expected >=0, got -1',
    ],
  ])('%j', (members, message) => {
    expect(() => parseDefinition(FLAG, flagWith(members))).toThrow(message);
  });
});
