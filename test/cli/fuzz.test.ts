import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CommandLine, memberOf, parseJson } from '../helpers/cli.ts';
import type { Json } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

describe.skipIf(!everything)('fuzz', () => {
  test('honest lanes agree', async () => {
    const { exitCode, stdout } = await cli.run(['fuzz', '--rounds', '300', '--seed', '3']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}match +[0-9]+\n {2}bothFailedAlike +[0-9]+\n300 generated rounds; seed 3\n/);
    expect(stdout).toContain('\nyes: the lanes agree\n');
  });

  test('as JSON, without a seed: random, and shown', async () => {
    const { exitCode, stdout } = await cli.run(['fuzz', '--rounds', '20', '--json']);
    const { rounds, seed, verdicts, counterexample } = parseJson(stdout);
    expect({ exitCode, rounds, counterexample }).toEqual({
      exitCode: 0,
      rounds: 20,
      counterexample: undefined,
    });
    expect(Number.isSafeInteger(seed)).toBe(true);
    const counts = Object.values(memberOf({ verdicts }, 'verdicts')).map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
  });

  test('finds a planted lie, shrinks it, and run shows it again', async () => {
    const args = ['fuzz', '--seed', '3', '--plant', 'swapped-packing', '--out', 'swapped.jsonl'];
    const { exitCode, stdout } = await cli.run(args);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'swapped.jsonl: npx securemint-shadow run swapped.jsonl --plant swapped-packing\n',
    );
    expect(stdout).toMatch(/\n {2}mismatch\n {4}encodableOutcome\.\S+: another value\n/);
    expect(stdout).toMatch(
      /\nmade smaller to 1 oracle, 1 event, [0-9]+ bytes, asking the lanes [0-9]+ times\n/,
    );
    expect(stdout).toMatch(/\nno: mismatch on round [0-9]+\n$/);
    const lie = await cli.run(['run', 'swapped.jsonl', '--plant', 'swapped-packing', '--out', 'lie']);
    expect(lie.exitCode).toBe(1);
    const truth = await cli.run(['run', 'swapped.jsonl', '--out', 'truth']);
    expect(truth.exitCode).toBe(0);
  });

  test('says the same with the same seed', async () => {
    const limits = ['--rounds', '100', '--max-tries', '300'];
    const plant = ['--plant', 'error-swallowed'];
    const args = ['fuzz', '--seed', '7', ...limits, ...plant, '--json', '--out', 'same.jsonl'];
    const first = await cli.run(args);
    const written = await cli.lines('same.jsonl');
    expect(first.exitCode).toBe(1);
    expect(await cli.run(args)).toMatchObject({ exitCode: 1, stdout: first.stdout });
    const found: Json = memberOf(parseJson(first.stdout), 'counterexample');
    expect(found).toMatchObject({ verdict: 'onlyLegacyFailed', file: 'same.jsonl' });
    expect(written).toEqual([found['round']]);
  });

  test.each([
    [
      ['--plant', 'codec-float'],
      "--plant: expected a lie by which the lanes' answers differ, got codec-float, which only a witness can tell: use " +
        'sensitivity',
    ],
    [
      ['--plant', 'late-answers'],
      "--plant: expected a lie by which the lanes' answers differ, got late-answers, which leaves every answer true: use " +
        'sensitivity',
    ],
    [['--rounds', '0'], '--rounds: expected a whole number from 1 to 1,000,000,000, got "0"'],
  ])('refuses %s', async (args, message) => {
    const { exitCode, stderr } = await cli.run(['fuzz', ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `securemint-shadow: ${message}\n` });
  });

  test('names the file that it cannot write', async () => {
    const args = [
      'fuzz',
      '--seed',
      '3',
      '--max-tries',
      '0',
      '--plant',
      'lost-report',
      '--out',
      'none/a.jsonl',
    ];
    const { exitCode, stderr } = await cli.run(args);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^securemint-shadow: none\/a\.jsonl: expected to write the counterexample there, got /,
    );
    expect(stderr).toContain(': name another file with --out\n');
  });

  test('ends on SIGINT with what it has so far', async () => {
    const running = cli.start(['fuzz', '--rounds', '1000000000', '--seed', '3']);
    await running.pluginPid();
    running.child.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('interrupted: finishing what is in progress');
  });
});
