import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowMoves } from '../../src/cli/flags/workflows.ts';
import { changeLiveShare, definitionAfter, write } from '../../src/flags/change.ts';
import { FLAG_DEFAULTS } from '../../src/flags/defaults.ts';
import { allIn } from '../../src/flags/shares.ts';
import { parseJson } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { configureSeed } from '../helpers/seed.ts';
import { arbitraryShares } from './arbitraries.ts';
import { expectNoneMovedBack } from './laws.ts';
import { Rollout, WORKFLOWS, show, stagesOf, untilPolling, untilSeen } from './rollout.ts';

const TIMEOUT_MS = 300_000;
const FLIPS = 50;

// The real server needs test/real, which a plain npm ci leaves out.
describe.skipIf(!everything)('a source on a real Unleash server', { timeout: TIMEOUT_MS }, () => {
  let rollout: Rollout;
  beforeAll(async () => {
    configureSeed();
    rollout = await Rollout.start();
  }, TIMEOUT_MS);
  afterAll(() => rollout.stop());

  test('raising the share of live moves no workflow back, and those that were told', async () => {
    const [start = allIn('off')] = fc.sample(arbitraryShares, 1);
    const steps = fc.sample(fc.integer({ min: start.live, max: 1000 - start.complete }), 6);
    const admin = await rollout.make('monotone', start);
    const source = await rollout.follow('monotone');
    await untilSeen(source, start);
    let before = stagesOf(source, WORKFLOWS);
    for (const live of steps.toSorted((a, b) => a - b)) {
      const flag = await admin.read();
      const change = changeLiveShare('monotone', flag, live);
      const told = await workflowMoves(flag.definition, definitionAfter(flag, change), WORKFLOWS);
      await write(admin, change);
      await untilSeen(source, change.after.shares);
      const after = stagesOf(source, WORKFLOWS);
      expectNoneMovedBack(WORKFLOWS, before, after);
      const moved = WORKFLOWS.filter((_, index) => after[index] !== before[index]);
      expect(told?.map(({ workflow }) => workflow)).toEqual(moved);
      before = after;
    }
  });

  test('a token that the server does not know: off, and refused', async () => {
    const source = await rollout.follow('any', { token: 'default:development.nobody' });
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'refused', flagAgeMs: undefined });
    expect(source.state().problem).toBe(
      'UNLEASH_API_TOKEN: expected a client token that Unleash takes, got 401 (This endpoint requires an API token. Please add an authorization header to your request with a valid token)',
    );
  });

  test('a server that goes and comes back: off once the flag is too old, live again without a restart', async () => {
    await rollout.make('restarted', allIn('live'));
    const source = await rollout.follow('restarted', { ageLimitMs: 1500 });
    await untilSeen(source, allIn('live'));
    await rollout.unleash.halt();
    await untilPolling(source, 'failing');
    await untilPolling(source, 'stale');
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason: 'stale' });
    await rollout.unleash.resume();
    await untilPolling(source, 'ready');
    expect(source.decide('workflow')).toMatchObject({ stage: 'live', reason: 'variant' });
  });

  test(`from a flip to its effect, ${String(FLIPS)} times`, async () => {
    await rollout.make('flips', allIn('live'));
    const source = await rollout.follow('flips', { refreshMs: FLAG_DEFAULTS.refreshMs });
    const { url } = await show(source);
    await untilSeen(source, allIn('live'));
    const args = ['--flag', 'flips', '--yes', '--json', '--wait', '--service', url];
    const tookMs: number[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      const isKill = flip % 2 === 0;
      const { stdout, exitCode } = await rollout.flags(...(isKill ? ['kill'] : ['stage', 'live']), ...args);
      expect(exitCode).toBe(0);
      expect(source.decide('workflow').stage).toBe(isKill ? 'off' : 'live');
      const [waited] = parseJson(stdout)['waited'] as readonly { readonly ms: number }[];
      tookMs.push(waited?.ms ?? NaN);
    }
    const sorted = tookMs.toSorted((a, b) => a - b);
    const quantile = (part: number): string => String(sorted[Math.ceil(part * sorted.length) - 1]);
    console.log(`flip to effect: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, ${String(FLIPS)} flips`);
  });
});
