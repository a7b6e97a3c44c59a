import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Round } from '../contract/round.ts';
import { AppError, messageOf, systemCode } from '../errors.ts';
import { parseLinesHere } from './parse-lines.ts';
import type { Blank, ParseLines, ParsedLine } from './parse-lines.ts';

/** Where a round stands, for messages. */
export interface RoundSource {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A round, or a line or file that could not be read as rounds. */
export type ReadRound =
  | { readonly kind: 'round'; readonly round: Round; readonly source: RoundSource }
  | { readonly kind: 'bad'; readonly error: AppError };

/** Bytes that one read asks for: waiting for the disk once in hundreds of rounds. */
const READ_BYTES = 1024 * 1024;
/** Lines that are parsed together: few, so that the first rounds of a piece of a file are there soon. */
const LINES_TOGETHER = 16;
const UNZIPPED_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

export interface ReadOptions {
  /** Hears how many bytes were read, as they stand in the files. Default: nobody does. */
  readonly onBytes?: (count: number) => void;
  /** Once it aborts, reading ends with one more thing that cannot be read. Default: never. */
  readonly signal?: AbortSignal;
  /** Default: in this thread. */
  readonly parse?: ParseLines;
}

/**
 * Reads captures one round at a time: JSON lines, gzipped or not (told by the first bytes), `-` for standard input.
 * What cannot be read is reported in its place and reading goes on with the next line or file.
 */
export async function* readRounds(
  files: readonly string[],
  stdin: Readable,
  { onBytes = () => undefined, signal, parse = parseLinesHere }: ReadOptions = {},
): AsyncGenerator<ReadRound> {
  for (const file of files) {
    const stream = file === '-' ? stdin : createReadStream(file, { highWaterMark: READ_BYTES });
    // It may wait for ever: standard input, or a pipe that nobody writes to.
    if (signal !== undefined) addAbortSignal(signal, stream);
    yield* readFile(file, counting(stream, onBytes), parse);
  }
}

async function* counting(stream: Readable, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function* readFile(
  path: string,
  stream: AsyncIterable<Uint8Array>,
  parse: ParseLines,
): AsyncGenerator<ReadRound> {
  const file = path === '-' ? 'standard input' : path;
  let line = 0;
  let rounds = 0;
  try {
    for await (const piece of lines(await plain(stream))) {
      for (const parsed of parsedTogether(piece, parse)) {
        for (const answer of await parsed) {
          line++;
          if (answer.kind === 'blank') continue;
          rounds++;
          yield readLine(answer, { file, line });
        }
      }
    }
  } catch (error) {
    yield { kind: 'bad', error: unreadable(file, line, error) };
    return;
  }
  if (rounds === 0) yield bad(`${file}: expected rounds, one JSON object a line, got an empty file`);
}

/** All are asked for at once; whoever stops reading early lets the rest go. */
function parsedTogether(
  piece: readonly Uint8Array[],
  parse: ParseLines,
): readonly Promise<readonly ParsedLine[]>[] {
  const parsed: Promise<readonly ParsedLine[]>[] = [];
  for (let start = 0; start < piece.length; start += LINES_TOGETHER) {
    const answer = parse(piece.slice(start, start + LINES_TOGETHER));
    answer.catch(() => undefined);
    parsed.push(answer);
  }
  return parsed;
}

function readLine(parsed: Exclude<ParsedLine, Blank>, source: RoundSource): ReadRound {
  return parsed.kind === 'round'
    ? { kind: 'round', round: parsed.round, source }
    : bad(`${source.file}:${String(source.line)}: ${parsed.message}`);
}

function bad(message: string): ReadRound {
  return { kind: 'bad', error: new AppError('INPUT', message) };
}

function unreadable(file: string, line: number, error: unknown): AppError {
  const code = systemCode(error);
  if (code === 'ENOENT') return new AppError('INPUT', `${file}: expected a capture file, got no such file`);
  if (code === 'EISDIR') return new AppError('INPUT', `${file}: expected a capture file, got a folder`);
  const what = code?.startsWith('Z_') === true ? 'a complete gzip stream' : 'a readable file';
  return new AppError(
    'INPUT',
    `${file}: expected ${what}, got ${messageOf(error)} after line ${String(line)}`,
    {
      cause: error,
    },
  );
}

/** Unzips when the stream starts with gzip's magic bytes, whatever the file is called. */
async function plain(stream: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks = stream[Symbol.asyncIterator]();
  const head = await firstBytes(chunks, GZIP_MAGIC.length);
  const whole = prepend(head, chunks);
  return GZIP_MAGIC.every((byte, at) => head[at] === byte) ? gunzip(whole) : whole;
}

/** A pipe may deliver its bytes one by one. Fewer than `count` only when the stream has no more. */
async function firstBytes(chunks: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < count) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

/** Whoever stops reading early also ends `rest`, so that no file stays open. */
async function* prepend(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function gunzip(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const unzip = createGunzip({ chunkSize: UNZIPPED_BYTES });
  // An error of either side destroys `unzip`, and whoever iterates over it gets it.
  pipeline(source, unzip, () => undefined);
  return unzip;
}

/** The lines that each chunk completes. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let rest: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const complete: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const line = chunk.subarray(start, end);
      complete.push(rest.length === 0 ? line : Buffer.concat([...rest, line]));
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    if (complete.length > 0) yield complete;
  }
  if (rest.length > 0) yield [Buffer.concat(rest)];
}
