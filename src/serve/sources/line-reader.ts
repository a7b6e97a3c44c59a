import { AppError } from '../../errors.ts';
import type { ParseLines, ParsedLine } from '../../rounds/parse-lines.ts';
import type { ReadRound } from '../../rounds/read.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Line } from './line-splitter.ts';

export interface LineReaderOptions {
  /** What the lines come from, for messages. */
  readonly file: string;
  readonly lineLimitBytes: number;
  readonly parse: ParseLines;
}

/** Lines that are parsed together: few, so that the first rounds of a large piece are there soon. */
const LINES_TOGETHER = 16;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Reads rounds from one stream of lines, piece by piece, and counts the lines. */
export class LineReader {
  private readonly options: LineReaderOptions;
  private readonly splitter: LineSplitter;
  private line = 0;
  private bytes = 0;

  constructor(options: LineReaderOptions) {
    this.options = options;
    this.splitter = new LineSplitter(options.lineLimitBytes);
  }

  /** Where the next piece has to begin, in bytes. */
  get position(): number {
    return this.bytes;
  }

  /** What the piece completes. Rejects with `AppError` INPUT when it cannot be lines, and when `parse` does. */
  async *read(piece: Uint8Array): AsyncGenerator<ReadRound> {
    if (this.bytes === 0 && isGzip(piece)) throw this.gzipped();
    this.bytes += piece.length;
    yield* this.parsed(this.splitter.push(piece));
  }

  /** What comes after the last line feed, once nothing more follows. */
  async *end(): AsyncGenerator<ReadRound> {
    yield* this.parsed(this.splitter.end());
  }

  private async *parsed(lines: readonly Line[]): AsyncGenerator<ReadRound> {
    for (let start = 0; start < lines.length; start += LINES_TOGETHER) {
      const some = lines.slice(start, start + LINES_TOGETHER);
      const parsed = await this.options.parse(some.map((line) => line ?? NOTHING));
      for (const [index, line] of some.entries()) {
        this.line++;
        const read = line === undefined ? this.tooLong() : this.readRound(parsed[index]);
        if (read !== undefined) yield read;
      }
    }
  }

  private readRound(parsed: ParsedLine | undefined): ReadRound | undefined {
    if (parsed === undefined || parsed.kind === 'blank') return undefined;
    const { file } = this.options;
    return parsed.kind === 'round'
      ? { kind: 'round', round: parsed.round, source: { file, line: this.line } }
      : this.bad(parsed.message);
  }

  private tooLong(): ReadRound {
    return this.bad(`expected at most ${String(this.options.lineLimitBytes)} bytes in a line, got more`);
  }

  private bad(message: string): ReadRound {
    const where = `${this.options.file}:${String(this.line)}`;
    return { kind: 'bad', error: new AppError('INPUT', `${where}: ${message}`) };
  }

  private gzipped(): AppError {
    const expected = 'expected lines that can be followed, JSON as it is';
    return new AppError('INPUT', `${this.options.file}: ${expected}, got a gzip stream`);
  }
}

const NOTHING = new Uint8Array();

/** One byte at a time is not how the head of a file comes. */
const isGzip = (piece: Uint8Array): boolean => GZIP_MAGIC.every((byte, at) => piece[at] === byte);
