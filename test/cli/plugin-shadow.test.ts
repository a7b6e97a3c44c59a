import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isWitnessed } from '../../harness/witness.ts';
import type { LooppLane } from '../../loopp/host/lane.ts';
import { callUnary } from '../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../loopp/wire/handshake.ts';
import type { Execution } from '../../loopp/wire/messages.ts';
import { packValues } from '../../loopp/wire/observations.ts';
import { Aggregator, PluginSecureMint } from '../../loopp/wire/services.ts';
import type { Round } from '../../src/contract/round.ts';
import { parseRound } from '../../src/rounds/parse.ts';
import { CommandLine, HAS_PROC, PROGRAM, bundledLines, joined, memberOf, parseJson } from '../helpers/cli.ts';
import type { Json } from '../helpers/cli.ts';
import { Sandbox, refusal, untilState } from '../loopp/host/sandbox.ts';
import type { LaneUnderTest } from '../loopp/host/sandbox.ts';
import { NO_CONFIG, PluginProcess } from '../loopp/plugin/process.ts';

const SHADOW = [...PROGRAM, 'plugin', '--shadow'] as const;

let rounds: readonly Round[];
beforeAll(() => {
  rounds = bundledLines(1200).map((line) => parseRound(line));
});

let sandbox: Sandbox;
let journals: string;
beforeEach(async () => {
  journals = await mkdtemp(join(tmpdir(), 'journals-'));
  sandbox = new Sandbox();
});
afterEach(async () => {
  try {
    await sandbox.end();
  } finally {
    await rm(journals, { recursive: true });
  }
});

type Settings = Readonly<Record<string, string>>;

/** Our own loopp lane as the host of `plugin --shadow`. */
function shadowing(settings: Settings = {}): LaneUnderTest {
  const environment = { TMPDIR: sandbox.folder, SECUREMINT_SHADOW_JOURNAL: journals, ...settings };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return sandbox.lane(sandbox.program('/usr/bin/env', [...assignments, ...SHADOW]), {
    laneTimeoutMs: 10_000,
  });
}

async function started(settings: Settings = {}): Promise<LaneUnderTest> {
  const made = shadowing(settings);
  await made.lane.start();
  return made;
}

function executionOf({ id, f, previousOutcome, observations, config, revision }: Round): Execution {
  return {
    id,
    f,
    previousOutcome: previousOutcome ?? undefined,
    observations: new Map(observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config,
    revision,
  };
}

/** Asks `count` rounds at a time; answers how many were answered as the Go node did. */
async function askAll(lane: LooppLane, asked: readonly Round[], count = 32): Promise<number> {
  let right = 0;
  for (let at = 0; at < asked.length; at += count) {
    const answered = asked.slice(at, at + count).map(async (round) => {
      const outcome = await lane.aggregate(round);
      if (round.witness !== undefined && isWitnessed(round.witness, outcome)) right++;
    });
    await Promise.all(answered);
  }
  return right;
}

/** All lines that were flushed so far. */
async function journalled(): Promise<readonly Json[]> {
  const names = await readdir(journals);
  const texts = await Promise.all(names.map((name) => readFile(join(journals, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).map(parseJson);
}

const untilJournalled = (count: number): Promise<readonly Json[]> =>
  vi.waitFor(
    async () => {
      const lines = await journalled();
      expect(lines.length).toBeGreaterThanOrEqual(count);
      return lines;
    },
    { timeout: 20_000, interval: 50 },
  );

function countedBy(lines: readonly Json[], name: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const key = String(line[name]);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The inner plugin, once it is there. */
async function innerPid(host: LaneUnderTest): Promise<number> {
  const ready = await untilState(host, 'ready');
  const outer = ready.name === 'ready' ? ready.plugin.pid : 0;
  return vi.waitFor(
    () => {
      const inner = sandbox.processes().find((pid) => pid !== outer);
      if (inner === undefined) throw new Error('no inner plugin yet');
      return inner;
    },
    { timeout: 10_000, interval: 10 },
  );
}

describe('stage shadow', () => {
  test('answers as recorded, and journals every round', async () => {
    const { lane } = await started();
    const asked = rounds.slice(0, 400);
    expect(await askAll(lane, asked)).toBe(400);
    const lines = await untilJournalled(400);
    expect(countedBy(lines, 'verdict')).toEqual({ match: 400 });
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set(asked.map(({ id }) => id)));
    expect(lines[0]).toMatchObject({ stage: 'shadow', served: 'legacy', first: 'legacy' });
    await lane.close();
    expect(await journalled()).toHaveLength(400);
  });

  test.skipIf(!HAS_PROC)('answers on while the inner plugin is killed under load', async () => {
    const host = await started();
    await host.lane.aggregate(rounds[0] ?? expect.unreachable());
    const killing = innerPid(host).then((pid) => {
      process.kill(pid, 'SIGKILL');
      return pid;
    });
    expect(await askAll(host.lane, rounds.slice(1, 300), 16)).toBe(299);
    const killed = await killing;
    expect(await askAll(host.lane, rounds.slice(300, 400), 16)).toBe(100);
    await vi.waitFor(async () => expect(await innerPid(host)).not.toBe(killed), { timeout: 10_000 });
    expect(host.states.map(({ name }) => name)).toEqual(['launching', 'ready']);
    expect(Object.keys(countedBy(await untilJournalled(400), 'served'))).toEqual(['legacy']);
  });

  test.skipIf(!HAS_PROC)(
    'answers on while the inner plugin hangs; what waits for it is bounded',
    async () => {
      const host = await started();
      process.kill(await innerPid(host), 'SIGSTOP');
      expect(await askAll(host.lane, rounds, 200)).toBe(1200);
      await host.lane.close();
      const lines = await journalled();
      expect(lines).toHaveLength(1200);
      const reasons = countedBy(lines, 'reason');
      expect(reasons['shadow queue full']).toBeGreaterThan(0);
      expect(reasons['shutting down']).toBeGreaterThan(0);
    },
  );

  test('answers an id that comes again, and compares it only with other bytes', async () => {
    const { lane } = await started();
    const [first = expect.unreachable(), second = expect.unreachable()] = rounds;
    const asked = [first, first, { ...second, id: first.id }];
    for (const round of asked) expect(await askAll(lane, [round])).toBe(1);
    const lines = await untilJournalled(3);
    expect(countedBy(lines, 'verdict')).toEqual({ match: 2, notCompared: 1 });
    expect(countedBy(lines, 'reason')).toMatchObject({ duplicate: 1 });
  });

  test('without a journal that can be written still serves', async () => {
    const { lane } = await started({ SECUREMINT_SHADOW_JOURNAL: `${process.execPath}/journals` });
    expect(await askAll(lane, rounds.slice(0, 20))).toBe(20);
  });
});

describe('stage live', () => {
  test('serves the inner plugin', async () => {
    const { lane } = await started({ SECUREMINT_SHADOW_STAGE: 'live' });
    expect(await askAll(lane, rounds.slice(0, 100))).toBe(100);
    const lines = await untilJournalled(100);
    expect([countedBy(lines, 'served'), countedBy(lines, 'verdict')]).toEqual([
      { loopp: 100 },
      { match: 100 },
    ]);
  });

  test.skipIf(!HAS_PROC)('falls back to the aggregator in process', async () => {
    const host = await started({ SECUREMINT_SHADOW_STAGE: 'live' });
    expect(await askAll(host.lane, rounds.slice(0, 1))).toBe(1);
    process.kill(await innerPid(host), 'SIGSTOP');
    expect(await askAll(host.lane, rounds.slice(1, 9))).toBe(8);
    const lines = await untilJournalled(9);
    expect(lines.filter(({ fallback }) => fallback === true)).toHaveLength(8);
    expect(lines.at(-1)).toMatchObject({ stage: 'live', served: 'legacy', verdict: 'timeout' });
    // The lane's own deadline and no other one ended the rounds.
    const reasons = lines.filter(({ fallback }) => fallback === true).map((line) => memberOf(line, 'loopp'));
    expect(reasons.filter(({ message }) => message === 'the round was given up')).toEqual([]);
  });
});

describe('stages of one lane', () => {
  test.skipIf(!HAS_PROC)('off launches no inner plugin', async () => {
    const { lane } = await started({ SECUREMINT_SHADOW_STAGE: 'off' });
    expect(await askAll(lane, rounds.slice(0, 20))).toBe(20);
    expect(sandbox.processes()).toHaveLength(1);
    expect(countedBy(await untilJournalled(20), 'reason')).toEqual({ stage: 20 });
  });

  test('complete serves the inner plugin alone', async () => {
    const { lane } = await started({ SECUREMINT_SHADOW_STAGE: 'complete' });
    expect(await askAll(lane, rounds.slice(0, 20))).toBe(20);
    expect((await untilJournalled(20))[0]).toMatchObject({ served: 'loopp', reason: 'stage' });
  });

  test('a stage that is none is refused', async () => {
    const error = await refusal(shadowing({ SECUREMINT_SHADOW_STAGE: 'on' }).lane.start());
    expect(error.message).toContain(
      'SECUREMINT_SHADOW_STAGE: expected one of off, shadow, live, complete, got \\"on\\"',
    );
    expect(error.message).toContain('plugin exited before we could connect: exit code 1');
  });
});

/** The value of each series at the plugin's metrics port. */
async function scraped(plugin: PluginProcess): Promise<ReadonlyMap<string, number>> {
  const port = /"metricsPort":(\d+)/.exec(plugin.stderr)?.[1] ?? expect.unreachable();
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('metrics', () => {
  test('have the comparisons beside what every plugin has, from the first scrape on', async () => {
    const { path = '' } = sandbox.node([]);
    const settings = { PATH: path, PLUGIN_UNIX_SOCKET_DIR: journals, CL_PROMETHEUS_PORT: '0' };
    const plugin = new PluginProcess({ ...variables(), ...settings }, SHADOW);
    const { main, broker } = await plugin.connectBroker();
    await vi.waitFor(() => expect(plugin.stderr).toContain('"metricsPort"'));
    const before = await scraped(plugin);
    expect(before.get('securemint_plugin_executions_total')).toBe(0);
    expect(before.get('securemint_shadow_rounds_total{verdict="match"}')).toBe(0);
    expect(before.get('securemint_shadow_parity_rate')).toBe(NaN);
    const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
    const factory = plugin.keep(await broker.dial(factoryId, -1));
    await callUnary(factory, Aggregator.aggregate, { executions: rounds.slice(0, 7).map(executionOf) });
    const after = await vi.waitFor(
      async () => {
        const now = await scraped(plugin);
        expect(now.get('securemint_shadow_rounds_total{verdict="match"}')).toBe(7);
        return now;
      },
      { timeout: 10_000, interval: 50 },
    );
    expect([...before.keys()].filter((series) => !after.has(series))).toEqual([]);
    expect(after.get('securemint_plugin_executions_total')).toBe(7);
    expect(after.get('securemint_shadow_served_total{lane="legacy",stage="shadow"}')).toBe(7);
    expect(after.get('securemint_shadow_lane_duration_seconds_count{lane="loopp"}')).toBe(7);
    expect(after.get('securemint_shadow_plugin_ready')).toBe(1);
    expect(after.get('securemint_shadow_plugin_launches_total')).toBe(1);
    expect(after.get('securemint_shadow_parity_rate')).toBe(1);
    // Inputs are not remembered, which would take ever more memory.
    expect(after.get('securemint_shadow_distinct_inputs')).toBe(NaN);
    expect(after.get('securemint_shadow_parity_lower_bound')).toBe(NaN);
    plugin.kill('SIGTERM');
    await plugin.ended;
    await plugin.end();
  });
});

const variables = (): Settings => ({ ...MAGIC_COOKIES, TMPDIR: sandbox.folder });

describe('the process', () => {
  test('has the handshake line on standard output and the log on standard error', async () => {
    const plugin = new PluginProcess(variables(), SHADOW);
    await plugin.connect();
    plugin.kill('SIGTERM');
    expect(await plugin.ended).toEqual([0, null]);
    expect(plugin.stdout).toMatch(/^1\|0\|unix\|[^\n]+\n$/);
    const messages = plugin.stderr
      .trimEnd()
      .split('\n')
      .map((line) => parseJson(line)['@message']);
    expect(messages).toContain('no journal is written: SECUREMINT_SHADOW_JOURNAL is not set');
    expect(messages).toContain('shadow begins');
    expect(messages.at(-1)).toBe('shadow ends');
    await plugin.end();
  });

  test.skipIf(!HAS_PROC)('that ends has the end of its record, though the inner plugin hangs', async () => {
    const { path = '' } = sandbox.node([]);
    const plugin = new PluginProcess(
      { ...variables(), PATH: path, PLUGIN_UNIX_SOCKET_DIR: journals },
      SHADOW,
    );
    await plugin.connect();
    await vi.waitFor(() => expect(sandbox.sockets()).toHaveLength(2), { timeout: 10_000 });
    for (const pid of sandbox.processes()) if (pid !== plugin.pid) process.kill(pid, 'SIGSTOP');
    // A health check comes every second and is then in flight.
    await delay(1200);
    plugin.kill('SIGTERM');
    expect(await plugin.ended).toEqual([0, null]);
    expect(plugin.stderr).toContain('shadow ends');
    await plugin.end();
    await sandbox.expectNothingLeft();
  });

  test.skipIf(!HAS_PROC)('that is killed takes the inner plugin along', async () => {
    const { path = '' } = sandbox.node([]);
    const plugin = new PluginProcess(
      { ...variables(), PATH: path, PLUGIN_UNIX_SOCKET_DIR: journals },
      SHADOW,
    );
    await plugin.socket();
    // The inner plugin's main connection and its factory's: it has started.
    await vi.waitFor(() => expect(sandbox.sockets()).toHaveLength(2), { timeout: 10_000 });
    plugin.kill('SIGKILL');
    await plugin.ended;
    await sandbox.expectNothingLeft();
  });
});

test('run compares a plugin that shadows as any other', async () => {
  const cli = await CommandLine.open();
  try {
    await cli.file('a.jsonl', joined(bundledLines(30)));
    const { exitCode, stdout } = await cli.run(['run', '--json', 'a.jsonl', '--', ...SHADOW]);
    expect({ exitCode, verdicts: parseJson(stdout)['verdicts'] }).toMatchObject({
      exitCode: 0,
      verdicts: { match: 30 },
    });
    expect(await cli.leftovers()).toEqual([]);
  } finally {
    await cli.close();
  }
});
