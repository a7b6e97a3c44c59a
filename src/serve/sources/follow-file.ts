import { stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { systemCode } from '../../errors.ts';
import type { ReadRound } from '../../rounds/read.ts';
import type { FollowOptions } from './follow-options.ts';
import { pause } from './pause.ts';
import { Tail, openIfThere } from './tail.ts';

/**
 * What is written to a path. Another file that takes its place, as log rotation does, is read from its start once the
 * first is read to its end.
 */
export async function* followFile(
  path: string,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<ReadRound> {
  let { from } = options;
  while (!signal.aborted) {
    const file = await openIfThere(path);
    if (file === undefined) {
      await pause(options.pollIntervalMs, signal);
      continue;
    }
    try {
      const tail = new Tail({ ...options, file: path });
      if (from === 'end') tail.skip((await file.stat()).size);
      yield* untilReplaced(path, file, tail, options.pollIntervalMs, signal);
    } finally {
      await file.close();
    }
    from = 'start';
  }
}

async function* untilReplaced(
  path: string,
  file: FileHandle,
  tail: Tail,
  pollIntervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<ReadRound> {
  while (!signal.aborted) {
    // Asked first: whatever was written before the file was replaced is read after that.
    const replaced = await isReplaced(path, file);
    yield* tail.grown(file, signal);
    if (replaced) {
      yield* tail.end();
      return;
    }
    await pause(pollIntervalMs, signal);
  }
}

/** A path at which there is nothing for a moment is not replaced yet. */
async function isReplaced(path: string, file: FileHandle): Promise<boolean> {
  try {
    const [there, open] = await Promise.all([stat(path), file.stat()]);
    return there.ino !== open.ino || there.dev !== open.dev;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
