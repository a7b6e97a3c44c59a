import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CommandLine, bundledLines, changed, joined, parseJson } from '../helpers/cli.ts';
import { VECTORS } from '../helpers/conformance.ts';

const FILES = VECTORS.map((file) => resolve(file));
const [first = '', second = '', third = ''] = bundledLines(3);

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

describe('verify', () => {
  test.each(['legacy', 'loopp'])('the %s lane answers every vector as a Go node did', async (lane) => {
    const { exitCode, stdout, stderr } = await cli.run(['verify', '--lane', lane, '--json', ...FILES]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe('{"rounds":1280,"passed":1280,"failed":0,"failures":[]}\n');
  });

  test('holds the loopp lane against standard input, and counts only rounds with answers', async () => {
    const stdin = joined([first, changed(second, { expect: undefined }), third]);
    expect(await cli.run(['verify', '-'], { stdin })).toEqual({
      exitCode: 0,
      stdout: 'loopp: 2 of 2 rounds answered as the Go node did\n1 round left out: without `expect`\n',
      stderr: '',
    });
  });

  const altered = joined([
    first,
    changed(second, { id: 'b', expect: { results: [{ outcome: 'CAE=' }, { error: 'or\u001b[31m this' }] } }),
    changed(third, { id: 'c', note: undefined, expect: { results: [{ panic: 'nil dereference' }] } }),
    changed(third, { id: 'd', note: undefined, expect: { configError: 'dataID is required' } }),
    changed(third, { id: 'e', note: undefined, expect: { results: [{ outcome: '/w==' }] } }),
  ]);

  test('shows what a Go node answered and what came instead', async () => {
    await cli.file('altered.jsonl', altered);
    const { exitCode, stdout } = await cli.run(['verify', 'altered.jsonl', '--lane', 'legacy']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "round b (one oracle silent)
        expected shouldReport false [0801]
        or       error: or\\u{1b}[31m this
        got      encodableOutcome.Reports[0].Answer block 331220489, mintable 4120033000000000000848357; encodableOutcome.Reports[0].DataID 0x01c50800000000000000000000000002; encodableOutcome.Reports[0].Timestamp 41; metadata 0x29; shouldReport true; lastSeenAt 41 [0a680a660a075265706f727473125b2a59125722550a240a06416e73776572121a4a180a1413be060900000000000368736fbc359f72f0f1e510010a1c0a0644617461494412121a1001c508000000000000000000000000020a0f0a0954696d657374616d701202382912012918012029]
      round c
        expected any error (Go crashes: nil dereference)
        got      shouldReport false []
      round d
        expected error: dataID is required
        got      shouldReport false []
      round e
        expected no AggregationOutcome: 0xff [ff]
        got      shouldReport false []
      legacy: 1 of 5 rounds answered as the Go node did
      "
    `);
  });

  test('--json lists every failure', async () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      changed(third, { id: String(index), expect: { results: [{ error: 'no' }] } }),
    );
    await cli.file('many.jsonl', joined(many));
    const { exitCode, stdout } = await cli.run(['verify', 'many.jsonl', '--lane', 'legacy', '--json']);
    expect(exitCode).toBe(1);
    expect(parseJson(stdout)).toEqual({
      rounds: 12,
      passed: 0,
      failed: 12,
      failures: many.map((line) => ({
        id: parseJson(line)['id'],
        note: 'no report for this chain',
        expected: ['error: no'],
        got: 'shouldReport false []',
      })),
    });
    const text = await cli.run(['verify', 'many.jsonl', '--lane', 'legacy']);
    expect(text.stdout).toMatch(/\nand 2 more \(--json lists all\)\nlegacy: 0 of 12 rounds answered .+\n$/);
  });

  test.each([
    ['a file without answers', ['without.jsonl'], 'without.jsonl: expected rounds with `expect`, got none'],
    ['a line that is no round', ['bad.jsonl'], 'bad.jsonl:2: line: expected a JSON object, got []'],
    ['a file that is not there', ['nowhere'], 'nowhere: expected a capture file, got no such file'],
    [
      'the legacy lane and a plugin',
      ['without.jsonl', '--', 'some', 'plugin'],
      '--lane: expected loopp together with -- CMD, got legacy',
    ],
  ])('%s is wrong input', async (_, args, message) => {
    await cli.file('without.jsonl', changed(first, { expect: undefined }));
    await cli.file('bad.jsonl', joined([first, '[]']));
    expect(await cli.run(['verify', '--lane', 'legacy', ...args])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `securemint-shadow: ${message}\n`,
    });
  });
});
