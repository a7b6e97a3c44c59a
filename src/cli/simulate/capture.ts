import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Round } from '../../contract/round.ts';
import { AppError, messageOf, systemCode } from '../../errors.ts';
import { formatRound } from '../../rounds/format.ts';

/**
 * Writes rounds as a capture (docs/captures.md), gzipped when the name ends with `.gz`. The next round is asked for when
 * there is room for it. Rejects with `AppError` OUTPUT for a file that cannot be written or, without `force`, is there
 * already; and with what `rounds` rejects with, once those before are in the file.
 */
export async function writeCapture(
  file: string,
  rounds: AsyncIterable<Round>,
  { force }: { readonly force: boolean },
): Promise<void> {
  const handle = await open(file, force ? 'w' : 'wx').catch((error: unknown) => {
    throw refused(file, error);
  });
  const lines = new Lines(rounds);
  await write(handle, file, Readable.from(lines.texts())).catch((error: unknown) => {
    throw refused(file, error);
  });
  if (lines.failure !== undefined) throw lines.failure.cause;
}

function write(handle: FileHandle, file: string, lines: Readable): Promise<void> {
  const target = handle.createWriteStream();
  return file.endsWith('.gz') ? pipeline(lines, createGzip(), target) : pipeline(lines, target);
}

/** The lines of a capture; a failure ends them as their end does, so that the file is whole. */
class Lines {
  failure: { readonly cause: unknown } | undefined;
  private readonly rounds: AsyncIterable<Round>;

  constructor(rounds: AsyncIterable<Round>) {
    this.rounds = rounds;
  }

  async *texts(): AsyncGenerator<string> {
    try {
      for await (const round of this.rounds) yield `${JSON.stringify(formatRound(round))}\n`;
    } catch (cause) {
      this.failure = { cause };
    }
  }
}

function refused(file: string, error: unknown): AppError {
  const text =
    systemCode(error) === 'EEXIST'
      ? `--out: expected no file at ${file}, got one (--force replaces it)`
      : `--out: expected to write ${file}, got ${messageOf(error)}`;
  return new AppError('OUTPUT', text, { cause: error });
}
