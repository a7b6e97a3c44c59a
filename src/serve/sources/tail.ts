import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { systemCode } from '../../errors.ts';
import type { ReadRound } from '../../rounds/read.ts';
import { LineReader } from './line-reader.ts';
import type { LineReaderOptions } from './line-reader.ts';

const PIECE_BYTES = 256 * 1024;

/** Where the reading of a file begins. */
export const BEGINNINGS = ['start', 'end'] as const;
export type Beginning = (typeof BEGINNINGS)[number];

/** One file that grows, as far as it was read. */
export class Tail {
  private readonly options: LineReaderOptions;
  private reader: LineReader;
  /** Bytes before the reader's. */
  private skipped = 0;

  constructor(options: LineReaderOptions) {
    this.options = options;
    this.reader = new LineReader(options);
  }

  /** In bytes from the start of the file. */
  get position(): number {
    return this.skipped + this.reader.position;
  }

  /** What is there already is left out. */
  skip(bytes: number): void {
    this.skipped = bytes;
  }

  /** Everything that was added since. A file that became shorter is read from its start again. */
  async *grown(file: FileHandle, signal: AbortSignal): AsyncGenerator<ReadRound> {
    const { size } = await file.stat();
    if (size < this.position) this.restart();
    while (!signal.aborted) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, this.position);
      if (bytesRead === 0) return;
      yield* this.reader.read(piece.subarray(0, bytesRead));
    }
  }

  /** What comes after the last line feed, once the file grows no more. */
  end(): AsyncGenerator<ReadRound> {
    return this.reader.end();
  }

  private restart(): void {
    this.skipped = 0;
    this.reader = new LineReader(this.options);
  }
}

/** Undefined: there is no such file. Rejects with every other error of the file system. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
