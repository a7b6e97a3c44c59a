import { Worker } from 'node:worker_threads';
import type { ParsedLine } from './parse-lines.ts';

/** What the thread is given: lines behind each other and where each ends, in bytes. Its memory moves to the thread. */
export interface LinesMessage {
  readonly bytes: ArrayBuffer;
  readonly ends: readonly number[];
}

interface Waiting {
  readonly resolve: (parsed: readonly ParsedLine[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Parses lines of captures in a thread of its own, so that reading and checking them takes no time from the thread that
 * asks the lanes: a fifth of its work (docs/performance.md).
 */
export class ParseThread {
  private readonly worker = new Worker(new URL('./parse-worker.js', import.meta.url));
  /** In the order in which the lines were sent, which is the order of the answers. */
  private readonly waiting: Waiting[] = [];
  private failure: Error | undefined;

  constructor() {
    this.worker.on('message', (parsed: readonly ParsedLine[]) => this.waiting.shift()?.resolve(parsed));
    this.worker.on('error', (error: Error) => this.fail(error));
    this.worker.on('exit', () => this.fail(new Error('the reading thread has ended')));
  }

  /** `ParseLines`. Rejects once the thread has ended. */
  parse(lines: readonly Uint8Array[]): Promise<readonly ParsedLine[]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      const message = joined(lines);
      this.worker.postMessage(message, [message.bytes]);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

function joined(lines: readonly Uint8Array[]): LinesMessage {
  const ends: number[] = [];
  let end = 0;
  for (const line of lines) ends.push((end += line.length));
  const bytes = new Uint8Array(end);
  for (const [index, line] of lines.entries()) bytes.set(line, (ends[index] ?? 0) - line.length);
  return { bytes: bytes.buffer, ends };
}
