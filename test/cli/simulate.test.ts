import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseRound } from '../../src/rounds/parse.ts';
import { CommandLine, HAS_PROC, expectSum, parseJson, until } from '../helpers/cli.ts';
import type { Ended, Running } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

const PROGRESS = /^([0-9]+ % {2})?[0-9,]+ rounds? {2}[0-9,]+\/s\n/gm;

/** A simulation of four rounds of OCR, unless the arguments say otherwise. */
async function simulate(...args: readonly string[]): Promise<Ended> {
  const ended = await cli.run(['simulate', '--rounds', '4', '--seed', '7', ...args]);
  return { ...ended, stderr: ended.stderr.replaceAll(PROGRESS, '') };
}

/** One oracle, in one process, starts fastest. */
const ALONE = ['--oracles', '1'] as const;

const bytesOf = (file: string): Buffer => readFileSync(join(cli.folder, file));

describe.skipIf(!everything)('a simulation', () => {
  beforeAll(async () => {
    expect(await simulate('--out', 'a.jsonl.gz')).toEqual({
      exitCode: 0,
      stdout:
        'chain                                 rounds  with a report\n' +
        '  ethereum-mainnet                         3              2\n' +
        '  ethereum-mainnet-arbitrum-1              3              3\n' +
        '  solana-mainnet                           3              3\n' +
        '\n' +
        'OCR      4 rounds, 1 without anything new, 0 without enough oracles\n' +
        'reports  8 under 24 signatures\n' +
        '\n' +
        '9 rounds in a.jsonl.gz; 4 oracles, f 1, seed 7\n',
      stderr: '',
    });
  });

  test('is the same bytes again, gzipped or not', async () => {
    const { exitCode, stdout } = await simulate('--json', '--out', 'b.jsonl');
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)).toEqual({
      file: 'b.jsonl',
      rounds: 9,
      seed: 7,
      oracles: 4,
      f: 1,
      revision: '2025-09',
      ocrRounds: 4,
      withoutOutcome: 0,
      withoutReport: 1,
      reports: 8,
      signatures: 24,
      refusedObservations: 0,
      refusedSignatures: 0,
      relaunches: 0,
      faults: {},
      chains: {
        '5009297550715157269': { rounds: 3, reports: 2 },
        '4949039107694359620': { rounds: 3, reports: 3 },
        '124615329519749607': { rounds: 3, reports: 3 },
      },
    });
    expect(gunzipSync(bytesOf('a.jsonl.gz'))).toEqual(bytesOf('b.jsonl'));
  });

  test('is a capture: the lanes agree on it, and verify finds no witness in it', async () => {
    const { exitCode, stdout } = await cli.run(['run', 'a.jsonl.gz', '--json', '--out', 'run-a']);
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)).toMatchObject({ rounds: 9, verdicts: { match: 9 } });
    expect(await cli.run(['verify', 'a.jsonl.gz'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'securemint-shadow: a.jsonl.gz: expected rounds with `expect`, got none\n',
    });
  });

  test('keeps a file that is there, unless it is forced', async () => {
    const before = bytesOf('a.jsonl.gz');
    expect(await simulate(...ALONE, '--out', 'a.jsonl.gz')).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'securemint-shadow: --out: expected no file at a.jsonl.gz, got one (--force replaces it)\n',
    });
    expect(bytesOf('a.jsonl.gz')).toEqual(before);
    await cli.file('d.jsonl', 'x'.repeat(1_000_000));
    const { exitCode, stdout } = await simulate(...ALONE, '--out', 'd.jsonl', '--force');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^9 rounds in d\.jsonl; 1 oracle, f 0, seed 7$/m);
    expect((await cli.lines('d.jsonl')).map(({ f }) => f)).toEqual(Array(9).fill(0));
  });

  test('with faults, other chains and oracles, in 2025-07', async () => {
    const don = [
      '--oracles',
      '7',
      '--chains',
      'avalanche-mainnet,4949039107694359620',
      '--revision',
      '2025-07',
    ];
    const faults = ['lying:6', 'duplicated@50', 'byzantine-bytes:0'].flatMap((fault) => ['--fault', fault]);
    const { exitCode, stdout } = await simulate(...don, ...faults, '--out', 'e.jsonl');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^faults {3}lying 4, (duplicated \d, )?byzantine-bytes 4.*; refused: 4 observations and \d+ signatures$/m,
    );
    expect(stdout).toMatch(/^6 rounds in e\.jsonl; 7 oracles, f 2, seed 7$/m);
    const [line = ''] = (await cli.read('e.jsonl')).split('\n');
    const first = parseRound(line);
    expect(first).toMatchObject({ revision: '2025-07', f: 2, workflow: 'securemint-avalanche-mainnet' });
    expect(first.observations).toHaveLength(7);
    expect((await cli.run(['run', 'e.jsonl', '--out', 'run-e'])).exitCode).toBe(0);
  });
});

const why = (rounds: string, unheard: string): string =>
  `securemint-shadow: expected a report in ${rounds} of OCR, got none: ` +
  `the first agrees on blocks alone, and too few oracles could be heard in ${unheard}\n`;

test('a DON without a report writes nothing, and the sentence says why', async () => {
  const { exitCode, stderr } = await simulate(...ALONE, '--fault', 'silent', '--out', 'none.jsonl');
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: why('4 rounds', '4') });
  const first = await simulate(...ALONE, '--rounds', '1', '--out', 'one.jsonl');
  expect(first.stderr).toBe(why('1 round', '0'));
});

test.each([
  [['--rounds', '0'], '--rounds: expected a whole number from 1 to 1,000,000,000, got "0"'],
  [['--f', '2', '--oracles', '6'], '--f: expected less than a third of 6 oracles, got 2'],
  [['--fault', 'silent:4'], '--fault: expected an oracle from 0 to 3, got "silent:4"'],
  [['--revision', '2025-08'], '--revision: expected one of 2025-07, 2025-09, got "2025-08"'],
])('%s is refused before anything starts', async (options, message) => {
  expect(await simulate(...options, '--out', 'never.jsonl')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `securemint-shadow: ${message}\n`,
  });
  expect(existsSync(join(cli.folder, 'never.jsonl'))).toBe(false);
});

test('a file that cannot be written is one sentence', async () => {
  const { exitCode, stderr } = await simulate(...ALONE, '--out', 'no/such/folder.jsonl');
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(
    /^securemint-shadow: --out: expected to write no\/such\/folder\.jsonl, got ENOENT: .*\n$/,
  );
});

/** A simulation without an end that has written some rounds. */
async function endless(file: string): Promise<Running> {
  const running = cli.start(['simulate', '--rounds', '1000000', '--seed', '7', '--out', file]);
  await until(
    'some rounds',
    () => (existsSync(join(cli.folder, file)) && bytesOf(file).length > 0) || undefined,
  );
  return running;
}

describe.skipIf(!everything)('an interruption', () => {
  test('ends the capture after a whole round of OCR', async () => {
    const running = await endless('cut.jsonl');
    running.child.kill('SIGINT');
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/^interrupted: the capture ends there$/m);
    const lines = (await cli.read('cut.jsonl')).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.length % 3).toBe(0);
    const whole = gunzipSync(bytesOf('a.jsonl.gz')).toString().split('\n').slice(0, 9);
    const common = Math.min(lines.length, whole.length);
    expect(common).toBeGreaterThan(0);
    expect(lines.slice(0, common)).toEqual(whole.slice(0, common));
  });

  test('by SIGTERM is the same, and so is one of a gzipped capture', async () => {
    const running = cli.start(['simulate', ...ALONE, '--rounds', '1000000', '--out', 'cut.jsonl.gz']);
    await until('progress', () => /round/.exec(running.stderr)?.[0]);
    running.child.kill('SIGTERM');
    expect((await running.ended).exitCode).toBe(130);
    expect(gunzipSync(bytesOf('cut.jsonl.gz')).toString()).toMatch(/\n$/);
  });

  test.runIf(HAS_PROC)('of the host by SIGKILL leaves no process', async () => {
    const running = await endless('killed.jsonl');
    running.child.kill('SIGKILL');
    await running.ended;
    await until('the plugins to end', async () => {
      const left = (await cli.leftovers()).filter((name) => name.startsWith('process '));
      return left.length === 0 ? true : undefined;
    });
    // Nobody is left who could remove the sockets of a host that was killed.
    for (const name of readdirSync(join(cli.folder, 'tmp')))
      rmSync(join(cli.folder, 'tmp', name), { recursive: true });
  });
});

describe.skipIf(!everything)('run --simulate', () => {
  test('compares both lanes over the rounds of the same simulation', async () => {
    const args = ['run', '--simulate', '4', '--seed', '7', '--json', '--out', 'live'];
    const { exitCode, stdout, stderr } = await cli.run(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report = parseJson(stdout);
    expect(report).toMatchObject({ rounds: 9, seed: 7, verdicts: { match: 9 } });
    expectSum(report);
    const ids = async (file: string): Promise<readonly unknown[]> =>
      (await cli.lines(file)).map(({ id }) => id);
    expect(await ids('live/journal.jsonl')).toEqual(await ids('b.jsonl'));
  });

  test('finds a planted lie, and takes no more rounds than --limit says', async () => {
    const plant = ['--plant', 'block-plus-one', '--limit', '5'];
    const args = ['run', '--simulate', '1000', '--seed', '7', ...plant, '--json', '--out', 'plant'];
    const { exitCode, stdout } = await cli.run(args);
    expect(exitCode).toBe(1);
    // One of them is without a report for its chain.
    expect(parseJson(stdout)).toMatchObject({ rounds: 5, verdicts: { mismatch: 4, match: 1 } });
  });

  test('takes no FILE beside it', async () => {
    expect(await cli.run(['run', '--simulate', '3', 'a.jsonl.gz'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'securemint-shadow: --simulate: expected no FILE beside it, got a.jsonl.gz\n',
    });
  });

  test('ends with Ctrl-C, after what was taken is judged', async () => {
    const running = cli.start(['run', '--simulate', '1000000', '--metrics-port', '0', '--out', 'stopped']);
    await running.judged(9);
    running.child.kill('SIGINT');
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/^interrupted after \d+ rounds: the lanes agree so far$/m);
  });
});
