import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import type { ReadRound } from '../../rounds/read.ts';
import { LineReader } from './line-reader.ts';
import type { LineReaderOptions } from './line-reader.ts';
import type { RoundSource } from './source.ts';

/** Lines from standard input until it ends; the service goes on after that. */
export class StandardInput implements RoundSource {
  readonly kind = 'stdin';
  readonly name = 'standard input';
  private readonly stream: Readable;
  private readonly options: Omit<LineReaderOptions, 'file'>;

  constructor(stream: Readable, options: Omit<LineReaderOptions, 'file'>) {
    this.stream = stream;
    this.options = options;
  }

  async *rounds(signal: AbortSignal): AsyncGenerator<ReadRound> {
    const reader = new LineReader({ ...this.options, file: this.name });
    // It may wait for ever.
    addAbortSignal(signal, this.stream);
    try {
      for await (const piece of this.stream as AsyncIterable<Uint8Array>) yield* reader.read(piece);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    yield* reader.end();
  }
}
