import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  CommandLine,
  HAS_PROC,
  bundledLines,
  changed,
  expectSum,
  joined,
  memberOf,
  parseJson,
  until,
} from '../../helpers/cli.ts';
import { fixture } from '../../loopp/host/sandbox.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
  await cli.file('a.jsonl', joined(bundledLines(24)));
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

/** What the oracles have to say of executions that come to nothing is part of an ordinary run. */
const withoutPluginLines = (stderr: string): string => stderr.replaceAll(/^(warn|error): plugin: .*\n/gm, '');

test.each(['2025-07', '2025-09'])('whole rounds of %s agree', async (revision) => {
  const capture = resolve(`examples/don-${revision}.jsonl.gz`);
  const args = ['run', '--ocr3', '--json', '--seed', '1', '--limit', '30', '--out', revision, capture];
  const { exitCode, stdout, stderr } = await cli.run(args);
  const report = parseJson(stdout);
  expect({ exitCode, stderr: withoutPluginLines(stderr) }).toEqual({ exitCode: 0, stderr: '' });
  expect(report).toMatchObject({ rounds: 30, seed: 1, verdicts: { match: 30 } });
  const lines = await cli.lines(`${revision}/journal.jsonl`);
  expect(lines).toHaveLength(30);
  expect(lines[0]).toMatchObject({ verdict: 'match', first: 'loopp', loopp: { sha256: expect.any(String) } });
});

test('a report that the oracles agree on and the control does not is a mismatch', async () => {
  const lying = [process.execPath, ...fixture('lies-in-reports')];
  const { exitCode, stdout } = await cli.run(['run', '--ocr3', 'a.jsonl', '--out', 'lies', '--', ...lying]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^no: mismatch: \d+$/m);
  const found = (await cli.lines('lies/journal.jsonl')).filter(({ verdict }) => verdict === 'mismatch');
  expect(found.length).toBeGreaterThan(10);
  expect(found[0]).toMatchObject({ differences: [{ path: 'reports[0]', kind: 'value' }] });
});

test.each([
  ['query', /: oracle \d: expected a query for execution "[0-9a-f]{64}", got one for none$/],
  [
    'observation',
    /: oracle \d: expected an observation of \d+ values? in \d+ bytes for execution "[0-9a-f]{64}", got one of 0 values in 0 bytes that differs from byte 0$/,
  ],
])('oracles that leave out of their %s what they were given break the protocol', async (part, message) => {
  const lying = [process.execPath, ...fixture('lies-in-a-round'), part];
  const args = ['run', '--ocr3', '--limit', '4', 'a.jsonl', '--out', `lies-${part}`, '--', ...lying];
  const { exitCode, stdout } = await cli.run(args);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^no: protocol: 4$/m);
  expect(stdout).toMatch(/^aggregations: 0 of 0 compared rounds$/m);
  const [line] = await cli.lines(`lies-${part}/journal.jsonl`);
  expect(line).toMatchObject({ verdict: 'protocol', loopp: { message: expect.stringMatching(message) } });
});

test('reports that the oracles keep for themselves are a mismatch', async () => {
  const lying = [process.execPath, ...fixture('lies-in-a-round'), 'transmission'];
  const { exitCode, stdout } = await cli.run(['run', '--ocr3', 'a.jsonl', '--out', 'kept', '--', ...lying]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^no: mismatch: \d+$/m);
  const found = (await cli.lines('kept/journal.jsonl')).find(({ verdict }) => verdict === 'mismatch');
  expect(found).toMatchObject({
    differences: [{ path: 'reports[0].transmitted', kind: 'value', legacy: 'true', loopp: 'false' }],
  });
});

test('rounds that come to nothing on both sides are no agreement', async () => {
  await cli.file('alone.jsonl', joined(bundledLines(3).map((line) => changed(line, { f: 2 }))));
  const sentence = 'expected an aggregation in at least one compared round, got none in 3';
  const text = await cli.run(['run', '--ocr3', 'alone.jsonl']);
  expect(text.exitCode).toBe(1);
  expect(text.stdout).toMatch(/^aggregations: 0 of 3 compared rounds$/m);
  expect(text.stdout.trimEnd().split('\n').at(-1)).toBe(`no: ${sentence}`);
  const { exitCode, stderr } = await cli.run(['run', '--ocr3', '--json', 'alone.jsonl']);
  expect({ exitCode, stderr: withoutPluginLines(stderr) }).toEqual({ exitCode: 1, stderr: `${sentence}\n` });
  // Every oracle says so of every round, and is heard once in a while.
  const heard = stderr.split('\n').filter((line) => line.includes('plugin: insufficient observations'));
  expect(heard.map((line) => / soFar (\d+)/.exec(line)?.[1])).toEqual([undefined, '10']);
});

test('the report says how many rounds came to an aggregation', async () => {
  const { exitCode, stdout } = await cli.run(['run', '--ocr3', 'a.jsonl']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^aggregations: [1-9]\d* of 24 compared rounds$/m);
});

test('rounds that no DON could hold are counted and said', async () => {
  const [first, second, third] = bundledLines(3);
  await cli.file('some.jsonl', joined([first ?? '', changed(second, { f: 20 }), changed(third, { f: 20 })]));
  const { exitCode, stdout, stderr } = await cli.run([
    'run',
    '--ocr3',
    '--json',
    'some.jsonl',
    '--out',
    'some',
  ]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: 'no OCR3 round: 2 rounds, it takes more than 31 oracles\n',
  });
  const report = parseJson(stdout);
  expectSum(report);
  expect(memberOf(report, 'verdicts')).toMatchObject({ match: 1, notCompared: 2 });
  expect((await cli.lines('some/journal.jsonl')).at(-1)).toMatchObject({ reason: 'no OCR3 round' });
});

test('an input without a round that a DON could hold is refused', async () => {
  await cli.file('none.jsonl', changed(bundledLines(1)[0], { f: 20 }));
  const { exitCode, stderr } = await cli.run(['run', '--ocr3', 'none.jsonl']);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr:
      'no OCR3 round: 1 round, it takes more than 31 oracles\n' +
      'securemint-shadow: --ocr3: expected at least one round that OCR3 can hold, got none in 1 round\n',
  });
});

test('a plugin without OCR3 is a protocol error in each round', async () => {
  const plugin = [process.execPath, ...fixture('well-behaved')];
  const args = ['run', '--ocr3', '--json', '--limit', '4', 'a.jsonl', '--', ...plugin];
  const { exitCode, stdout } = await cli.run(args);
  expect({ exitCode, verdicts: memberOf(parseJson(stdout), 'verdicts') }).toMatchObject({
    exitCode: 1,
    verdicts: { protocol: 4 },
  });
});

test("the plugin's warnings and errors are shown", async () => {
  const plugin = [process.execPath, ...fixture('odd-log-lines')];
  const { stderr } = await cli.run(['run', '--ocr3', '--json', '--limit', '1', 'a.jsonl', '--', ...plugin]);
  expect(stderr.split('\n').filter((line) => line.includes('plugin: '))).toEqual([
    'warn: plugin: as it should be (count 3, timestamp 2026-03-01T12:00:00.123456Z)',
    'error: plugin: [ERROR] with a tag',
    String.raw`warn: plugin: [WARN] \u001b[2Jwipes the screen`,
  ]);
});

test.skipIf(!HAS_PROC)('a plugin that is killed is launched again, told and counted', async () => {
  const running = cli.start(['run', '--ocr3', '-', '--json', '--metrics-port', '0']);
  running.child.stdin.write(joined(bundledLines(5)));
  await running.judged(5);
  process.kill(await running.pluginPid(), 'SIGKILL');
  const samples = await until('the next process', async () => {
    const now = await running.metrics();
    const ready = now.get('securemint_shadow_plugin_ready') === 1;
    return ready && now.get('securemint_shadow_plugin_launches_total') === 2 ? now : undefined;
  });
  expect(samples.get('securemint_shadow_plugin_exits_total')).toBe(1);
  running.child.stdin.end(joined(bundledLines(8).slice(5)));
  const { exitCode, stdout, stderr } = await running.ended;
  expect({ exitCode, verdicts: memberOf(parseJson(stdout), 'verdicts') }).toMatchObject({
    exitCode: 0,
    verdicts: { match: 8 },
  });
  expect(stderr).toContain('warn: plugin unhealthy (reason plugin process exited: signal SIGKILL)\n');
});

test('--plant does not go with it', async () => {
  expect(await cli.run(['run', '--ocr3', '--plant', 'lost-report'])).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'securemint-shadow: --plant: expected no lie together with --ocr3, whose answers are no outcomes\n',
  });
});
