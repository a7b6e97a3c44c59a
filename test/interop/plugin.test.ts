import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch } from '../../loopp/host/launch.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { Round } from '../../src/contract/round.ts';
import { bareEvents } from '../helpers/bare-events.ts';
import { CommandLine, expectSum, joined, lineOf, memberOf, parseJson } from '../helpers/cli.ts';
import type { Ended, Json } from '../helpers/cli.ts';
import { CAPTURES, PROBES, VECTORS, loadRounds } from '../helpers/conformance.ts';
import { GoInterop } from '../helpers/go-interop.ts';

const TIMEOUT_MS = 300_000;
const everything = process.env['SECUREMINT_TEST'] === 'all';

// Building the plugin downloads Go modules, which the plain test run must not.
describe.skipIf(!everything)('our host and a real Go plugin', { timeout: TIMEOUT_MS }, () => {
  const EVM = 'evm.jsonl';
  let go: GoInterop;
  let cli: CommandLine;
  let rounds: readonly Round[];

  beforeAll(async () => {
    go = await GoInterop.build();
    cli = await CommandLine.open();
    rounds = (await loadRounds(CAPTURES[1] ?? '')).filter(isComparable);
    await cli.file(EVM, joined(rounds.map(lineOf)));
  }, TIMEOUT_MS);
  afterEach(async () => {
    expect(await cli.leftovers()).toEqual([]);
  });
  afterAll(async () => {
    await cli.close();
    await go.remove();
  });

  // A busy machine is not what is tested.
  const PATIENCE = ['--lane-timeout-ms', '20000'] as const;

  const runJson = async (...args: readonly string[]): Promise<Json> => {
    const { exitCode, stdout, stderr } = await cli.run(['run', '--json', ...PATIENCE, EVM, ...args]);
    expect({ exitCode, stderr: withoutProgress(stderr) }).toEqual({ exitCode: 0, stderr: '' });
    return parseJson(stdout);
  };

  const verify = (file: string, ...args: readonly string[]): Promise<Ended> =>
    cli.run(['verify', '--lane', 'loopp', ...PATIENCE, file, ...args, '--', go.plugin]);

  test('run: no lane contradicts the other or what was recorded', async () => {
    const report = await runJson('--', go.plugin);
    const { match, ambiguous, ...others } = memberOf(report, 'verdicts');
    expectSum(report);
    expect(Number(match) + Number(ambiguous)).toBe(rounds.length);
    expect(Object.values(others).filter((count) => count !== 0)).toEqual([]);
    expect(report['witness']).toEqual({ checked: rounds.length, contradicted: 0 });
  });

  test.each([CAPTURES[1] ?? '', VECTORS[1] ?? '', PROBES])('verify passes: %s', async (file) => {
    const comparable = (await loadRounds(file)).filter(isComparable);
    const name = await cli.file('verify.jsonl', joined(comparable.map(lineOf)));
    const { exitCode, stdout } = await verify(name, '--json');
    expect(parseJson(stdout)).toEqual({
      rounds: comparable.length,
      passed: comparable.length,
      failed: 0,
      failures: [],
    });
    expect(exitCode).toBe(0);
  });

  test('it ends by itself when asked to', async () => {
    const command = { file: go.plugin, args: [], path: undefined };
    const plugin = await launch(command, HOST_DEFAULTS, new AbortController().signal);
    await plugin.close();
    expect(await plugin.exited).toBe('exit code 0');
  });

  test('a round that it cannot answer is its refusal, no outcome', async () => {
    const solana = (await loadRounds(CAPTURES[1] ?? '')).filter((round) => !isComparable(round)).slice(0, 1);
    const name = await cli.file('solana.jsonl', joined(solana.map(lineOf)));
    const { exitCode, stdout } = await verify(name);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('12 UNIMPLEMENTED');
    expect(stdout).toContain(
      'chainlink-common v0.9.4 does not support what 2025-09 does with a Solana chain',
    );
  });

  test('a plugin that lacks a variable is refused with what it says', async () => {
    const { exitCode, stderr } = await cli.run(['run', EVM, '--', go.plugin, '-require', 'CL_DATABASE_URL']);
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      `securemint-shadow: the plugin \`${go.plugin} -require CL_DATABASE_URL\` could not be started: ` +
        'plugin exited before we could connect: exit code 1\n' +
        'its standard error ended with:\n' +
        '  Failed to start server: failed to parse CL_DATABASE_URL = ""\n',
    );
  });

  test('a plugin that prints 200 KB is not blocked', async () => {
    const report = await runJson('--limit', '20', '--', go.plugin, '-chatter', '200000');
    expect(report['witness']).toEqual({ checked: 20, contradicted: 0 });
  });

  test('a plugin that is killed again and again is launched again; what it held is unavailable', async () => {
    const { exitCode, stdout, stderr } = await cli.run([
      'run',
      '--json',
      ...PATIENCE,
      '--max-lane-errors',
      '900',
      EVM,
      '--',
      go.plugin,
      '-die-after',
      '300',
    ]);
    const report = parseJson(stdout);
    const { match, ambiguous, unavailable } = memberOf(report, 'verdicts');
    expectSum(report);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('plugin process exited: signal SIGKILL');
    expect(Number(unavailable)).toBeGreaterThan(0);
    expect(Number(match)).toBeGreaterThan(300);
    expect(Number(match) + Number(ambiguous) + Number(unavailable)).toBe(rounds.length);
  });
});

const withoutProgress = (stderr: string): string => stderr.replaceAll(/^[0-9]+ %  .*\n/gm, '');

/** Whether chainlink-common v0.9.4 can answer the round. */
const isComparable = (round: Round): boolean => bareEvents(round) !== undefined;
