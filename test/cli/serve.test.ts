import { appendFile, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClientApi } from '../flags/client-api.ts';
import { flagOf } from '../flags/builders.ts';
import { CommandLine, HAS_PROC, bundledLines, joined, memberOf, parseJson } from '../helpers/cli.ts';
import { Served, countedBy, journalled, load, sumOf, unwitnessed } from './served.ts';

const LINES = bundledLines(1200);
const [FIRST = ''] = LINES;

let cli: CommandLine;
beforeEach(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  try {
    expect(await cli.leftovers()).toEqual([]);
  } finally {
    await cli.close();
  }
});

describe('without any configuration', () => {
  test('it starts, off, takes nothing and says so', async () => {
    const running = cli.start(['serve'], { env: { SECUREMINT_SHADOW_HTTP_PORT: '0' } });
    await vi.waitFor(() => expect(running.stderr).toContain('verdicts go to securemint-shadow-out/'), 10_000);
    expect(
      running.stderr
        .replaceAll(/127.0.0.1:[0-9]+/g, 'HERE')
        .split('\n')
        .slice(1, 4),
    ).toEqual([
      'info: serving on http://HERE: POST /v1/rounds, GET /status /metrics /healthz /readyz',
      'info: stage off for every round: no flag is asked (flags.url)',
      'warn: writes are refused: SECUREMINT_SHADOW_TOKEN is not set',
    ]);
    const url = /serving on (http:\S+):/.exec(running.stderr)?.[1] ?? '';
    const refused = await fetch(`${url}/v1/rounds`, { method: 'POST', body: FIRST });
    expect(refused.status).toBe(403);
    const status = parseJson(await (await fetch(`${url}/status`)).text());
    expect(status).toMatchObject({ rounds: 0, plugin: { state: 'idle', launches: 0 }, alarms: {} });
    running.child.kill('SIGTERM');
    const { exitCode, stdout } = await running.ended;
    expect([exitCode, stdout]).toEqual([0, '']);
  });
});

describe('the configuration', () => {
  test('is only checked with --check', async () => {
    await cli.file('good.yaml', 'http: {port: 1}\n');
    await cli.file('bad.yaml', 'http:\n  prot: 1\n');
    expect(await cli.run(['serve', '--check', '--config', 'good.yaml'])).toEqual({
      exitCode: 0,
      stdout: 'good.yaml is fine\n',
      stderr: '',
    });
    const bad = await cli.run(['serve', '--check', '--config', 'bad.yaml']);
    expect([bad.exitCode, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toMatch(
      /^securemint-shadow: bad.yaml:2: http.prot: .*, got "prot": did you mean port\?\n$/,
    );
    expect(await readdir(cli.folder)).not.toContain('securemint-shadow-out');
  });

  test('is printed with what the command line adds, and without secrets', async () => {
    const { exitCode, stdout, stderr } = await cli.run(
      ['serve', '--print-config', '--follow', 'in', '--follow', '-', '--', 'node', 'other.js'],
      { env: { SECUREMINT_SHADOW_TOKEN: 'most-secret', SECUREMINT_SHADOW_HTTP_PROT: '1' } },
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('command:\n    - node\n    - other.js\n');
    expect(stdout).toContain('sources:\n  - kind: follow\n    path: in\n    from: start\n  - kind: stdin\n');
    expect(stdout).not.toContain('most-secret');
    expect(stderr).toContain('warn: SECUREMINT_SHADOW_HTTP_PROT is nothing that serve knows');
  });

  test('with an address that is taken ends the start', async () => {
    const served = await Served.start(cli);
    const port = new URL(served.url).port;
    const second = await cli.run(['serve'], { env: { SECUREMINT_SHADOW_HTTP_PORT: port } });
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain(`127.0.0.1:${port}: expected to listen there, got listen EADDRINUSE`);
    await served.stop();
  });

  test('with a folder that cannot be made ends the start', async () => {
    await cli.file('taken', '');
    const { exitCode, stderr } = await cli.run(['serve'], { env: { SECUREMINT_SHADOW_JOURNAL: 'taken/in' } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('taken/in: expected to make the output folder there, got ENOTDIR');
  });

  test('may carry a token that is none', async () => {
    const { exitCode, stderr } = await cli.run(['serve'], { env: { SECUREMINT_SHADOW_TOKEN: 'two words' } });
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'securemint-shadow: SECUREMINT_SHADOW_TOKEN: expected printable ASCII without spaces, got other characters in it\n',
    );
  });
});

describe('in stage shadow', () => {
  test('a whole capture is answered as the Go nodes did, and every round has its verdict in the journal', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\n' });
    const lines = LINES.slice(0, 400);
    const answers = await load(served, lines, 8);
    expect(answers.map((answer) => answer?.status)).toEqual(lines.map(() => 200));
    expect(await readFile('docs/serve.md', 'utf8')).toContain(`    ${JSON.stringify(answers[0]?.json)}\n`);
    expect(unwitnessed(lines, answers)).toEqual([]);
    const status = await served.settled();
    expect(status).toMatchObject({ rounds: 400, witness: { contradicted: 0 }, counts: { conflicts: 0 } });
    expect(sumOf(memberOf(status, 'verdicts'))).toBe(400);
    expect((await served.stop()).exitCode).toBe(0);
    const journal = await journalled(cli);
    expect(new Set(journal.map(({ id }) => id))).toEqual(new Set(lines.map((line) => parseJson(line)['id'])));
    expect(countedBy(journal, 'decision')).toEqual({ fixed: 400 });
    expect(countedBy(journal, 'verdict')).toEqual({ match: 400 });
  });

  test('a plugin that never starts is told, tried again, and holds nobody up', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\n', args: ['--', 'no-such-plugin'] });
    expect(await served.post(FIRST)).toMatchObject({ status: 200, json: { served: 'legacy' } });
    await vi.waitFor(async () =>
      expect(await served.status()).toMatchObject({
        plugin: { state: 'backingOff', reason: expect.stringContaining('no-such-plugin') as string },
        alarms: { plugin: expect.stringContaining('no-such-plugin') as string },
        verdicts: { unavailable: 1 },
      }),
    );
    const ready = await served.get('/readyz');
    expect(ready).toMatchObject({ status: 200, json: { ready: true, lanes: { legacy: 'ok' } } });
    expect(await readFile('docs/serve.md', 'utf8')).toContain(`    ${JSON.stringify(ready.json)}\n`);
    const { exitCode, stderr } = await served.stop();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('error: the plugin is not started (reason ');
  });

  test.skipIf(!HAS_PROC)('a plugin that is killed is launched again', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\n' });
    await vi.waitFor(
      async () => expect(memberOf(await served.status(), 'plugin')['state']).toBe('ready'),
      10_000,
    );
    process.kill(await served.running.pluginPid(), 'SIGKILL');
    await vi.waitFor(
      async () =>
        expect(memberOf(await served.status(), 'plugin')).toMatchObject({ exits: 1, state: 'ready' }),
      10_000,
    );
    await served.stop();
  });
});

describe('in stage live', () => {
  test.skipIf(!HAS_PROC)('nobody notices when the plugin is killed under load', async () => {
    const served = await Served.start(cli, { config: 'stage: live\nhttp: {roundsPerSecond: 100000}\n' });
    await vi.waitFor(
      async () => expect(memberOf(await served.status(), 'plugin')['state']).toBe('ready'),
      10_000,
    );
    const lines = LINES.slice(0, 1000);
    const loaded = new AbortController();
    const loading = load(served, lines, 16).finally(() => loaded.abort());
    const kills = await killAgainAndAgain(served, loaded.signal);
    const answers = await loading;
    expect(
      countedBy(
        answers.map((answer) => ({ status: answer?.status })),
        'status',
      ),
    ).toEqual({ 200: 1000 });
    expect(unwitnessed(lines, answers)).toEqual([]);
    const status = await served.settled();
    const verdicts = memberOf(status, 'verdicts');
    expect(sumOf(verdicts)).toBe(1000);
    expect(memberOf(status, 'plugin')['exits']).toBe(kills);
    expect(kills).toBeGreaterThan(0);
    const fallbacks = answers.filter((answer) => answer?.json['fallback'] === true).length;
    expect(memberOf(status, 'counts')['fallbacks']).toBe(fallbacks);
    // A plugin that dies takes rounds with it, and a busy machine may be too slow for others.
    const fine = new Set(['match', 'unavailable', 'timeout', 'notCompared']);
    expect(Object.keys(verdicts).filter((key) => !fine.has(key) && verdicts[key] !== 0)).toEqual([]);
    expect((await served.stop()).exitCode).toBe(0);
    expect(await journalled(cli)).toHaveLength(1000);
  });
});

/** Kills the plugin as soon as it is ready, until that is over; answers how often. */
async function killAgainAndAgain(served: Served, over: AbortSignal): Promise<number> {
  let kills = 0;
  // Each kill soon after a launch puts the next launch off for longer.
  while (!over.aborted && kills < 3) {
    process.kill(await served.running.pluginPid(), 'SIGKILL');
    kills++;
    const relaunched = { exits: kills, state: 'ready' };
    await vi.waitFor(
      async () => expect(memberOf(await served.status(), 'plugin')).toMatchObject(relaunched),
      { timeout: 20_000, interval: 20 },
    );
  }
  return kills;
}

describe('in stage complete', () => {
  test('a plugin that is away is the caller to know', async () => {
    const served = await Served.start(cli, { config: 'stage: complete\n', args: ['--', 'no-such-plugin'] });
    await vi.waitFor(async () =>
      expect(memberOf(await served.status(), 'plugin')['state']).toBe('backingOff'),
    );
    const { status, json } = await served.post(FIRST);
    expect(status).toBe(503);
    expect(json).toMatchObject({ lane: 'loopp', laneError: 'unavailable', stage: 'complete' });
    expect(json['detail']).toMatch(/^lane loopp: plugin unavailable: .*no-such-plugin/);
    expect(await served.get('/readyz')).toMatchObject({ status: 503, json: { ready: false } });
    await served.stop();
  });

  test('it serves in a build from which legacy/ is gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'serve-without-legacy-'));
    try {
      const program = await buildWithoutLegacy(folder);
      const served = await Served.start(cli, { config: 'stage: complete\n', program });
      expect(served.running.stderr).toContain('this build has no in-process aggregator');
      await vi.waitFor(async () => expect((await served.get('/readyz')).status).toBe(200), 10_000);
      const answer = await served.post(FIRST);
      expect(answer).toMatchObject({ status: 200, json: { served: 'loopp' } });
      expect(unwitnessed([FIRST], [answer])).toEqual([]);
      expect(await served.get('/readyz')).toMatchObject({
        json: { ready: true, lanes: { legacy: 'the in-process aggregator was removed from this build' } },
      });
      await served.stop();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function buildWithoutLegacy(folder: string): Promise<[string, string]> {
  for (const name of ['src', 'loopp', 'harness', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    await cp(name, join(folder, name), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const wiring = join(folder, 'src/cli/legacy.ts');
  const kept = (await readFile(wiring, 'utf8'))
    .split('\n')
    .filter((line) => !line.includes('legacy/lane.ts'));
  await writeFile(wiring, kept.join('\n'));
  // It writes what it can; whether everything is right is another test's.
  await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
    cwd: folder,
  }).catch(() => undefined);
  return [process.execPath, join(folder, 'dist/src/cli/main.js')];
}

describe('a flag server', () => {
  test('names the stage of each round, and when it is gone for long every round is off', async () => {
    const unleash = await ClientApi.open();
    unleash.answer = { kind: 'flags', flags: [flagOf({ off: 0, shadow: 1000, live: 0, complete: 0 })] };
    try {
      const served = await Served.start(cli, {
        config: 'flags: {refreshMs: 100, ageLimitMs: 1000}\n',
        env: { UNLEASH_URL: unleash.address, UNLEASH_API_TOKEN: 'default:development.secret' },
      });
      await vi.waitFor(() =>
        expect(served.running.stderr).toContain('stage of each round comes from the flag securemint.loopp'),
      );
      expect(await served.post(FIRST)).toMatchObject({ json: { stage: 'shadow' } });
      unleash.answer = { kind: 'flags', flags: [flagOf({ off: 0, shadow: 0, live: 1000, complete: 0 })] };
      await vi.waitFor(
        async () => expect(await served.post(FIRST)).toMatchObject({ json: { stage: 'live' } }),
        10_000,
      );
      await unleash.close();
      await vi.waitFor(
        async () =>
          expect(await served.post(FIRST)).toMatchObject({ json: { stage: 'off', served: 'legacy' } }),
        10_000,
      );
      expect(await served.status()).toMatchObject({
        flag: { kind: 'unleash', polling: 'stale' },
        alarms: { flag: expect.any(String) as string },
      });
      expect(JSON.stringify(await served.status())).not.toContain('secret"');
      await served.settled();
      expect((await served.stop()).exitCode).toBe(0);
      const journal = await journalled(cli);
      const [first, last] = [journal[0], journal.at(-1)];
      expect(first).toMatchObject({
        stage: 'shadow',
        decision: 'variant',
        flagAgeMs: expect.any(Number) as number,
      });
      expect(last).toMatchObject({
        stage: 'off',
        decision: 'stale',
        flagAgeMs: expect.any(Number) as number,
      });
    } finally {
      await unleash.close();
    }
  });

  test('that is not there at the start does not keep the service from serving', async () => {
    const served = await Served.start(cli, {
      env: { UNLEASH_URL: 'http://127.0.0.1:9', UNLEASH_API_TOKEN: 'secret' },
    });
    expect(await served.post(FIRST)).toMatchObject({ status: 200, json: { stage: 'off', served: 'legacy' } });
    expect(await served.status()).toMatchObject({
      flag: { polling: 'waiting' },
      counts: { decisions: { 'never read': 1 } },
      alarms: { flag: expect.stringContaining('127.0.0.1:9') as string },
    });
    expect((await served.get('/readyz')).status).toBe(200);
    await served.stop();
  });
});

describe('other sources', () => {
  test('are a file that grows, a folder of captures, and standard input', async () => {
    await cli.file('grows.jsonl', joined(LINES.slice(0, 10)));
    await mkdir(join(cli.folder, 'in'));
    await cli.file('in/a.jsonl.gz', gzipSync(joined(LINES.slice(10, 20))));
    const args = ['--follow', 'grows.jsonl', '--follow', 'in', '--follow', '-'];
    const served = await Served.start(cli, { config: 'stage: shadow\n', args });
    served.running.child.stdin.end(joined([...LINES.slice(20, 30), 'nonsense']));
    await appendFile(join(cli.folder, 'grows.jsonl'), joined(LINES.slice(30, 40)));
    await cli.file('in/b.jsonl', joined(LINES.slice(40, 50)));
    await vi.waitFor(
      async () => expect(await served.status()).toMatchObject({ rounds: 50, pending: 0 }),
      10_000,
    );
    expect(await served.status()).toMatchObject({
      verdicts: { match: 50 },
      sources: [
        { kind: 'follow', name: 'grows.jsonl', state: 'running', rounds: 20, refused: 0 },
        { kind: 'follow', name: 'in', state: 'running', rounds: 20, refused: 0 },
        { kind: 'stdin', name: 'standard input', state: 'ended', rounds: 10, refused: 1 },
      ],
    });
    const { exitCode, stderr } = await served.stop();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('refused: standard input:11: line: expected a JSON object, got invalid JSON');
    expect(await journalled(cli)).toHaveLength(50);
  });
});
