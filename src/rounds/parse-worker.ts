import { parentPort } from 'node:worker_threads';
import { parseLine } from './parse-lines.ts';
import type { LinesMessage } from './parse-thread.ts';

/** The other end of `ParseThread`: answers each message of lines with what they say, in order. */
parentPort?.on('message', ({ bytes, ends }: LinesMessage) => {
  const memory = new RoundMemory(bytes.byteLength);
  const lines = new Uint8Array(bytes);
  const parsed = ends.map((end, index) =>
    parseLine(lines.subarray(ends[index - 1] ?? 0, end), memory.decode),
  );
  parentPort?.postMessage(parsed, [memory.buffer]);
});

/**
 * One piece of memory for the bytes of all rounds of a message, so that they move to the other thread and are not copied.
 * Base64 is longer than what it says, so as many bytes as the lines have are enough.
 */
class RoundMemory {
  readonly buffer: ArrayBuffer;
  private readonly memory: Buffer;
  private used = 0;

  constructor(size: number) {
    this.buffer = new ArrayBuffer(size);
    this.memory = Buffer.from(this.buffer);
  }

  readonly decode = (text: string): Uint8Array => {
    const start = this.used;
    this.used += this.memory.write(text, start, 'base64');
    return new Uint8Array(this.buffer, start, this.used - start);
  };
}
