import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf, systemCode } from '../src/errors.ts';
import { JournalSchemaError, parseEntry } from './journal-entry.ts';
import type { JournalEntry } from './journal-entry.ts';

/** Where an entry stands, for messages. */
export interface EntrySource {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** An entry, or what was left out: a line that is none, or the torn end of a file. */
export type ReadEntry =
  | { readonly kind: 'entry'; readonly entry: JournalEntry; readonly source: EntrySource }
  | { readonly kind: 'skipped'; readonly error: AppError };

const READ_BYTES = 1024 * 1024;
/** A longer line is skipped: no round is as long, and memory stays flat whatever a file holds. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const LINE_FEED = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Reads journals one entry at a time, in flat memory: a file, gzipped or not, or a folder with the files of one or more
 * writers, the oldest file first. A line that is no entry, and the end of a file that was cut, is named and left out.
 * Rejects with `AppError` INPUT for what cannot be read at all and for a journal of another version: leaving out what is
 * not understood would give a wrong count.
 */
export async function* readJournal(path: string): AsyncGenerator<ReadEntry> {
  for (const file of await journalFiles(path)) yield* readFile(file);
}

/** The files of a journal: the one that is named, or those in the folder in the order in which they were begun. */
export async function journalFiles(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const names = (await readdir(path)).filter((name) => /^journal.*\.jsonl(\.gz)?$/.test(name));
  if (names.length === 0) {
    throw new AppError('INPUT', `${path}: expected a folder with journal*.jsonl in it, got none there`);
  }
  refuseCopies(path, names);
  // The names hold time, process and number: `-10.jsonl` comes after `-9.jsonl`.
  const collator = new Intl.Collator('en', { numeric: true });
  return names.toSorted((a, b) => collator.compare(a, b)).map((name) => join(path, name));
}

/** A file beside its own zipped copy would be counted twice. */
function refuseCopies(path: string, names: readonly string[]): void {
  const copy = names.find((name) => names.includes(`${name}.gz`));
  if (copy === undefined) return;
  throw new AppError('INPUT', `${path}: expected each journal file once, got ${copy} and ${copy}.gz`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const came = systemCode(error) === 'ENOENT' ? 'no such file or folder' : messageOf(error);
    throw new AppError('INPUT', `${path}: expected a journal or a folder with one, got ${came}`, {
      cause: error,
    });
  }
}

/** A line, or the last piece of a file that does not end with a line feed. */
interface Line {
  readonly bytes: Uint8Array | 'too long';
  readonly whole: boolean;
}

async function* readFile(file: string): AsyncGenerator<ReadEntry> {
  let line = 0;
  try {
    for await (const read of linesOf(await contents(file))) {
      line++;
      const found = readLine(read, { file, line });
      if (found !== undefined) yield found;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    yield unreadable(file, line, error);
  }
}

function readLine({ bytes, whole }: Line, source: EntrySource): ReadEntry | undefined {
  const place = `${source.file}:${String(source.line)}`;
  if (bytes === 'too long') {
    return skipped(`${place}: expected a line of at most ${String(MAX_LINE_BYTES)} bytes, got a longer one`);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return { kind: 'entry', entry: parseEntry(text), source };
  } catch (error) {
    if (error instanceof JournalSchemaError) throw otherVersion(place, error);
    // A whole object never is the beginning of a longer one: only what was cut is no JSON.
    return skipped(
      whole
        ? `${place}: ${messageOf(error)}`
        : `${place}: expected a whole last line, got one that was cut after ${String(bytes.length)} bytes`,
    );
  }
}

function otherVersion(place: string, error: JournalSchemaError): AppError {
  return new AppError('INPUT', `${place}: ${error.message}: no journal of this version of the program`);
}

function skipped(message: string): ReadEntry {
  return { kind: 'skipped', error: new AppError('INPUT', message) };
}

/** A zipped file that was cut is read as far as it goes; anything else cannot be counted. */
function unreadable(file: string, line: number, error: unknown): ReadEntry {
  const code = systemCode(error);
  if (code?.startsWith('Z_') !== true) {
    throw new AppError('INPUT', `${file}: expected a readable journal, got ${messageOf(error)}`, {
      cause: error,
    });
  }
  return skipped(
    `${file}: expected a complete gzip stream, got ${messageOf(error)} after line ${String(line)}`,
  );
}

/** Unzips when the file starts with gzip's magic bytes, whatever it is called. */
async function contents(file: string): Promise<AsyncIterable<Uint8Array>> {
  const zipped = await isZipped(file);
  const stream = createReadStream(file, { highWaterMark: READ_BYTES });
  if (!zipped) return stream;
  const unzip = createGunzip({ chunkSize: READ_BYTES });
  // An error of either side destroys `unzip`, and whoever iterates over it gets it.
  pipeline(stream, unzip, () => undefined);
  return unzip;
}

async function isZipped(file: string): Promise<boolean> {
  const handle = await open(file).catch((error: unknown) => {
    throw new AppError('INPUT', `${file}: expected a readable journal, got ${messageOf(error)}`, {
      cause: error,
    });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return bytesRead === GZIP_MAGIC.length && GZIP_MAGIC.every((byte, at) => buffer[at] === byte);
  } finally {
    await handle.close();
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const rest = new Pieces();
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      rest.add(chunk.subarray(start, end));
      yield { bytes: rest.take(), whole: true };
      start = end + 1;
    }
    rest.add(chunk.subarray(start));
  }
  if (rest.size > 0) yield { bytes: rest.take(), whole: false };
}

/** What is known of a line; of one that is too long nothing is kept. */
class Pieces {
  size = 0;
  private pieces: Uint8Array[] = [];

  add(piece: Uint8Array): void {
    this.size += piece.length;
    if (this.size > MAX_LINE_BYTES) this.pieces = [];
    else if (piece.length > 0) this.pieces.push(piece);
  }

  take(): Line['bytes'] {
    const { pieces, size } = this;
    this.pieces = [];
    this.size = 0;
    if (size > MAX_LINE_BYTES) return 'too long';
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }
}
