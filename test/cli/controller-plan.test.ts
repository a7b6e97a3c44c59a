import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPlan } from '../../src/cli/controller/plan-file.ts';
import { AppError } from '../../src/errors.ts';
import { DEFAULT_PLAN, sharesAt, stepInWords } from '../../src/flags/controller/plan.ts';
import {
  HOLD_REASONS,
  INCONCLUSIVE_REASONS,
  PROMOTE_REASONS,
  ROLL_BACK_REASONS,
} from '../../src/flags/controller/reasons.ts';
import { WHOLE } from '../../src/flags/shares.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string): ReturnType<typeof loadPlan> {
  const path = join(folder, 'plan.yaml');
  await writeFile(path, text);
  return loadPlan(path);
}

async function refusals(text: string): Promise<readonly string[]> {
  const error: unknown = await load(text).catch((cause: unknown) => cause);
  if (!(error instanceof AppError)) throw new Error(`expected a refusal, got ${JSON.stringify(error)}`);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(`${folder}/`, '').split('\n');
}

const CONDITIONS = 'minDistinctRounds: 1, minTimeMs: 0, minParityLowerBound: 0.5, maxLaneErrorRate: 0';
const SHADOW = `{stage: shadow, ${CONDITIONS}}`;
const live = (share: string): string => `{stage: live, sharePercent: ${share}, ${CONDITIONS}}`;
const plan = (...steps: readonly string[]): string =>
  `steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

test('the plan built in: shadow, live 1, 5, 25, 50, 100 %, complete', async () => {
  expect(await loadPlan(undefined)).toBe(DEFAULT_PLAN);
  expect(DEFAULT_PLAN.steps.map(stepInWords)).toEqual([
    'shadow',
    'live 1 %',
    'live 5 %',
    'live 25 %',
    'live 50 %',
    'live 100 %',
    'complete',
  ]);
  for (const step of DEFAULT_PLAN.steps) {
    expect(Object.values(sharesAt(step)).reduce((sum, share) => sum + share, 0)).toBe(WHOLE);
  }
});

test('a file says what counts; the rest has its default', async () => {
  const loaded = await load(`maxLooppDownMs: 1\n${plan(SHADOW, live('0.1'), live('33.3'))}`);
  expect(loaded).toMatchObject({ maxLooppDownMs: 1, holdAfterRollBackMs: 3_600_000, maxRollBacks: 3 });
  expect(loaded.steps.map(sharesAt)).toEqual([
    { off: 0, shadow: 1000, live: 0, complete: 0 },
    { off: 0, shadow: 999, live: 1, complete: 0 },
    { off: 0, shadow: 667, live: 333, complete: 0 },
  ]);
  expect(loaded.steps[0]).toMatchObject({ minStageRounds: 1, maxDisagreements: 0, maxFallbackRate: 0 });
});

describe('refused', () => {
  const ORDER = 'steps in order: shadow first, live with rising shares, complete last if at all';

  test.each([
    ['{}', 'plan.yaml: steps: expected a value, got nothing'],
    ['[]', 'plan.yaml: steps: expected a value, got nothing'],
    ['steps: many', 'plan.yaml:1: steps: expected a list of steps, got "many"'],
    ['steps: []', `plan.yaml:1: steps: expected ${ORDER}, got []`],
    [plan('{stage: off}'), 'plan.yaml:2: steps[0].stage: expected one of shadow, live, complete, got "off"'],
    [
      plan(SHADOW.replace('minTimeMs: 0', 'minTimeMs: 1.5')),
      'plan.yaml:2: steps[0].minTimeMs: expected a whole number from 0 to 31622400000, got 1.5',
    ],
    [
      plan(SHADOW.replace('minTimeMs: 0, ', '')),
      'plan.yaml:2: steps[0].minTimeMs: expected a value, got nothing',
    ],
    [
      plan(SHADOW.replace('minDistinctRounds: 1', 'minDistinctRounds: 0')),
      'plan.yaml:2: steps[0].minDistinctRounds: expected a whole number from 1 to 1000000000000, got 0',
    ],
    [
      plan(SHADOW.replace('0.5', '1')),
      'plan.yaml:2: steps[0].minParityLowerBound: expected a bound from 0 to below 1, got 1',
    ],
    [
      plan(SHADOW.replace('maxLaneErrorRate: 0', 'maxLaneErrorRate: 5 %')),
      'plan.yaml:2: steps[0].maxLaneErrorRate: expected a rate from 0 to 1, got "5 %"',
    ],
    [
      plan(SHADOW, live('0.05')),
      'plan.yaml:3: steps[1].sharePercent: expected a percentage from 0.1 to 100 in steps of 0.1, got 0.05',
    ],
    [
      `maxRolBacks: 1\n${plan(SHADOW)}`,
      'plan.yaml:1: maxRolBacks: expected one of recentWindowMs, minRecentRounds, maxRecentLaneErrorRate, maxRecentFallbackRate, maxLooppDownMs, holdAfterRollBackMs, maxRollBacks, steps, got "maxRolBacks": did you mean maxRollBacks?',
    ],
  ])('%j', async (text, message) => {
    expect(await refusals(text)).toEqual([message]);
  });

  test('a field of a step that is none, with the one that was meant', async () => {
    const [message] = await refusals(plan(SHADOW.replace('minTimeMs: 0', 'minTimeMs: 0, minTimesMs: 1')));
    expect(message).toMatch(
      /^plan\.yaml:2: steps\[0\]\.minTimesMs: expected one of .+: did you mean minTimeMs\?$/,
    );
  });

  test.each([
    ['no shadow', plan(live('1'))],
    ['falling shares', plan(SHADOW, live('5'), live('1'))],
    ['a share twice', plan(SHADOW, live('5'), live('5'))],
    ['shadow twice', plan(SHADOW, SHADOW)],
    ['more after complete', plan(SHADOW, '{stage: complete}', live('1'))],
  ])('steps out of order: %s', async (_, text) => {
    const [message] = await refusals(text);
    expect(message).toMatch(new RegExp(`^plan\\.yaml:1: steps: expected ${ORDER}, got `));
  });
});

describe('docs/controller.md', () => {
  const page = readFile('docs/controller.md', 'utf8');

  test('shows the plan built in', async () => {
    const [, shown = ''] = /<!-- the plan built in -->\n+```yaml\n([^`]*)```/.exec(await page) ?? [];
    expect(await load(shown)).toEqual(DEFAULT_PLAN);
  });

  test('explains every field and reason', async () => {
    const fields = DEFAULT_PLAN.steps.flatMap((step) => Object.keys(step)).filter((name) => name !== 'stage');
    const names = [
      ...Object.keys(DEFAULT_PLAN).filter((name) => name !== 'steps'),
      ...fields,
      ...HOLD_REASONS,
      ...INCONCLUSIVE_REASONS,
      ...PROMOTE_REASONS,
      ...ROLL_BACK_REASONS,
    ];
    const text = await page;
    expect(names.filter((name) => !text.includes(`| \`${name}\` `))).toEqual([]);
  });
});
