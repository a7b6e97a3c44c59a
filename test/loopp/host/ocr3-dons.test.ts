import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DonConfig, HeldDon } from '../../../loopp/host/ocr3-don.ts';
import { Ocr3Dons } from '../../../loopp/host/ocr3-dons.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import type { HostOptions } from '../../../loopp/host/options.ts';
import type { PluginState } from '../../../loopp/host/supervisor.ts';
import { outcomeContext } from '../../../loopp/wire/submission.ts';
import { LaneError } from '../../../src/contract/lane.ts';
import { DATA_ID, SELECTORS, plainRound } from '../../helpers/arbitraries.ts';
import { OWN_PLUGIN, Sandbox, fixture, refusal } from './sandbox.ts';

let sandbox: Sandbox;
let dons: Ocr3Dons;
let states: PluginState[];
beforeEach(() => {
  sandbox = new Sandbox();
  states = [];
});
afterEach(async () => {
  await dons.close();
  await sandbox.end();
});

function make(args: readonly string[], options: Partial<HostOptions> = {}): Ocr3Dons {
  dons = new Ocr3Dons(sandbox.node(args), { ...HOST_DEFAULTS, ...options }, (state) => states.push(state));
  return dons;
}

async function started(
  args: readonly string[] = OWN_PLUGIN,
  options: Partial<HostOptions> = {},
): Promise<void> {
  await make(args, options).start();
}

const names = (): readonly string[] => states.map(({ name }) => name);

const configOf = (selector: bigint): DonConfig => ({
  aggregator: {
    targetChainSelector: BigInt.asIntN(64, selector),
    dataId: DATA_ID,
    revision: '2025-09',
  },
  n: 1,
  f: 0,
});
const CONFIG = configOf(SELECTORS.ethereum);
const keep = ({ oracles }: HeldDon): Promise<HeldDon['oracles']> => Promise.resolve(oracles);
/** Asks the DON something, so that its process has to be there. */
const ask = async ({ oracles }: HeldDon): Promise<number | undefined> =>
  (await oracles[0]?.plugin.query(outcomeContext(plainRound())))?.length;

test('rounds of one config share a DON, of others they do not', async () => {
  await started();
  const first = await dons.hold(CONFIG, keep);
  expect(await dons.hold({ ...CONFIG }, keep)).toBe(first);
  expect(await dons.hold({ ...CONFIG, n: 2 }, keep)).toHaveLength(2);
  expect(await dons.hold(CONFIG, keep)).toBe(first);
});

test('one round has the DON at a time', async () => {
  await started();
  let inside = 0;
  const most: number[] = [];
  const use = async (don: HeldDon): Promise<void> => {
    most.push(++inside);
    await ask(don);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => dons.hold(CONFIG, use)));
  expect(most).toEqual([1, 1, 1]);
});

test('a DON that was discarded or failed is made again', async () => {
  await started();
  const first = await dons.hold(CONFIG, keep);
  await dons.hold(CONFIG, async (don) => don.discard());
  const second = await dons.hold(CONFIG, keep);
  expect(second).not.toBe(first);
  const failing = dons.hold(CONFIG, () => Promise.reject(new LaneError('protocol', 'no')));
  await expect(failing).rejects.toThrow('no');
  expect(await dons.hold(CONFIG, keep)).not.toBe(second);
  expect(names()).toEqual(['launching', 'ready']);
});

test('a DON that was discarded leaves no factory in the process', async () => {
  await started();
  // The main connection's and the first factory's.
  expect(sandbox.sockets()).toHaveLength(2);
  await dons.hold(CONFIG, ask);
  expect(sandbox.sockets()).toHaveLength(4);
  await dons.hold(CONFIG, async (don) => don.discard());
  // A closed reporting plugin answers on for a while (docs/spec/loopp-wire.md D.6).
  await vi.waitFor(() => expect(sandbox.sockets().length).toBeLessThanOrEqual(3), { timeout: 10_000 });
});

test('a process that is lost is launched again, the first time at once', async () => {
  await started();
  expect(await dons.hold(CONFIG, ask)).toBe(0);
  const [pid = 0] = sandbox.processes();
  process.kill(pid, 'SIGKILL');
  await expect(dons.hold(CONFIG, ask)).rejects.toThrow();
  expect(await dons.hold(CONFIG, ask)).toBe(0);
  expect(names()).toEqual(['launching', 'ready', 'unhealthy', 'launching', 'ready']);
});

test('a process that has made many DONs is replaced, which is no exit', async () => {
  await started();
  for (let number = 1; number <= 33; number++) {
    expect(await dons.hold(configOf(BigInt(number)), ask)).toBe(0);
  }
  expect(names()).toEqual(['launching', 'ready', 'launching', 'ready']);
});

test('rounds wait for a process that replaces another, however little time a round has', async () => {
  await started(fixture('starts-late'), { laneTimeoutMs: 500 });
  const made = [];
  for (let number = 1; number <= 33; number++) made.push(await dons.hold(configOf(BigInt(number)), keep));
  expect(made).toHaveLength(33);
  expect(names()).toEqual(['launching', 'ready', 'launching', 'ready']);
});

describe('a plugin that keeps ending soon after its launch', () => {
  test('is launched ever later', async () => {
    await started(fixture('crash-loop'));
    await vi.waitFor(() => expect(names().filter((name) => name === 'backingOff')).toHaveLength(2), {
      timeout: 20_000,
    });
    const crash = ['launching', 'ready', 'unhealthy'];
    expect(names().slice(0, 11)).toEqual([...crash, ...crash, 'backingOff', ...crash, 'backingOff']);
    const [first, second] = states.filter((state) => state.name === 'backingOff');
    expect(first?.delayMs).toBeGreaterThanOrEqual(50);
    expect(first?.delayMs).toBeLessThanOrEqual(100);
    expect(second?.delayMs).toBeGreaterThanOrEqual(100);
    expect(second?.delayMs).toBeLessThanOrEqual(200);
  });

  test('leaves rounds waiting, side by side, as long as a round may take', async () => {
    await started(fixture('starts-only-once').concat(sandbox.folder), { laneTimeoutMs: 300 });
    await vi.waitFor(() => expect(names()).toContain('backingOff'), { timeout: 10_000 });
    const rounds = await Promise.allSettled([1, 2, 3].map(() => dons.hold(CONFIG, ask)));
    const reasons = rounds.map((round) => (round.status === 'rejected' ? String(round.reason) : 'held'));
    expect(reasons.filter((reason) => !reason.startsWith('Error: plugin unavailable: '))).toEqual([]);
    await dons.close();
    sandbox.remove('started-once');
  });
});

test('a start that is given up leaves nothing', async () => {
  const giveUp = new AbortController();
  const starting = refusal(make(fixture('never-answers')).start(giveUp.signal));
  await vi.waitFor(() => expect(sandbox.processes()).toHaveLength(1));
  giveUp.abort();
  expect((await starting).message).toContain('the host was closed meanwhile');
  await sandbox.expectNothingLeft();
  expect(names()).toEqual(['launching', 'closed']);
});
