import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEntry } from '../../harness/journal-entry.ts';
import { journalFiles, readJournal } from '../../harness/journal-read.ts';
import { journalLine } from '../../harness/journal.ts';
import { AppError } from '../../src/errors.ts';
import { answered, errorOf, failed, judgementOf, notCompared, outcomeOf, roundOf } from './fakes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

const line = (number: number, at = 1000 + number): string =>
  JSON.stringify(
    journalLine(judgementOf({ round: roundOf(number), loopp: answered(outcomeOf({ lastSeenAt: 1n })) }), at),
  );
const lines = (...numbers: readonly number[]): string =>
  numbers.map((number) => `${line(number)}\n`).join('');

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

interface Read {
  readonly ids: readonly string[];
  readonly skipped: readonly string[];
}

async function read(path: string): Promise<Read> {
  const [ids, skipped]: [string[], string[]] = [[], []];
  for await (const each of readJournal(path)) {
    if (each.kind === 'entry') ids.push(each.entry.id);
    else skipped.push(each.error.message);
  }
  return { ids, skipped };
}

describe('an entry', () => {
  test('is what the journal wrote', () => {
    const legacy = answered(outcomeOf({ lastSeenAt: 1n }), 5);
    const judgement = judgementOf({ legacy, loopp: answered(outcomeOf()), witness: { loopp: false } });
    expect(parseEntry(JSON.stringify(journalLine(judgement, 7)))).toEqual({
      id: 'round-1',
      revision: '2025-09',
      input: Buffer.from(judgement.digest).toString('hex'),
      at: 7,
      verdict: 'mismatch',
      answers: {
        legacy: { kind: 'outcome', outcome: Buffer.from([0x20, 1]) },
        loopp: { kind: 'outcome', outcome: Buffer.alloc(0) },
      },
      witness: { loopp: false },
      differences: [{ path: 'lastSeenAt', kind: 'value', legacy: '1', loopp: '0' }],
      round: expect.objectContaining({ id: 'round-1' }),
    });
  });

  test('has digests, errors and failures', () => {
    const match = journalLine(judgementOf());
    expect(parseEntry(JSON.stringify(match)).answers).toMatchObject({ legacy: { kind: 'digest' } });
    const trouble = judgementOf({ legacy: answered(errorOf('why')), loopp: failed('timeout', 'slow') });
    expect(parseEntry(JSON.stringify(journalLine(trouble))).answers).toEqual({
      legacy: { kind: 'error', error: 'why' },
      loopp: { kind: 'failure', error: 'timeout', message: 'slow' },
    });
    expect(parseEntry(JSON.stringify(journalLine(notCompared()))).answers).toEqual({});
  });

  test.each([
    [{ id: '' }, 'id: expected a text that is not empty, got ""'],
    [{ verdict: 'fine' }, 'verdict: expected one of match, mismatch, '],
    [{ revision: '2024' }, 'revision: expected one of 2025-07, 2025-09, got "2024"'],
    [{ at: 'noon' }, 'at: expected milliseconds since 1970, got "noon"'],
    [{ input: 5 }, 'input: expected a text that is not empty, got 5'],
    [{ witness: { loopp: 1 } }, 'witness.loopp: expected true or false, got 1'],
    [{ legacy: {} }, 'legacy: expected an outcome, error, failed or sha256, got {}'],
    [{ differences: [{ path: 'a', kind: 'b' }] }, 'kind: expected one of missing, extra, type, value, order'],
    [{ round: [] }, 'round: expected a JSON object, got []'],
    [{ schema: 2 }, 'schema: expected 1, got 2'],
  ])('is refused with %o', (members, message) => {
    const changed = { ...journalLine(judgementOf()), ...members };
    expect(() => parseEntry(JSON.stringify(changed))).toThrow(message);
  });
});

describe('a journal', () => {
  test('is read in order, gzipped or not, whatever it is called', async () => {
    expect(await read(await write('plain.jsonl', lines(1, 2, 3)))).toEqual({
      ids: ['round-1', 'round-2', 'round-3'],
      skipped: [],
    });
    expect((await read(await write('zipped.jsonl', gzipSync(lines(4, 5))))).ids).toEqual([
      'round-4',
      'round-5',
    ]);
  });

  test('that was cut in its last line loses that line, which is named', async () => {
    const whole = lines(1, 2);
    const path = await write('torn.jsonl', whole + line(3).slice(0, 50));
    expect(await read(path)).toEqual({
      ids: ['round-1', 'round-2'],
      skipped: [`${path}:3: expected a whole last line, got one that was cut after 50 bytes`],
    });
  });

  test('that lacks only its last line feed loses nothing', async () => {
    expect(await read(await write('open.jsonl', lines(1) + line(2)))).toEqual({
      ids: ['round-1', 'round-2'],
      skipped: [],
    });
  });

  test('cut anywhere has as many entries as whole lines, or names the rest', async () => {
    const text = lines(1, 2);
    const first = text.indexOf('\n');
    for (const end of [1, 20, first - 1, first, first + 1, first + 2, text.length - 2, text.length - 1]) {
      const { ids, skipped } = await read(await write('cut.jsonl', text.slice(0, end)));
      const whole = end >= text.length - 1 ? 2 : end >= first ? 1 : 0;
      const rest = end === first || end === first + 1 || end >= text.length - 1 ? 0 : 1;
      expect({ end, ids: ids.length, skipped: skipped.length }).toEqual({ end, ids: whole, skipped: rest });
    }
  });

  test('that two programs wrote into has its broken lines named and left out', async () => {
    const mixed = `${line(1)}\n${line(2).slice(0, 40)}${line(3)}\n${line(4)}${line(5)}\n${line(6)}\n`;
    const { ids, skipped } = await read(await write('mixed.jsonl', mixed));
    expect(ids).toEqual(['round-1', 'round-6']);
    expect(skipped).toEqual([
      expect.stringContaining('mixed.jsonl:2: line: expected a JSON object, got invalid JSON'),
      expect.stringContaining('mixed.jsonl:3: line: expected a JSON object, got invalid JSON'),
    ]);
  });

  test('zipped and cut is read as far as it goes, and named', async () => {
    const zipped = gzipSync(lines(...Array.from({ length: 50 }, (_, index) => index)));
    const { ids, skipped } = await read(await write('cut.jsonl.gz', zipped.subarray(0, zipped.length - 20)));
    expect(ids.length).toBeLessThanOrEqual(50);
    expect(skipped.at(-1)).toContain(
      'expected a complete gzip stream, got unexpected end of file after line',
    );
  });

  test.each([
    ['another version', JSON.stringify({ ...journalLine(judgementOf()), schema: 2 }), 'expected 1, got 2'],
    [
      'a capture',
      JSON.stringify(journalLine(judgementOf({ loopp: failed('protocol') }))['round']),
      'expected 1, got nothing',
    ],
  ])('of %s is refused, also behind lines that are understood', async (_, other, message) => {
    const path = await write('other.jsonl', `${lines(1)}${other}\n`);
    await expect(read(path)).rejects.toThrow(
      new AppError('INPUT', `${path}:2: schema: ${message}: no journal of this version of the program`),
    );
  });

  test('that is not there is refused', async () => {
    const path = join(folder, 'nowhere');
    await expect(read(path)).rejects.toThrow(
      new AppError('INPUT', `${path}: expected a journal or a folder with one, got no such file or folder`),
    );
  });
});

async function folderWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return path;
}

const begunAt = (second: number): string => `journal-2026-11-25T02-05-0${String(second)}-000Z`;

describe('a folder', () => {
  test('is read file by file as they were begun, of every writer', async () => {
    const path = await folderWith('rotated', {
      [`${begunAt(1)}-7-10.jsonl`]: lines(4),
      [`${begunAt(1)}-7-9.jsonl`]: lines(3),
      [`${begunAt(0)}-99-1.jsonl`]: lines(1),
      [`${begunAt(0)}-1000-1.jsonl`]: lines(2),
      'report.json': '{}',
    });
    expect(await read(path)).toEqual({ ids: ['round-1', 'round-2', 'round-3', 'round-4'], skipped: [] });
    expect(await journalFiles(path)).toHaveLength(4);
  });

  test('without a journal, or with one and its zipped copy, is refused', async () => {
    const none = await folderWith('none', { 'report.json': '{}' });
    await expect(read(none)).rejects.toThrow('expected a folder with journal*.jsonl in it, got none there');
    const twice = await folderWith('twice', { 'journal.jsonl': lines(1), 'journal.jsonl.gz': lines(1) });
    await expect(read(twice)).rejects.toThrow(
      'expected each journal file once, got journal.jsonl and journal.jsonl.gz',
    );
  });
});
