import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RotatingJournal } from '../../src/cli/shadow-journal.ts';
import type { JudgementSink } from '../../src/cli/shadow-journal.ts';
import { ShadowRecord } from '../../src/cli/shadow-record.ts';
import type { Log } from '../../src/log.ts';
import { deferred, judgementOf, notCompared, outcomeOf, answered, roundOf } from '../harness/fakes.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import { parseJson } from '../helpers/cli.ts';

const WAIT_MS = 60_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Logged {
  readonly log: Log;
  /** `message` or `message {fields}`, in order; paths and texts of errors left out. */
  readonly lines: string[];
}

function logging(): Logged {
  const lines: string[] = [];
  const log: Log = (_level, message, { path: _path, error: _error, ...fields } = {}) =>
    void lines.push(Object.keys(fields).length === 0 ? message : `${message} ${JSON.stringify(fields)}`);
  return { log, lines };
}

const judged = (count: number): readonly Judgement[] =>
  Array.from({ length: count }, (_, number) => judgementOf({ round: roundOf(number) }));

/** Ids in the order of the journal. */
async function journalled(): Promise<readonly unknown[]> {
  const names = await readdir(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => parseJson(line)['id']);
}

test('a record journals every judgement, and logs the sums at the end', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log);
  for (const each of [...judged(3), notCompared(roundOf(3))]) record.expect(Promise.resolve(each));
  await record.close(WAIT_MS, WAIT_MS);
  expect(await journalled()).toEqual(['round-0', 'round-1', 'round-2', 'round-3']);
  expect(lines).toEqual(['journal opened', 'shadow ends {"rounds":4,"match":3,"notCompared":1}']);
});

test('without a folder there are sums alone', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(undefined, log);
  for (const each of judged(3)) record.expect(Promise.resolve(each));
  await record.close(WAIT_MS, WAIT_MS);
  expect(lines).toEqual([
    'no journal is written: SECUREMINT_SHADOW_JOURNAL is not set',
    'shadow ends {"rounds":3,"match":3}',
  ]);
});

test('a folder that cannot be made is logged once, and the sums come all the same', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(`${process.execPath}/journals`, log);
  for (const each of judged(3)) record.expect(Promise.resolve(each));
  await record.close(WAIT_MS, WAIT_MS);
  expect(lines).toEqual(['no journal is written', 'shadow ends {"rounds":3,"match":3}']);
});

test('what disagrees and what conflicts is logged at the first, the 10th, the 100th time', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(undefined, log);
  const loopp = answered(outcomeOf({ lastSeenAt: 9n }));
  for (let number = 1; number <= 12; number++) {
    record.expect(Promise.resolve(judgementOf({ round: roundOf(number), loopp })));
    record.conflict(`id-${String(number)}`);
  }
  await record.close(WAIT_MS, WAIT_MS);
  expect(lines.slice(1)).toEqual([
    'an id came again with other contents {"id":"id-1","soFar":1}',
    'an id came again with other contents {"id":"id-10","soFar":10}',
    'the lanes do not agree {"verdict":"mismatch","round":"round-1","soFar":1}',
    'the lanes do not agree {"verdict":"mismatch","round":"round-10","soFar":10}',
    'shadow ends {"rounds":12,"mismatch":12,"conflicts":12}',
  ]);
});

// The journal is not open before the judgements are there: as with a disk that hangs, all of them wait.
test.each([
  ['judgements', { judgements: 2 }, 2],
  ['bytes', { bytes: 1 }, 0],
])('beyond the limit in %s nothing waits for the disk: it is counted', async (_of, limits, written) => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log, limits);
  for (const each of judged(5)) record.expect(Promise.resolve(each));
  await record.close(WAIT_MS, WAIT_MS);
  expect(await journalled()).toHaveLength(written);
  expect(lines.toSorted()).toEqual([
    'journal opened',
    `shadow ends {"rounds":5,"match":5,"notWritten":${String(5 - written)}}`,
    'the journal cannot be written as fast as rounds come: some are missing there',
  ]);
});

test('the limit is for what waits, not for what was written', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log, { judgements: 1 });
  for (const each of judged(5)) {
    record.expect(Promise.resolve(each));
    // Until it is open and the judgement is handed over.
    while (!lines.includes('journal opened')) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await record.close(WAIT_MS, WAIT_MS);
  expect(await journalled()).toHaveLength(5);
});

test('a round that is never judged does not keep the record from its end, and is told', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log);
  const late = deferred<Judgement>();
  const [first = expect.unreachable(), second = expect.unreachable()] = judged(2);
  record.expect(Promise.resolve(first));
  record.expect(late.promise);
  await record.close(1, WAIT_MS);
  expect(lines.slice(1)).toEqual([
    'the verdicts do not add up to the rounds {"judged":1,"rounds":2}',
    'shadow ends {"rounds":2,"match":1}',
  ]);
  late.resolve(second);
  expect(await journalled()).toEqual(['round-0']);
});

test('a full file is followed by the next, and the oldest files go: their number is bounded', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log, { fileBytes: 1, files: 2 });
  for (const [index, each] of judged(4).entries()) {
    record.expect(Promise.resolve(each));
    // Flushed, and the next file begun.
    await vi.waitFor(() => expect(lines).toHaveLength(index + 2), { timeout: 10_000 });
  }
  await record.close(WAIT_MS, WAIT_MS);
  expect(await readdir(folder)).toHaveLength(2);
  expect(await journalled()).toEqual(['round-3']);
  expect(lines.filter((line) => line === 'journal opened')).toHaveLength(5);
  expect(lines.at(-1)).toBe('shadow ends {"rounds":4,"match":4}');
});

/** A disk that takes `count` judgements and then hangs; `opens`: whether it opens a file at all. */
function hangingDisk(count: number, opens = true): () => Promise<JudgementSink> {
  const never = new Promise<never>(() => undefined);
  let taken = 0;
  const sink: JudgementSink = {
    append: () => (++taken > count ? never : Promise.resolve()),
    flush: () => Promise.resolve(),
    close: () => never,
  };
  return () => (opens ? Promise.resolve(sink) : never);
}

test.each([
  ['when it opens the file', hangingDisk(0, false), 5],
  ['in the middle', hangingDisk(2), 3],
  ['at the end', hangingDisk(5), 0],
])('a disk that hangs %s keeps the record from nothing but its journal', async (_, open, missing) => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log, {}, open);
  for (const each of judged(5)) record.expect(Promise.resolve(each));
  await record.close(WAIT_MS, 50);
  const notWritten = missing === 0 ? '' : `,"notWritten":${String(missing)}`;
  expect(lines).toEqual([
    'the disk does not answer: the end of the journal is not written',
    `shadow ends {"rounds":5,"match":5${notWritten}}`,
  ]);
});

test('a file that cannot be begun ends the journal, and the sums come all the same', async () => {
  const { log, lines } = logging();
  const record = new ShadowRecord(folder, log, { fileBytes: 1 }, async (_folder, limits, onFile) => {
    const gone = join(folder, 'gone');
    const journal = await RotatingJournal.open(gone, limits, onFile);
    await rm(gone, { recursive: true });
    return journal;
  });
  record.expect(Promise.resolve(judgementOf({ round: roundOf(0) })));
  await vi.waitFor(() => expect(lines).toContain('the journal ends here'), { timeout: 10_000 });
  await record.close(WAIT_MS, WAIT_MS);
  expect(lines.at(-1)).toBe('shadow ends {"rounds":1,"match":1}');
});
