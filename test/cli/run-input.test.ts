import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeValue } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import {
  SELECTORS,
  eventValue,
  mintJson,
  observationValue,
  plainRound,
  reportWithInfo,
  utf8,
} from '../helpers/arbitraries.ts';
import {
  CommandLine,
  bundledLines,
  changed,
  expectSum,
  joined,
  lineOf,
  parseJson,
  steady,
} from '../helpers/cli.ts';

const [first = '', second = '', third = '', fourth = ''] = bundledLines(4);

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

describe('input that is no round', () => {
  test.each<[string, string, string]>([
    [
      'a line that is not JSON',
      'round 3',
      `line: expected a JSON object, got invalid JSON (Unexpected token 'r', "round 3" is not valid JSON)`,
    ],
    ['a line that is no object', '[]', 'line: expected a JSON object, got []'],
    [
      'a field that is not there',
      changed(third, { config: undefined }),
      'config: expected a base64 text, got nothing',
    ],
    [
      'bad base64',
      changed(third, { observations: { '7': ['CAE=', '%%%%'] } }),
      'observations["7"][1]: expected standard base64 with padding, got "%%%%"',
    ],
    [
      'bad protobuf',
      changed(third, { previousOutcome: '/w==' }),
      'previousOutcome: expected protobuf of AggregationOutcome, got 1 byte with unexpected end of a varint at byte 0',
    ],
    [
      'an unknown revision',
      changed(third, { revision: '2024-01' }),
      'revision: expected one of 2025-07, 2025-09, got "2024-01"',
    ],
    [
      'an oracle id above 255',
      changed(third, { observations: { '256': [] } }),
      'observations: expected oracle ids from 0 to 255, got "256"',
    ],
  ])(
    '%s: names file, line and field, after the rounds before it were judged',
    async (name, line, message) => {
      const out = name.replaceAll(' ', '-');
      await cli.file('bad.jsonl', joined([first, second, line, fourth]));
      const { exitCode, stdout, stderr } = await cli.run(['run', 'bad.jsonl', '--out', out]);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: `securemint-shadow: bad.jsonl:3: ${message}\n`,
      });
      expect(stdout).toMatch(/^verdict\n {2}match +2\n/);
      expect(stdout).toMatch(/\nstopped by an error after 2 rounds: the lanes agree so far\n$/);
      expect(await cli.lines(`${out}/journal.jsonl`)).toHaveLength(2);
      expect(parseJson(await cli.read(`${out}/report.json`))['rounds']).toBe(2);
    },
  );

  test('a gzip stream that was cut', async () => {
    const whole = gzipSync(joined(bundledLines(100)));
    await cli.file('cut.jsonl.gz', whole.subarray(0, whole.length / 2));
    const { exitCode, stdout, stderr } = await cli.run(['run', 'cut.jsonl.gz']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^securemint-shadow: cut\.jsonl\.gz: expected a complete gzip stream, got unexpected end of file after line [1-9][0-9]\n$/,
    );
    expect(stdout).toMatch(/\nstopped by an error after [1-9][0-9] rounds: the lanes agree so far\n$/);
  });

  test.each([
    ['missing.jsonl', 'missing.jsonl: expected a capture file, got no such file'],
    ['tmp', 'tmp: expected a capture file, got a folder'],
    ['empty.jsonl', 'empty.jsonl: expected rounds, one JSON object a line, got an empty file'],
    ['-', 'standard input: expected rounds, one JSON object a line, got an empty file'],
  ])('%s without rounds', async (file, message) => {
    await cli.file('empty.jsonl', '');
    const { exitCode, stdout, stderr } = await cli.run(['run', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `securemint-shadow: ${message}\n` });
    expect(steady(stdout)).toBe(
      'journal and report in securemint-shadow-out/TIME; seed N\nno: no round was compared\n',
    );
  });

  test('--keep-going counts it and goes on', async () => {
    await cli.file('bad.jsonl', joined(['{', first, 'round', second]));
    const { exitCode, stdout, stderr } = await cli.run(['run', 'bad.jsonl', 'nowhere', '--keep-going']);
    expect(exitCode).toBe(0);
    expect(stderr.split('\n').map((line) => line.slice(0, 40))).toEqual([
      'refused: bad.jsonl:1: line: expected a J',
      'refused: bad.jsonl:3: line: expected a J',
      'refused: nowhere: expected a capture fil',
      '',
    ]);
    expect(stdout).toMatch(/^verdict\n {2}match +2\n/);
    expect(stdout).toMatch(/\nyes: the lanes agree\nrefused: 3 lines of the input\n$/);
  });

  test('--keep-going says no when nothing is left', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['run', '-', '--keep-going', '--json'], {
      stdin: '{}\n',
    });
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'refused: standard input:1: revision: expected one of 2025-07, 2025-09, got nothing\n' +
        'securemint-shadow: expected at least one round in the input, got 1 refused line\n',
    );
    expect(parseJson(stdout)).toMatchObject({
      rounds: 0,
      refused: 1,
      parity: { rate: null, lowerBound: null },
    });
  });
});

describe('an id that came before', () => {
  test('with the same bytes is not compared again', async () => {
    await cli.file('twice.jsonl', joined([first, second, first]));
    const { exitCode, stdout } = await cli.run(['run', 'twice.jsonl', '--json', '--out', 'twice']);
    expect(exitCode).toBe(0);
    const report = parseJson(stdout);
    expect(report).toMatchObject({ rounds: 3, distinct: 2, verdicts: { match: 2, notCompared: 1 } });
    expectSum(report);
    const { id, workflow, revision, input } = (await cli.lines('twice/journal.jsonl'))[0] ?? {};
    expect((await cli.lines('twice/journal.jsonl'))[2]).toEqual({
      schema: 1,
      at: expect.any(Number),
      id,
      workflow,
      revision,
      input,
      verdict: 'notCompared',
      reason: 'duplicate',
      stage: 'shadow',
      served: 'legacy',
      first: expect.stringMatching(/^(legacy|loopp)$/),
    });
  });

  test('with other bytes is refused', async () => {
    await cli.file('other.jsonl', joined([first, second, changed(second, { f: 2 }), fourth]));
    const { exitCode, stdout, stderr } = await cli.run(['run', 'other.jsonl']);
    const id = String(parseJson(second)['id']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `securemint-shadow: other.jsonl:3: id: expected one that did not come before with other bytes, got "${id}"\n`,
    });
    expect(stdout).toMatch(/\nstopped by an error after 2 rounds: the lanes agree so far\n$/);
    const going = await cli.run(['run', 'other.jsonl', '--keep-going', '--json']);
    expect(going.exitCode).toBe(0);
    expect(parseJson(going.stdout)).toMatchObject({ rounds: 3, refused: 1, verdicts: { match: 3 } });
  });
});

/** A round whose oracles all sent this inner report. */
function roundWith(id: string, inner: string): Round {
  const event = eventValue({ report: utf8(reportWithInfo(inner, SELECTORS.ethereum)) });
  return roundWithEvent(id, event);
}

function roundWithEvent(id: string, event: Value): Round {
  const values = [encodeValue(observationValue('2025-09', event))];
  return plainRound({ round: { id, observations: [{ oracle: 0, values }] } });
}

describe('events that nobody expects', () => {
  test('are answered, or are a lane error, and crash nothing', async () => {
    const rounds = [
      plainRound({ round: { id: 'plain' } }),
      roundWith('10,001 deep', `${'['.repeat(10_001)}${']'.repeat(10_001)}`),
      roundWith('10,000 digits', mintJson({ mintable: 10n ** 9_999n })),
      roundWith('5 MB', `${mintJson().slice(0, -1)},"Padding":"${'x'.repeat(5_000_000)}"}`),
      plainRound({ round: { id: 'plain again', f: 2 } }),
    ];
    await cli.file('unexpected.jsonl', joined(rounds.map(lineOf)));
    const args = ['run', 'unexpected.jsonl', '--json', '--out', 'unexpected', '--lane-timeout-ms', '20000'];
    const { exitCode, stdout, stderr } = await cli.run(args);
    expect(stderr).toBe('');
    const report = parseJson(stdout);
    expect(report['rounds']).toBe(5);
    expectSum(report);
    const verdicts = (await cli.lines('unexpected/journal.jsonl')).map((line) => [
      line['id'],
      line['verdict'],
    ]);
    expect(verdicts).toEqual([
      ['plain', 'match'],
      ['10,001 deep', 'match'],
      ['10,000 digits', 'bothFailedAlike'],
      ['5 MB', 'match'],
      ['plain again', 'match'],
    ]);
    expect(exitCode).toBe(0);
  });
});
