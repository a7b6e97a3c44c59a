import { stat } from 'node:fs/promises';
import { systemCode } from '../../errors.ts';
import type { ReadRound } from '../../rounds/read.ts';
import { followFile } from './follow-file.ts';
import { followFolder } from './follow-folder.ts';
import type { FollowOptions } from './follow-options.ts';
import { pause } from './pause.ts';
import type { RoundSource } from './source.ts';

/**
 * Rounds from a file that grows, or from all captures in a folder. Looks again and again: notices of the file system do
 * not come from every one. How far was read is not kept: a service that starts again begins where `from` says.
 */
export class Follow implements RoundSource {
  readonly kind = 'follow';
  readonly name: string;
  private readonly options: FollowOptions;

  constructor(path: string, options: FollowOptions) {
    this.name = path;
    this.options = options;
  }

  async *rounds(signal: AbortSignal): AsyncGenerator<ReadRound> {
    // What is there later was not there at the start.
    let { from } = this.options;
    while (!signal.aborted) {
      const found = await kindOf(this.name);
      const options = { ...this.options, from };
      if (found === 'folder') yield* followFolder(this.name, options, signal);
      if (found === 'file') yield* followFile(this.name, options, signal);
      from = 'start';
      await pause(this.options.pollIntervalMs, signal);
    }
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
