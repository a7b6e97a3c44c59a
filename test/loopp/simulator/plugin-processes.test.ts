import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { FAULT_NAMES } from '../../../loopp/simulator/faults.ts';
import type { Fault } from '../../../loopp/simulator/faults.ts';
import { DonSimulator } from '../../../loopp/simulator/simulator.ts';
import { AppError } from '../../../src/errors.ts';
import { Sandbox, fixture, refusal } from '../host/sandbox.ts';
import { OPTIONS, aggregateRound, linesOf, pluginProcesses, simulate } from './simulation.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.end());

const killPlugins = (): void => {
  for (const pid of sandbox.processes()) process.kill(pid, 'SIGKILL');
};

/** Every fault now and then. */
const EVERY_FAULT: readonly Fault[] = FAULT_NAMES.map((name) => ({ name, oracle: undefined, percent: 40 }));

test('equal options give equal bytes: in this process, in four, and when all of them are lost', async () => {
  const options = { rounds: 6, faults: EVERY_FAULT };
  const here = await simulate(options);
  const states: string[] = [];
  const log = (_level: string, message: string): void => void states.push(message);
  const host = pluginProcesses(sandbox, { log });
  let most = 0;
  const there = await simulate(options, { host }, ({ tally, relaunches }) => {
    most = Math.max(most, sandbox.processes().length);
    if (relaunches === 0 && tally.rounds === 5) killPlugins();
  });
  expect(linesOf(here).length).toBeGreaterThan(9);
  expect(linesOf(there)).toEqual(linesOf(here));
  expect(most).toBe(4);
  expect(there.simulator.relaunches).toBe(4);
  expect(states).toContain('plugin unhealthy');
});

test('more oracles than processes share them', async () => {
  let most = 0;
  const host = pluginProcesses(sandbox, { oracles: 7, processes: 2 });
  const { rounds } = await simulate({ rounds: 2, n: 7, f: 2 }, { host }, () => {
    most = Math.max(most, sandbox.processes().length);
  });
  expect(most).toBe(2);
  expect(linesOf({ rounds })).toEqual(linesOf(await simulate({ rounds: 2, n: 7, f: 2 })));
});

describe('a simulation', () => {
  test('stops between two rounds of OCR once it is aborted, and leaves nothing', async () => {
    const host = pluginProcesses(sandbox, { processes: 1 });
    const simulator = new DonSimulator(
      { ...OPTIONS, rounds: 1_000_000 },
      { host, aggregate: aggregateRound },
    );
    await simulator.start();
    const stop = new AbortController();
    const ids: string[] = [];
    for await (const { id } of simulator.rounds(stop.signal)) {
      ids.push(id);
      if (ids.length === 4) stop.abort();
    }
    expect(ids).toHaveLength(6);
    await simulator.close();
    await simulator.close();
    await sandbox.expectNothingLeft();
  });

  test('does not start when it is aborted before', async () => {
    const error = await refusal(pluginProcesses(sandbox).start(AbortSignal.abort()));
    expect(error.code).toBe('PLUGIN_START');
    await sandbox.expectNothingLeft();
  });

  test('does not start with a plugin that does not', async () => {
    const command = sandbox.node(fixture('exits-one'));
    const error = await refusal(pluginProcesses(sandbox, { command }).start());
    expect(error).toBeInstanceOf(AppError);
    expect(error.message).toMatch(/^the plugin `.*exits-one\.mjs` could not be started: /);
    await sandbox.expectNothingLeft();
  });

  test('ends when a plugin cannot be brought back', async () => {
    const command = sandbox.node([...fixture('starts-only-once'), sandbox.folder]);
    const host = pluginProcesses(sandbox, {
      command,
      processes: 1,
      host: { ...HOST_DEFAULTS, laneTimeoutMs: 300 },
    });
    await expect(simulate({}, { host })).rejects.toThrow(
      /^the plugin of oracle 1: expected it to answer, got: no factory before the deadline: /,
    );
    sandbox.remove('started-once');
  });
});
