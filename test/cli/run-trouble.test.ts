import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { STAGES } from '../../src/contract/stage.ts';
import { DIFFERENCE_FIELDS } from '../../harness/difference-fields.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import {
  CommandLine,
  HAS_PROC,
  PROGRAM,
  bundledLines,
  changed,
  expectSum,
  joined,
  memberOf,
  parseJson,
  steady,
  sumOfRounds,
  until,
} from '../helpers/cli.ts';
import type { Running } from '../helpers/cli.ts';
import { fixture } from '../loopp/host/sandbox.ts';

const [, MAIN] = PROGRAM;
const LINES = bundledLines(200);

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

/** Keeps standard input full of rounds, each with an id of its own, until told to stop. */
function feed({ child }: Running): { stop(): void } {
  let block = 0;
  const more = (): void => {
    while (child.stdin.writable && child.stdin.write(blockOf(block++)));
  };
  child.stdin.on('drain', more);
  more();
  return { stop: () => child.stdin.off('drain', more) };
}

const blockOf = (block: number): string =>
  joined(LINES.map((line, index) => changed(line, { id: `${String(block)}-${String(index)}` })));

describe('a plugin command', () => {
  test.each([
    [['/bin/true'], 'plugin exited before we could connect: exit code 0'],
    [['./nothing'], 'exec: "./nothing": no such file or directory'],
    [['echo', 'hello'], 'Unrecognized remote plugin message: hello'],
  ])('%s that is no plugin is refused with a sentence', async (command, reason) => {
    for (const args of [['run'], ['verify', 'nowhere.jsonl']]) {
      const { exitCode, stdout, stderr } = await cli.run([...args, '--', ...command]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toContain(
        `securemint-shadow: the plugin \`${command.join(' ')}\` could not be started: ${reason}`,
      );
      expect(stderr).toMatch(/^[^\n]+\n$/);
    }
  });

  test('that is missing is wrong usage', async () => {
    expect(await cli.run(['run', '--'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'securemint-shadow: expected the plugin command after --, got nothing\n',
    });
  });

  test('--verbose shows where a refusal comes from', async () => {
    const { exitCode, stderr } = await cli.run(['run', '--verbose', '--', './nothing']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/\n {4}at /);
  });

  test('may be the product itself', async () => {
    const { exitCode, stdout } = await cli.run(
      ['run', '-', '--json', '--', process.execPath, MAIN, 'plugin'],
      { stdin: joined(LINES.slice(0, 5)) },
    );
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)).toMatchObject({
      rounds: 5,
      versions: { loopp: `${process.execPath} ${MAIN} plugin` },
    });
  });
});

describe.skipIf(!HAS_PROC)('a plugin that is killed', () => {
  test('costs the rounds that it had, and is launched again', async () => {
    const running = cli.start(['run', '-', '--json', '--out', 'killed', '--metrics-port', '0']);
    const feeding = feed(running);
    await running.judged(100);
    process.kill(await running.pluginPid(), 'SIGKILL');
    feeding.stop();
    const samples = await until('rounds after the relaunch', async () => {
      const now = await running.metrics();
      const ready = now.get('securemint_shadow_plugin_ready') === 1;
      return ready && now.get('securemint_shadow_plugin_launches_total') === 2 ? now : undefined;
    });
    expect(samples.get('securemint_shadow_plugin_exits_total')).toBe(1);
    running.child.stdin.end(joined(bundledLines(210).slice(200)));
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('signal SIGKILL');
    const report = parseJson(stdout);
    expectSum(report);
    const { match, unavailable } = memberOf(report, 'verdicts');
    expect(Number(unavailable)).toBeGreaterThan(0);
    expect(Number(unavailable)).toBeLessThanOrEqual(64);
    expect(Number(match) + Number(unavailable)).toBe(report['rounds']);
    const journal = await cli.lines('killed/journal.jsonl');
    expect(journal).toHaveLength(Number(report['rounds']));
    expect(journal.slice(-10).map((line) => line['verdict'])).toEqual(Array(10).fill('match'));
  });

  test('is fine with --max-lane-errors', async () => {
    const args = ['run', '-', '--metrics-port', '0', '--max-lane-errors', '64'];
    const running = cli.start(args);
    const feeding = feed(running);
    await running.judged(100);
    process.kill(await running.pluginPid(), 'SIGKILL');
    feeding.stop();
    running.child.stdin.end();
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\n {2}unavailable +[1-9][0-9]*\n/);
    expect(stdout).toMatch(/\nyes: the lanes agree\n$/);
  });
});

test('a plugin that answers no round in time is no agreement, however many lane errors are fine', async () => {
  const line = changed(LINES[0], { id: 'late' });
  await cli.file('late.jsonl', joined([line, line, line]));
  const options = ['--lane-timeout-ms', '100', '--max-lane-errors', '3'];
  const late = [process.execPath, ...fixture('answers-late')];
  const { exitCode, stdout } = await cli.run(['run', 'late.jsonl', ...options, '--', ...late]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/\n {2}timeout +1\n/);
  expect(stdout).toMatch(/\n {2}notCompared +2\n/);
  expect(stdout).toMatch(/\nno: no round was compared\n$/);
});

describe('Ctrl-C', () => {
  test('finishes the journal and prints the report so far', async () => {
    const running = cli.start(['run', '-', '--out', 'interrupted', '--metrics-port', '0']);
    running.child.stdin.write(joined(LINES.slice(0, 20)));
    await running.judged(20);
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/\ninterrupted: finishing what is in progress; once more ends at once\n$/);
    expect(stdout).toMatch(/^verdict\n {2}match +20\n/);
    expect(steady(stdout)).toMatch(
      /\njournal and report in interrupted; seed N\ninterrupted after 20 rounds: the lanes agree so far\n$/,
    );
    expect(await cli.lines('interrupted/journal.jsonl')).toHaveLength(20);
    expect(parseJson(await cli.read('interrupted/report.json'))['rounds']).toBe(20);
  });

  test('in the middle of it all loses no verdict', async () => {
    const running = cli.start(['run', '-', '--json', '--out', 'middle', '--metrics-port', '0']);
    const feeding = feed(running);
    await running.judged(100);
    running.child.kill('SIGINT');
    const { exitCode, stdout } = await running.ended;
    feeding.stop();
    expect(exitCode).toBe(130);
    const report = parseJson(stdout);
    expectSum(report);
    expect(memberOf(report, 'verdicts')['match']).toBe(report['rounds']);
    expect(await cli.lines('middle/journal.jsonl')).toHaveLength(Number(report['rounds']));
  });

  test('before the first round', async () => {
    const running = cli.start(['run', '-', '--metrics-port', '0']);
    await running.metrics();
    running.child.kill('SIGTERM');
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/\ninterrupted before the first round\n$/);
  });

  test.skipIf(!HAS_PROC)('twice ends at once', async () => {
    const running = cli.start(['run', '-', '--metrics-port', '0', '--lane-timeout-ms', '60000']);
    await running.metrics();
    process.kill(await running.pluginPid(), 'SIGSTOP');
    running.child.stdin.write(joined(LINES.slice(0, 5)));
    running.child.kill('SIGINT');
    await until('the first one', () => running.stderr.includes('interrupted: ') || undefined);
    expect(running.child.exitCode).toBe(null);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ exitCode: 130, stdout: '' });
  });

  test.skipIf(!HAS_PROC).each([
    ['run', '-'],
    ['run', '--ocr3', '-'],
    ['verify', '-'],
  ])('during a slow start ends at once: %s %s', async (...command) => {
    const never = [process.execPath, ...fixture('never-answers')];
    const running = cli.start([...command, '--start-timeout-ms', '600000', '--', ...never]);
    await running.pluginPid();
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual({
      exitCode: 130,
      stdout: '',
      stderr: 'interrupted: finishing what is in progress; once more ends at once\n',
    });
    expect(await cli.leftovers()).toEqual([]);
  });

  test('ends verify too', async () => {
    const running = cli.start(['verify', '-', '--verbose']);
    await until('the plugin', () => running.stderr.includes('plugin ready') || undefined);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({
      exitCode: 130,
      stdout: 'loopp: 0 of 0 rounds answered as the Go node did\n',
    });
  });
});

describe('--metrics-port', () => {
  test('serves every series from the start', async () => {
    const running = cli.start(['run', '-', '--metrics-port', '0']);
    const before = await running.metrics();
    const lanes = ['legacy', 'loopp'];
    const expected = [
      ...VERDICT_KEYS.map((verdict) => `rounds_total{verdict="${verdict}"}`),
      'order_dependent_matches_total',
      ...DIFFERENCE_FIELDS.flatMap((field) =>
        ['missing', 'extra', 'type', 'value', 'order'].map(
          (kind) => `differences_total{field="${field}",kind="${kind}"}`,
        ),
      ),
      ...lanes.flatMap((lane) => [
        ...STAGES.map((stage) => `served_total{lane="${lane}",stage="${stage}"}`),
        `lane_duration_seconds_count{lane="${lane}"}`,
        ...['agrees', 'contradicts'].map((result) => `witness_total{lane="${lane}",result="${result}"}`),
        ...['timeout', 'unavailable', 'protocol'].map(
          (error) => `lane_errors_total{lane="${lane}",error="${error}"}`,
        ),
      ]),
      'fallbacks_total',
      'refused_lines_total',
      'distinct_inputs',
      'plugin_exits_total',
    ].map((series) => `securemint_shadow_${series}`);
    expect(expected.filter((series) => before.get(series) !== 0)).toEqual([]);
    expect(before.get('securemint_shadow_parity_rate')).toBe(NaN);
    expect(before.get('securemint_shadow_parity_lower_bound')).toBe(NaN);
    expect(before.get('securemint_shadow_plugin_ready')).toBe(1);
    expect(before.get('securemint_shadow_plugin_launches_total')).toBe(1);

    running.child.stdin.write(joined(LINES.slice(0, 20)));
    await running.judged(20);
    const after = await running.metrics();
    expect(ofNoChain(after)).toEqual(ofNoChain(before));
    expect(after.get('securemint_shadow_rounds_total{verdict="match"}')).toBe(20);
    expect(sumOfRounds(after)).toBe(20);
    expect(after.get('securemint_shadow_parity_rate')).toBe(1);
    expect(after.get('securemint_shadow_parity_lower_bound')).toBeCloseTo(0.05 ** (1 / 20), 12);
    expect(after.get('securemint_shadow_witness_total{lane="loopp",result="agrees"}')).toBe(20);
    expect(after.get('securemint_shadow_lane_duration_seconds_count{lane="loopp"}')).toBe(20);
    running.child.stdin.end();
    expect((await running.ended).exitCode).toBe(0);
  });

  test('that is taken ends the run', async () => {
    const first = cli.start(['run', '-', '--metrics-port', '0']);
    await first.metrics();
    const port = /:([0-9]+)\//.exec(first.stderr)?.[1] ?? '';
    expect(await cli.run(['run', '-', '--json', '--metrics-port', port])).toMatchObject({
      exitCode: 3,
      stderr: `securemint-shadow: 127.0.0.1:${port}: expected to listen there, got listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    });
    first.child.kill('SIGINT');
    await first.ended;
  });
});

/** Series of a chain come with its first round. */
function ofNoChain(series: ReadonlyMap<string, number>): ReadonlySet<string> {
  return new Set([...series.keys()].filter((name) => !name.includes('chain_rounds_total')));
}
