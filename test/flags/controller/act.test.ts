import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AdminApi } from '../../../src/flags/admin-api.ts';
import { FlagAdmin } from '../../../src/flags/admin.ts';
import { changeTo, put } from '../../../src/flags/controller/act.ts';
import type { Step } from '../../../src/flags/controller/plan.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { FLAG } from '../builders.ts';
import { PLAN } from './situations.ts';
import { TinyUnleash } from './tiny-servers.ts';

let unleash: TinyUnleash;
let admin: FlagAdmin;
beforeEach(async () => {
  unleash = await TinyUnleash.open();
  const api = new AdminApi({ address: unleash.url, token: 'a-token', timeoutMs: 2000 });
  admin = new FlagAdmin(api, { name: FLAG, project: 'default', environment: 'development' });
});
afterEach(() => unleash.close());

/** Goes to a step as seen now, with something happening in between. */
async function goTo(
  step: Step | undefined,
  meanwhile: () => void = () => undefined,
): Promise<string | undefined> {
  if (step === undefined) throw new Error('expected a step');
  const seen = await admin.read();
  meanwhile();
  return put(admin, seen, changeTo(step, FLAG, seen));
}

describe('a step', () => {
  test('is written with one change of the weights, whichever it is', async () => {
    for (const step of [...PLAN.steps.slice(1), PLAN.steps[0]]) expect(await goTo(step)).toBeUndefined();
    expect(unleash.writes).toEqual([
      ...[10, 50, 250, 500, 1000].map((live) => ({ ...allIn('shadow'), shadow: 1000 - live, live })),
      allIn('complete'),
      allIn('shadow'),
    ]);
  });

  test('where the flag is already is nothing to write', async () => {
    expect(await goTo(PLAN.steps[0])).toBeUndefined();
    expect(unleash.writes).toEqual([]);
  });

  test.each<[what: string, change: (flag: TinyUnleash) => void]>([
    ['killed', (flag) => (flag.enabled = false)],
    ['moved', (flag) => (flag.shares = allIn('live'))],
  ])('is not written to a flag that somebody has %s meanwhile', async (_, change) => {
    expect(await goTo(PLAN.steps[1], () => change(unleash))).toBe(
      'somebody has changed it since it was looked at',
    );
    expect(unleash.writes).toEqual([]);
  });

  test('that is not there when it is read back is told', async () => {
    unleash.forgetful = true;
    expect(await goTo(PLAN.steps[1])).toBe(
      'read back: expected shadow 99 %, live 1 %, got shadow 100 %: somebody else changes it',
    );
  });
});
