import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import type { PluginState } from '../../../loopp/host/supervisor.ts';
import { Supervisor, inWords } from '../../../loopp/host/supervisor.ts';
import { OWN_PLUGIN, Sandbox, ending, fixture, refusal, roundOf, untilState } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.end());

const names = (states: readonly PluginState[]): readonly string[] => states.map(({ name }) => name);

function pidOf(state: PluginState): number {
  if (state.name !== 'ready') throw new Error(`no process while ${state.name}`);
  return state.plugin.pid;
}

describe('a plugin process that ends', () => {
  test('is launched again, the first time at once', async () => {
    const under = await sandbox.started(OWN_PLUGIN);
    const first = pidOf(await untilState(under, 'ready'));
    process.kill(first, 'SIGKILL');
    const second = pidOf(await untilState(under, 'ready', 2));
    expect(second).not.toBe(first);
    expect(names(under.states)).toEqual(['launching', 'ready', 'unhealthy', 'launching', 'ready']);
    expect(under.states[2]).toEqual({
      name: 'unhealthy',
      reason: 'plugin process exited: signal SIGKILL',
    });
    expect(sandbox.processes()).toEqual([second]);
    expect(sandbox.files()).toHaveLength(1);
  });

  test('again and again is launched ever later', async () => {
    const under = await sandbox.started(fixture('crash-loop'));
    const { states, lane } = under;
    await vi.waitFor(() => expect(states.filter(({ name }) => name === 'ready')).toHaveLength(4), {
      timeout: 20_000,
    });
    const crash = ['launching', 'ready', 'unhealthy'];
    const laterCrash = ['backingOff', ...crash];
    expect(names(states).slice(0, 12)).toEqual([
      ...crash,
      ...crash,
      ...laterCrash,
      'backingOff',
      'launching',
    ]);
    const [first, second] = states.filter((state) => state.name === 'backingOff');
    expect(first?.reason).toBe('plugin process exited: exit code 7');
    expect(first?.delayMs).toBeGreaterThanOrEqual(50);
    expect(first?.delayMs).toBeLessThanOrEqual(100);
    expect(second?.delayMs).toBeGreaterThanOrEqual(100);
    expect(second?.delayMs).toBeLessThanOrEqual(200);
    await lane.close();
    expect(names(states).at(-1)).toBe('closed');
  });

  test('and cannot be launched again is tried ever later, with the reason', async () => {
    const under = await sandbox.started(fixture('starts-only-once').concat(sandbox.folder));
    const later = await untilState(under, 'backingOff');
    expect(inWords(later)).toMatch(
      /could not be started: plugin exited before we could connect: exit code 1.*; next launch in \d+ ms$/s,
    );
    expect(names(under.states)).toEqual(['launching', 'ready', 'unhealthy', 'launching', 'backingOff']);
    expect(under.lane.health()).toEqual({ ok: false, reason: inWords(later) });
    await under.lane.close();
    sandbox.remove('started-once');
  });

  test('leaves rounds waiting for the next one, for as long as a round may take', async () => {
    const under = await sandbox.started(fixture('starts-only-once').concat(sandbox.folder), {
      laneTimeoutMs: 300,
    });
    await untilState(under, 'backingOff');
    expect(await ending(under.lane.aggregate(roundOf('a')))).toMatch(/^unavailable: plugin unavailable: /);
    await under.lane.close();
    sandbox.remove('started-once');
  });
});

describe('a first launch', () => {
  let states: PluginState[];
  let supervisor: Supervisor;
  const make = (args: readonly string[]): Supervisor => {
    states = [];
    const options = { ...HOST_DEFAULTS, startTimeoutMs: 600_000 };
    supervisor = new Supervisor(sandbox.node(args), options, (state) => states.push(state));
    return supervisor;
  };
  afterEach(() => supervisor.close());

  test('that is given up leaves nothing, and the supervisor is closed', async () => {
    const giveUp = new AbortController();
    const starting = refusal(make(fixture('never-answers')).start(giveUp.signal));
    await vi.waitFor(() => expect(sandbox.processes()).toHaveLength(1));
    giveUp.abort();
    expect((await starting).message).toContain('the host was closed meanwhile');
    await sandbox.expectNothingLeft();
    expect(names(states)).toEqual(['launching', 'closed']);
  });

  test('that was given up before it began launches nothing', async () => {
    const error = await refusal(make(OWN_PLUGIN).start(AbortSignal.abort()));
    expect(error.message).toContain('the host was closed meanwhile');
    expect(names(states)).toEqual(['closed']);
  });

  test('can be given up no more once it is through', async () => {
    const giveUp = new AbortController();
    await make(OWN_PLUGIN).start(giveUp.signal);
    giveUp.abort();
    expect(names(states)).toEqual(['launching', 'ready']);
  });

  test('that fails is tried again where that is wanted', async () => {
    make(fixture('starts-the-second-time').concat(sandbox.folder));
    await supervisor.startAnyway();
    await supervisor.ready(20_000);
    expect(names(states)).toEqual(['launching', 'launching', 'ready']);
    await supervisor.close();
    sandbox.remove('tried-once');
  });
});

describe('health checks', () => {
  test('that stay without an answer have the plugin launched again, but not after a single one', async () => {
    const under = await sandbox.started(fixture('deaf-after-start'), {
      pingIntervalMs: 20,
      pingTimeoutMs: 100,
    });
    const unhealthy = await untilState(under, 'unhealthy');
    expect(inWords(unhealthy)).toMatch(/^health check failed: 4 DEADLINE_EXCEEDED/);
    await untilState(under, 'ready', 3);
    expect(names(under.states).slice(0, 5)).toEqual([
      'launching',
      'ready',
      'unhealthy',
      'launching',
      'ready',
    ]);
  });

  test('that fail have it launched again at once', async () => {
    const under = await sandbox.started(fixture('sick-after-start'), { pingIntervalMs: 20 });
    const unhealthy = await untilState(under, 'unhealthy');
    expect(inWords(unhealthy)).toBe('health check failed: 2 UNKNOWN: I do not feel well');
    await untilState(under, 'ready', 3);
  });

  test('of a plugin that misses one now and then change nothing', async () => {
    const under = await sandbox.started(fixture('deaf-now-and-then'), {
      pingIntervalMs: 5,
      pingTimeoutMs: 250,
    });
    // It counts its checks in the answers: four answered ones and three missed between them.
    await vi.waitFor(
      async () => expect(Number(await ending(under.lane.aggregate(roundOf('a'))))).toBeGreaterThanOrEqual(7),
      { timeout: 20_000 },
    );
    expect(names(under.states)).toEqual(['launching', 'ready']);
  });
});

describe('a call that cannot reach the plugin', () => {
  test('has it killed, and says so beside how it ended', async () => {
    const under = await sandbox.started(fixture('closes-its-factory'), { pingIntervalMs: 600_000 });
    expect(await ending(under.lane.aggregate(roundOf('a')))).toMatch(/^unavailable: /);
    const unhealthy = await untilState(under, 'unhealthy');
    expect(inWords(unhealthy)).toMatch(
      /^plugin process exited: signal SIGKILL \(the plugin's call failed: (1 CANCELLED|14 UNAVAILABLE): /,
    );
    await untilState(under, 'ready', 3);
  });

  test('leaves the rounds that come next waiting for the next process', async () => {
    const { lane, states } = await sandbox.started(fixture('closes-its-factory'), {
      pingIntervalMs: 600_000,
      laneTimeoutMs: 20_000,
    });
    expect(await ending(lane.aggregate(roundOf('a')))).toMatch(/^unavailable: /);
    // The supervisor does not know yet that the process is gone.
    expect(names(states)).toEqual(['launching', 'ready']);
    await ending(lane.aggregate(roundOf('b')));
    expect(names(states).slice(2, 5)).toEqual(['unhealthy', 'launching', 'ready']);
  });
});

describe('what a plugin does beside', () => {
  test('a megabyte on standard output after the handshake does not block it', async () => {
    const { lane } = await sandbox.started(fixture('prints-a-megabyte'), { laneTimeoutMs: 20_000 });
    expect(await ending(lane.aggregate(roundOf('a')))).toBe('printed');
  });

  test('four megabytes on the stream for standard output do not block it either', async () => {
    const { lane } = await sandbox.started(fixture('prints-through-stdio'), { laneTimeoutMs: 20_000 });
    expect(await ending(lane.aggregate(roundOf('a')))).toBe('taken');
  });

  test('a grandchild in a session of its own is gone with it', async () => {
    const { lane } = await sandbox.started(fixture('detached-grandchild'));
    expect(sandbox.processes()).toHaveLength(2);
    await lane.close();
    await sandbox.expectNothingLeft();
  });
});

describe('close', () => {
  test('may be called at any time, any number of times, and every call waits until nothing is left', async () => {
    const { lane, states } = await sandbox.started(OWN_PLUGIN);
    const left = [lane.close(), lane.close()].map((closing) =>
      closing.then(() => [sandbox.processes(), sandbox.files()]),
    );
    expect(await Promise.all(left)).toEqual([
      [[], []],
      [[], []],
    ]);
    await lane.close();
    expect(names(states)).toEqual(['launching', 'ready', 'closed']);
  });

  test('asks the plugin to shut down: it ends by itself and is not killed', async () => {
    const { lane, states } = await sandbox.started(OWN_PLUGIN, { exitTimeoutMs: 20_000 });
    const [, ready] = states;
    await lane.close();
    expect(ready?.name === 'ready' && (await ready.plugin.exited)).toBe('exit code 0');
  });

  test('kills a plugin that does not', async () => {
    const { lane, states } = await sandbox.started(fixture('ignores-shutdown'), { exitTimeoutMs: 200 });
    const [, ready] = states;
    await lane.close();
    expect(ready?.name === 'ready' && (await ready.plugin.exited)).toBe('signal SIGKILL');
  });

  test('does not wait for a health check that is under way', async () => {
    const { lane, states } = await sandbox.started(fixture('deaf-after-start'), {
      pingIntervalMs: 1,
      pingTimeoutMs: 600_000,
      exitTimeoutMs: 200,
    });
    // Long past the first interval.
    await delay(50);
    await lane.close();
    expect(names(states)).toEqual(['launching', 'ready', 'closed']);
  });

  test('ends a relaunch that is under way', async () => {
    const under = await sandbox.started(fixture('hangs-at-second-start').concat(sandbox.folder), {
      startTimeoutMs: 600_000,
    });
    process.kill(pidOf(await untilState(under, 'ready')), 'SIGKILL');
    await untilState(under, 'launching', 2);
    await vi.waitFor(() => expect(sandbox.processes()).toHaveLength(1));
    await under.lane.close();
    sandbox.remove('started-once');
    await sandbox.expectNothingLeft();
    expect(names(under.states)).toEqual(['launching', 'ready', 'unhealthy', 'launching', 'closed']);
  });

  test('ends a back-off', async () => {
    const under = await sandbox.started(fixture('crash-loop'));
    await untilState(under, 'backingOff');
    await under.lane.close();
    expect(names(under.states).at(-1)).toBe('closed');
  });

  test('in the midst of a death leaves nothing either', async () => {
    const under = await sandbox.started(fixture('crash-loop'));
    await untilState(under, 'unhealthy');
    await under.lane.close();
    await sandbox.expectNothingLeft();
  });
});

test('a closed lane keeps no process alive: the host ends by itself', async () => {
  const script = `
    import { LooppLane } from './dist/loopp/host/lane.js';
    import { HOST_DEFAULTS } from './dist/loopp/host/options.js';
    const [file, ...args] = ${JSON.stringify([process.execPath, ...fixture('well-behaved')])};
    const lane = new LooppLane({ file, args, path: process.env.PATH }, HOST_DEFAULTS, () => {});
    await lane.start();
    await lane.close();
    console.log('closed');`;
  const { path } = sandbox.node([]);
  const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: path, TMPDIR: sandbox.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = host.stdout.setEncoding('utf8').toArray();
  expect(await once(host, 'exit')).toEqual([0, null]);
  expect((await printed).join('')).toBe('closed\n');
});

test('a plugin whose host was killed ends by itself and leaves neither sockets nor folder', async () => {
  const { path } = sandbox.node([]);
  const host = spawn(process.execPath, [...fixture('host'), process.execPath, ...OWN_PLUGIN], {
    env: { PATH: path, TMPDIR: sandbox.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(host.stdout, 'data');
  expect(sandbox.processes()).toHaveLength(2);
  expect(sandbox.sockets()).not.toEqual([]);
  host.kill('SIGKILL');
  await sandbox.expectNothingLeft();
});
