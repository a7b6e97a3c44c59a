import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { parseLinesHere } from '../../src/rounds/parse-lines.ts';
import type { ParseThread } from '../../src/rounds/parse-thread.ts';
import { bundledLines } from '../helpers/cli.ts';

/** A thread runs what was built: Node reads no TypeScript. */
async function openThread(): Promise<ParseThread> {
  const built = pathToFileURL(resolve('dist/src/rounds/parse-thread.js')).href;
  const { ParseThread: Built } = (await import(built)) as { ParseThread: new () => ParseThread };
  return new Built();
}

const LINES = [...bundledLines(40), '', '   \r', '{', '{"id":1}', '\ud800 no UTF-8'].map((line) =>
  Buffer.from(line),
);

test('a thread answers what this thread answers, message by message, in order', async () => {
  const thread = await openThread();
  const pieces = [LINES.slice(0, 1), LINES.slice(1, 30), [], LINES.slice(30), LINES];
  const [theirs, ours] = await Promise.all([
    Promise.all(pieces.map((piece) => thread.parse(piece))),
    Promise.all(pieces.map((piece) => parseLinesHere(piece))),
  ]);
  expect(plain(theirs)).toEqual(plain(ours));
  await thread.close();
});

test('a line and what it holds may be of any size', async () => {
  const thread = await openThread();
  const [line = ''] = bundledLines(1);
  const large = Buffer.from(line.replace('{', `{"note":"${'n'.repeat(5_000_000)}",`));
  expect(plain(await thread.parse([large]))).toEqual(plain(await parseLinesHere([large])));
  await thread.close();
});

test('once the thread has ended, what waits and what comes is refused', async () => {
  const thread = await openThread();
  const waiting = thread.parse(LINES);
  const ended = expect(waiting).rejects.toThrow('the reading thread has ended');
  await thread.close();
  await ended;
  await expect(thread.parse(LINES)).rejects.toThrow('the reading thread has ended');
});

/** Bytes come as Buffers here and as plain arrays of bytes from the thread. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, field: unknown) =>
      field instanceof Uint8Array ? Buffer.from(field).toString('hex') : bufferText(field),
    ),
  );
}

/** `Buffer.toJSON` comes before the replacer. */
function bufferText(field: unknown): unknown {
  const isBuffer = typeof field === 'object' && field !== null && 'type' in field && field.type === 'Buffer';
  return isBuffer && 'data' in field && Array.isArray(field.data)
    ? Buffer.from(field.data as number[]).toString('hex')
    : field;
}
