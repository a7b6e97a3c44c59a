import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandLine, bundledLines, joined } from '../helpers/cli.ts';

const PLUGIN = join(import.meta.dirname, '../fixtures/plugins/odd-log-lines.mjs');

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterAll(() => cli.close());

/** What a command shows of its plugin's log. */
async function shown(...options: readonly string[]): Promise<readonly string[]> {
  const file = await cli.file('rounds.jsonl', joined(bundledLines(1)));
  const { stderr } = await cli.run(['verify', file, ...options, '--', process.execPath, PLUGIN]);
  expect(await cli.leftovers()).toEqual([]);
  return stderr.split('\n').filter((line) => line.includes(': plugin: '));
}

test("a command shows its plugin's warnings and errors, and nothing in them is obeyed by a terminal", async () => {
  expect(await shown()).toEqual([
    'warn: plugin: as it should be (count 3, timestamp 2026-03-01T12:00:00.123456Z)',
    'error: plugin: [ERROR] with a tag',
    String.raw`warn: plugin: [WARN] \u001b[2Jwipes the screen`,
  ]);
});

test('with --verbose it shows every line', async () => {
  const lines = await shown('--verbose');
  expect(lines.filter((line) => line.startsWith('debug: '))).toEqual([
    'debug: plugin: {"@level":30,"@message":"a number for a level"}',
    'debug: plugin: {"@level":"info","@message":{"an":"object"}}',
    'debug: plugin: {"@level":"info","@message":"a number for a time","@timestamp":1772000000}',
    'debug: plugin: plain \u2717',
    'debug: plugin: not even a line feed',
  ]);
  expect(lines).toHaveLength(8);
});
