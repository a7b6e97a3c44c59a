import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PLANT_NAMES } from '../../harness/plants.ts';
import manifest from '../../package.json' with { type: 'json' };
import { CommandLine, parseJson } from '../helpers/cli.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

const HINT = '(securemint-shadow --help lists the commands, COMMAND --help its options)';

describe('help', () => {
  test('groups the commands, also without arguments', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: securemint-shadow [options] [command]

      Proves that Secure Mint's LOOPP answers as the in-process aggregator does,
      before traffic moves to it.

      Options:
        -V, --version                   output the version number
        -h, --help                      display help for command

      Compare:
        run [options] [FILE...]         compare both lanes over captures
        verify [options] <FILE...>      hold one lane against recorded answers
        fuzz [options]                  look for a round on which the lanes differ
        sensitivity [options]           prove that the comparison finds every known
                                        lie
        mismatches [options] [JOURNAL]  list what went wrong, by cause
        replay [options] <NAME...>      ask the lanes of today about recorded findings
        shrink [options] <ID>           cut a finding to the smallest round that shows
                                        it

      Operate:
        serve [options]                 serve rounds and compare the lanes beside
        flags                           show and change the rollout flag
        controller [options]            move the rollout flag along a plan

      Build:
        plugin [options]                be the LOOPP that a host launches
        simulate [options]              write a capture with a simulated DON
        doctor [options]                check that this machine can run everything

      Help:
        help [command]                  show the options of a command
      "
    `);
    expect(await cli.run([])).toEqual({ exitCode, stdout, stderr });
  });

  test('of a command lists its options with their defaults', async () => {
    const { exitCode, stdout } = await cli.run(['run', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: securemint-shadow run [options] [FILE...] [-- CMD...]

      Feeds every round to the legacy aggregator and to the LOOPP, compares the
      answers and judges.
      FILE: captures, JSON lines, gzipped or not; - is standard input. Default: the
      bundled 2025-09 capture.
      -- CMD: another plugin as the loopp lane.

      Options:
        --json                   print the result as JSON on standard output
        --verbose                show the plugin's state changes, and stack traces of
                                 faults
        --lane-timeout-ms <ms>   time for one round in the loopp lane (default: 2000)
        --start-timeout-ms <ms>  time for the plugin to start (default: 10000)
        --seed <n>               draws which lane is asked first, and the simulated
                                 DON (default: random, printed)
        --limit <n>              take at most this many rounds
        --simulate <n>           take rounds of a simulated DON instead, from n rounds
                                 of OCR
        --out <dir>              folder for journal and report (default:
                                 securemint-shadow-out/TIME)
        --keep-going             count lines that are no round and go on
        --max-lane-errors <n>    time-outs and unavailable answers that are still fine
                                 (default: 0)
        --concurrency <n>        rounds in progress at most; 1 shows what one call
                                 takes (default: 64)
        --ocr3                   compare whole rounds of OCR3: outcome and reports
                                 that the oracles in the LOOPP come to, and what the
                                 same rules make of them over the legacy aggregator
        --plant <name>           put a known lie into the loopp lane: block-plus-one,
                                 block-minus-one, swapped-packing,
                                 little-endian-answer, float-mintable,
                                 mintable-64-bits, lost-sign, truncated-timestamp,
                                 timestamp-in-milliseconds, field-type, missing-field,
                                 field-spelling, data-id-byte, lost-report,
                                 extra-report, metadata-byte, lost-metadata,
                                 wrong-should-report, invented-report,
                                 last-seen-behind, account-hash-byte, encoder-named,
                                 unknown-field, error-text-changed, error-swallowed,
                                 false-error, stale-accepted, wrong-chain,
                                 missing-solana-account, last-event-first,
                                 previous-answer, one-in-500, late-answers,
                                 codec-zigzag, codec-little-endian, codec-float,
                                 codec-hex-bytes, codec-field-order,
                                 codec-field-twice, codec-short-lists
        --chain <file>           bring both lanes' outcomes to caches on the chain
                                 that the file describes, and compare what is there
        --metrics-port <port>    serve /metrics on 127.0.0.1 while running (0: a free
                                 port)
        -h, --help               display help for command
      "
    `);
    expect((await cli.run(['help', 'run'])).stdout).toBe(stdout);
  });

  test('of verify', async () => {
    expect((await cli.run(['verify', '--help'])).stdout).toMatchInlineSnapshot(`
      "Usage: securemint-shadow verify [options] FILE... [-- CMD...]

      Conformance: every round that came with the answers of a real Go node must give
      one of them.
      -- CMD: another plugin as the loopp lane.

      Options:
        --json                   print the result as JSON on standard output
        --verbose                show the plugin's state changes, and stack traces of
                                 faults
        --lane-timeout-ms <ms>   time for one round in the loopp lane (default: 2000)
        --start-timeout-ms <ms>  time for the plugin to start (default: 10000)
        --lane <name>            the lane to hold against the recorded answers:
                                 legacy, loopp (default: loopp)
        -h, --help               display help for command
      "
    `);
  });

  test('--version', async () => {
    expect(await cli.run(['--version'])).toEqual({
      exitCode: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });
});

describe('wrong usage is told in a sentence', () => {
  test.each([
    [['compare'], `unknown command 'compare'\n${HINT}`],
    [['run', '--jsn'], `unknown option '--jsn'\n(Did you mean --json?)\n${HINT}`],
    [['run', '--limit'], `option '--limit <n>' argument missing\n${HINT}`],
    [['verify'], `missing required argument 'FILE'\n${HINT}`],
    [['doctor', 'now'], `too many arguments for 'doctor'. Expected 0 arguments but got 1.\n${HINT}`],
    [['run', '--plant', 'lie'], `--plant: expected one of ${PLANT_NAMES.join(', ')}, got "lie"`],
    [['verify', 'a', '--lane', 'go'], '--lane: expected one of legacy, loopp, got "go"'],
    [['run', '--limit', '0'], '--limit: expected a whole number from 1 to 1,000,000,000,000, got "0"'],
    [['run', '--seed', '-1'], '--seed: expected a whole number from 0 to 4,294,967,295, got "-1"'],
    [
      ['run', '--lane-timeout-ms', '2s'],
      '--lane-timeout-ms: expected a whole number from 1 to 600,000, got "2s"',
    ],
    [
      ['run', '--metrics-port', '65536'],
      '--metrics-port: expected a whole number from 0 to 65,535, got "65536"',
    ],
  ])('%j', async (args, message) => {
    expect(await cli.run(args)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `securemint-shadow: ${message}\n`,
    });
  });
});

describe('doctor', () => {
  test('says what it found', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['doctor']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^ok {6}node {5}v[0-9.]+, needs 20\.19 or newer$/m);
    expect(stdout).toMatch(/^ok {6}sockets {2}\/.+ can be written$/m);
    expect(stdout).toMatch(/^ok {6}plugin {3}launched and answering in [0-9]+ ms$/m);
    expect(stdout).toMatch(/^(ok {6}go {7}go version|absent {2}go {7}not found; needed for) .+$/m);
  });

  test('--json', async () => {
    const { exitCode, stdout } = await cli.run(['doctor', '--json']);
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)).toEqual({
      version: manifest.version,
      ok: true,
      checks: ['node', 'sockets', 'plugin', 'go'].map((name) => ({
        name,
        ok: name === 'go' ? expect.any(Boolean) : true,
        optional: name === 'go',
        found: expect.any(String),
      })),
    });
  });

  test('says no when a needed part is missing', async () => {
    const { exitCode, stdout } = await cli.run(['doctor'], { env: { TMPDIR: '/nowhere' } });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^missing sockets {2}ENOENT: .+; set TMPDIR to a folder that can be written$/m);
    expect(stdout).toMatch(/^missing plugin /m);
  });
});

describe('plugin', () => {
  test('that no host started says what it is', async () => {
    expect(await cli.run(['plugin'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `This binary is a plugin. These are not meant to be executed directly.
Please execute the program that consumes these plugins, which will
load any plugins automatically
`,
    });
  });

  test('has a help', async () => {
    const { exitCode, stdout } = await cli.run(['plugin', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Is launched by a go-plugin host');
  });
});
