import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { parseRound } from '../../src/rounds/parse.ts';
import {
  CommandLine,
  PROGRAM,
  bundledLines,
  changed,
  expectSum,
  joined,
  memberOf,
  parseJson,
  steady,
} from '../helpers/cli.ts';
import manifest from '../../package.json' with { type: 'json' };

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
  await cli.file('a.jsonl', joined(bundledLines(20).slice(0, 12)));
  await cli.file('b.jsonl', joined(bundledLines(20).slice(12)));
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

const ms = expect.any(Number);
const latency = (count: number): unknown => ({ count, p50Ms: ms, p90Ms: ms, p99Ms: ms, maxMs: ms });
const paired = (count: number): unknown => ({ count, medianMs: ms, meanMs: ms, lowMs: ms, highMs: ms });

describe('run', () => {
  test('compares the bundled capture and says yes', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['run']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "verdict
        match                       1,200
        mismatch                        0
        ambiguous                       0
        bothFailedAlike                 0
        bothFailedDifferently           0
        onlyLegacyFailed                0
        onlyLooppFailed                 0
        timeout                         0
        unavailable                     0
        protocol                        0
        notCompared                     0
        rounds                      1,200   1,200 distinct inputs, of which order dependent: 38

      parity  100 %, at least 99.7506 % with 95 % confidence over 1,200 distinct inputs (29,956 would show 99.99 %)
      witness every lane agrees with the Go node's answer on 1,200 rounds

      latency            p50       p90       p99       max   64 rounds in progress
        legacy _ ms _ ms _ ms _ ms
        loopp _ ms _ ms _ ms _ ms
        paired    loopp minus legacy: median _ ms, mean _ ms, 95 % interval _ ms to _ ms

      journal and report in securemint-shadow-out/TIME; seed N
      yes: the lanes agree
      "
    `);
  });

  test('--json prints the report and nothing else', async () => {
    const { exitCode, stdout } = await cli.run(['run', '--json', '--seed', '7', 'a.jsonl']);
    expect(exitCode).toBe(0);
    const report = parseJson(stdout);
    expect(stdout).toBe(`${JSON.stringify(report)}\n`);
    expect(report).toEqual({
      rounds: 12,
      distinct: 12,
      verdicts: { ...Object.fromEntries(VERDICT_KEYS.map((key) => [key, 0])), match: 12 },
      orderDependent: expect.any(Number),
      parity: { rate: 1, lowerBound: expect.closeTo(0.05 ** (1 / 12), 12) },
      witness: { checked: 12, contradicted: 0 },
      latency: { legacy: latency(12), loopp: latency(12), paired: paired(12) },
      refused: 0,
      concurrency: 64,
      seed: 7,
      versions: {
        product: manifest.version,
        node: process.version,
        loopp: 'securemint-shadow plugin',
        plant: 'none',
      },
    });
  });

  test('takes several files, gzipped or not, and standard input', async () => {
    await cli.file('b.jsonl.gz', gzipSync(await cli.read('b.jsonl')));
    const { exitCode, stdout } = await cli.run(['run', '--json', 'a.jsonl', '-', 'b.jsonl.gz'], {
      stdin: joined(bundledLines(25).slice(20)),
    });
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)['rounds']).toBe(25);
  });

  test('--seed draws which lane is asked first, the same each time', async () => {
    let runs = 0;
    const firstLanes = async (seed: string): Promise<string> => {
      const out = `seed-${String(++runs)}`;
      expect((await cli.run(['run', 'a.jsonl', '--seed', seed, '--out', out])).exitCode).toBe(0);
      return (await cli.lines(`${out}/journal.jsonl`)).map((line) => line['first']).join(' ');
    };
    const first = await firstLanes('5');
    expect(first).toMatch(/^(?=.*legacy)(?=.*loopp)/);
    expect(await firstLanes('5')).toBe(first);
    expect(await firstLanes('6')).not.toBe(first);
  });

  test('--limit takes the first rounds, from standard input that stays open too', async () => {
    const running = cli.start(['run', '--json', '--limit', '3', '-']);
    running.child.stdin.write(joined(bundledLines(5)));
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)['rounds']).toBe(3);
  });

  test('--concurrency 1 asks one round at a time', async () => {
    const { exitCode, stdout } = await cli.run(['run', '--json', '--concurrency', '1', 'a.jsonl']);
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)['rounds']).toBe(12);
  });

  test('has no escape codes where there is no terminal', async () => {
    for (const env of [{}, { NO_COLOR: '1' }]) {
      const { stdout, stderr } = await cli.run(['run', 'a.jsonl', '--plant', 'lost-report'], { env });
      expect(stdout).toContain('mismatch');
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });

  test('whose reader leaves early still tells the answer by its exit code', async () => {
    for (const [plant, expected] of [
      [[], 0],
      [['--plant', 'lost-report'], 1],
    ] as const) {
      const running = cli.start(['run', 'a.jsonl', ...plant]);
      running.child.stdout.destroy();
      expect(await running.ended).toEqual({ exitCode: expected, stdout: '', stderr: '' });
    }
  });

  test.skipIf(!existsSync('/dev/full'))('says when standard output cannot be written', async () => {
    const ended = await cli.run(['-c', 'exec "$@" > /dev/full', 'sh', ...PROGRAM, 'run', 'a.jsonl'], {
      program: ['sh'],
    });
    expect(ended).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        'securemint-shadow: standard output: expected to write there, got ENOSPC: no space left on device, write\n',
    });
  });
});

describe('the output folder', () => {
  test('is named by the time, and latest points to the last one', async () => {
    const fresh = await CommandLine.open();
    await fresh.file('a.jsonl', joined(bundledLines(2)));
    const seen: string[] = [];
    for (let run = 0; run < 2; run++) {
      const { stdout } = await fresh.run(['run', 'a.jsonl']);
      const folder = /^journal and report in securemint-shadow-out\/([^;]+);/m.exec(stdout)?.[1] ?? '';
      expect(folder).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/);
      expect(await readlink(join(fresh.folder, 'securemint-shadow-out/latest'))).toBe(folder);
      expect(await readdir(join(fresh.folder, 'securemint-shadow-out/latest'))).toEqual([
        'journal.jsonl',
        'report.json',
      ]);
      seen.push(folder);
    }
    expect((await readdir(join(fresh.folder, 'securemint-shadow-out'))).toSorted()).toEqual([
      ...seen,
      'latest',
    ]);
    await fresh.close();
  });

  test('--out names it, and what it holds is never written over', async () => {
    const first = await cli.run(['run', 'a.jsonl', '--out', 'chosen/here']);
    expect(first.exitCode).toBe(0);
    const journal = await cli.read('chosen/here/journal.jsonl');
    expect(await cli.run(['run', 'b.jsonl', '--out', 'chosen/here'])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        'securemint-shadow: chosen/here/journal.jsonl: expected to write the journal there, ' +
        "got EEXIST: file already exists, open 'chosen/here/journal.jsonl'\n",
    });
    expect(await cli.read('chosen/here/journal.jsonl')).toBe(journal);
    expect(await cli.run(['run', 'b.jsonl', '--out', 'a.jsonl'])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        'securemint-shadow: a.jsonl: expected to make the output folder there, ' +
        "got EEXIST: file already exists, mkdir 'a.jsonl'\n",
    });
  });

  test('holds the report that --json prints', async () => {
    const { stdout } = await cli.run(['run', 'a.jsonl', '--json', '--out', 'json', '--plant', 'lost-report']);
    expect(parseJson(await cli.read('json/report.json'))).toEqual(parseJson(stdout));
  });

  test('that fills up ends the run, which still reports what it judged', async () => {
    // In blocks of 512 bytes or 1 KiB, whatever this shell takes: far less than 200 whole rounds.
    await cli.file('many.jsonl', joined(bundledLines(200)));
    const args = ['run', 'many.jsonl', '--plant', 'lost-report', '--json', '--out', 'full'];
    const { exitCode, stdout, stderr } = await cli.run(
      ['-c', 'ulimit -f 16; exec "$@"', 'sh', ...PROGRAM, ...args],
      { program: ['sh'] },
    );
    expect(stderr).toBe(
      'securemint-shadow: full/journal.jsonl: expected to write the journal there, got EFBIG: file too large, write\n',
    );
    expect(exitCode).toBe(3);
    expectSum(parseJson(stdout));
  });
});

describe('the journal', () => {
  test('keeps digests of a match', async () => {
    await cli.run(['run', 'a.jsonl', '--limit', '1', '--seed', '0', '--out', 'matches']);
    const observed = { ns: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
    const [line] = await cli.lines('matches/journal.jsonl');
    expect(line).toEqual({
      schema: 1,
      at: expect.any(Number),
      id: '6d2d692fce04d88ed305c99d62e31b26dd26294edd515c91e68125cf38305d9d',
      workflow: expect.any(String),
      revision: '2025-09',
      input: expect.stringMatching(/^[0-9a-f]{64}$/),
      verdict: 'match',
      stage: 'shadow',
      served: 'legacy',
      first: expect.stringMatching(/^(legacy|loopp)$/),
      legacy: observed,
      loopp: observed,
      witness: { legacy: true, loopp: true },
    });
    expect(memberOf(line, 'loopp')['sha256']).toBe(memberOf(line, 'legacy')['sha256']);
  });

  test('keeps a mismatch whole: the round, both answers and how they differ', async () => {
    await cli.run(['run', 'a.jsonl', '--plant', 'block-plus-one', '--out', 'mismatches']);
    const lines = await cli.lines('mismatches/journal.jsonl');
    const inputs = (await cli.read('a.jsonl')).split('\n');
    expect(lines.map((line) => line['id'])).toEqual(bundledLines(12).map((line) => parseRound(line).id));
    const [line] = lines;
    expect(line).toMatchObject({
      verdict: 'mismatch',
      differences: [
        {
          path: 'encodableOutcome.Reports[0].Answer',
          kind: 'value',
          legacy: 'block 22480116, mintable 91402777000000000000457724',
          loopp: 'block 22480117, mintable 91402777000000000000457724',
        },
      ],
      witness: { legacy: true, loopp: false },
    });
    const answer = { ns: expect.any(Number), outcome: expect.stringMatching(/^[A-Za-z0-9+/]{100,}=*$/) };
    expect(line).toMatchObject({ legacy: answer, loopp: answer });
    expect(parseRound(JSON.stringify(line?.['round']))).toEqual(parseRound(inputs[0] ?? ''));
  });

  test('keeps the answers of a match that the witness contradicts', async () => {
    const lie = { expect: { results: [{ error: 'no such answer' }] } };
    await cli.file('lie.jsonl', changed(bundledLines(1)[0], lie));
    const { exitCode, stdout } = await cli.run(['run', 'lie.jsonl', '--out', 'contradicted']);
    expect(exitCode).toBe(1);
    expect(steady(stdout).split('\n').slice(-11)).toMatchInlineSnapshot(`
      [
        "",
        "findings",
        "  match, witness contradicted: round 6d2d692fce04d88ed305c99d62e31b26dd26294edd515c91e68125cf38305d9d (all oracles agree), ethereum-mainnet, 2025-09",
        "      legacy   encodableOutcome.Reports[0].Answer block 22480116, mintable 91402777000000000000457724; encodableOutcome.Reports[0].DataID 0x01c50800000000000000000000000001; encodableOutcome.Reports[0].Timestamp 41; metadata 0x29; shouldReport true; lastSeenAt 41",
        "      loopp    encodableOutcome.Reports[0].Answer block 22480116, mintable 91402777000000000000457724; encodableOutcome.Reports[0].DataID 0x01c50800000000000000000000000001; encodableOutcome.Reports[0].Timestamp 41; metadata 0x29; shouldReport true; lastSeenAt 41",
        "    the Go node answered otherwise",
        "      Go node  error: no such answer",
        "",
        "journal and report in contradicted; seed N",
        "no: witness contradicted: 1",
        "",
      ]
    `);
    const [line] = await cli.lines('contradicted/journal.jsonl');
    expect(line).toMatchObject({
      verdict: 'match',
      witness: { legacy: false, loopp: false },
      legacy: { outcome: expect.any(String) },
      loopp: { outcome: expect.any(String) },
      round: { id: line?.['id'], ...lie },
    });
  });
});

describe('a planted lie is found', () => {
  const ANSWER = 'encodableOutcome.Reports[0].Answer';

  test('block-plus-one', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['run', 'a.jsonl', '--plant', 'block-plus-one']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "verdict
        match                           1
        mismatch                       11
        ambiguous                       0
        bothFailedAlike                 0
        bothFailedDifferently           0
        onlyLegacyFailed                0
        onlyLooppFailed                 0
        timeout                         0
        unavailable                     0
        protocol                        0
        notCompared                     0
        rounds                         12   12 distinct inputs

      parity  8.3333 %, at least 0.4265 % with 95 % confidence over 12 distinct inputs
      witness 11 of 12 rounds contradict the Go node's answer

      latency            p50       p90       p99       max   64 rounds in progress
        legacy _ ms _ ms _ ms _ ms
        loopp _ ms _ ms _ ms _ ms
        paired    loopp minus legacy: median _ ms, mean _ ms, 95 % interval _ ms to _ ms

      the first 5 of 11 findings (the journal has all)
        mismatch, witness contradicted: round 6d2d692fce04d88ed305c99d62e31b26dd26294edd515c91e68125cf38305d9d (all oracles agree), ethereum-mainnet, 2025-09
          encodableOutcome.Reports[0].Answer: another value
            legacy   block 22480116, mintable 91402777000000000000457724
            loopp    block 22480117, mintable 91402777000000000000457724
          the Go node answered as legacy did
        mismatch, witness contradicted: round 378be93e46825b6bee26103341b3d2d6a41754b5e01dee4dfc8272c1985fc71e (one oracle silent), ethereum-mainnet-arbitrum-1, 2025-09
          encodableOutcome.Reports[0].Answer: another value
            legacy   block 331220489, mintable 4120033000000000000848357
            loopp    block 331220490, mintable 4120033000000000000848357
          the Go node answered as legacy did
        mismatch, witness contradicted: round 9754ba83a9ea6d20d0d284230ca82de999b14ee3652a4ff801e4adfa736bd3b1 (all oracles agree), solana-devnet, 2025-09
          encodableOutcome.payload[0].answer: another value
            legacy   block 391020148, mintable 77124348379
            loopp    block 391020149, mintable 77124348379
          the Go node answered as legacy did
        mismatch, witness contradicted: round 3154c76e8d70a0fdb7c5aaca483e5aa95eb6163df5946a101001f228f77ee31d (events of every chain in each list), ethereum-mainnet, 2025-09
          encodableOutcome.Reports[0].Answer: another value
            legacy   block 22480118, mintable 91402777000000000000633198
            loopp    block 22480119, mintable 91402777000000000000633198
          the Go node answered as legacy did
        mismatch, witness contradicted: round b05f25bf534a4e759b2a0bef488f93d0ee8fa8e32aabf7edb6d4a4841ee98dc0 (all oracles agree), ethereum-mainnet-arbitrum-1, 2025-09
          encodableOutcome.Reports[0].Answer: another value
            legacy   block 331220538, mintable 4120033000000000001923855
            loopp    block 331220539, mintable 4120033000000000001923855
          the Go node answered as legacy did

      journal and report in securemint-shadow-out/TIME; seed N
      no: mismatch: 11; witness contradicted: 11
      "
    `);
  });

  test('swapped-packing', async () => {
    const { exitCode, stdout } = await cli.run(['run', 'a.jsonl', '--plant', 'swapped-packing']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`    ${ANSWER}: another value\n`);
    expect(stdout).toContain('      legacy   block 22480116, mintable 91402777000000000000457724\n');
    expect(stdout).toMatch(/\nno: mismatch: 11; witness contradicted: 11\n$/);
  });

  test('lost-report', async () => {
    const { exitCode, stdout } = await cli.run(['run', 'a.jsonl', '--plant', 'lost-report', '--limit', '1']);
    expect(exitCode).toBe(1);
    expect(stdout.slice(stdout.indexOf('findings'), stdout.indexOf('journal and'))).toMatchInlineSnapshot(`
      "findings
        mismatch, witness contradicted: round 6d2d692fce04d88ed305c99d62e31b26dd26294edd515c91e68125cf38305d9d (all oracles agree), ethereum-mainnet, 2025-09
          encodableOutcome: only legacy has it
            legacy   Reports[0].Answer: block 22480116, mintable 91402777000000000000457724; Reports[0].DataID: 0x01c50800000000000000000000000001; Reports[0].Timestamp: 41
          metadata: another value
            legacy   0x29
            loopp    no bytes
          shouldReport: another value
            legacy   true
            loopp    false
          lastSeenAt: another value
            legacy   41
            loopp    0
          the Go node answered as legacy did

      "
    `);
    expect(stdout).toMatch(/\nno: mismatch: 1; witness contradicted: 1\n$/);
  });
});
