import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf, systemCode } from '../../errors.ts';
import type { ReadRound } from '../../rounds/read.ts';
import type { FollowOptions } from './follow-options.ts';
import { LineReader } from './line-reader.ts';
import { pause } from './pause.ts';
import { Tail, openIfThere } from './tail.ts';

/** Captures in one folder; more take too long to look at. */
const MAX_FILES = 10_000;

/** A capture as it was last seen. */
interface Seen {
  readonly path: string;
  /** Device and inode: a file that is renamed is the same. */
  readonly identity: string;
  readonly size: number;
}

/** How far a capture was read. `zipped` ones are read at once, as soon as they grow no more. */
type Progress =
  | { readonly kind: 'plain'; readonly tail: Tail }
  | { readonly kind: 'zipped'; readonly size: number }
  | { readonly kind: 'done' };

/** All captures in a folder (`*.jsonl`, `*.jsonl.gz`), by name, and whatever is added to them. */
export async function* followFolder(
  folder: string,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<ReadRound> {
  let known = new Map<string, Progress>();
  if (options.from === 'end') {
    for (const seen of await look(folder)) known.set(seen.identity, whole(seen, options));
  }
  while (!signal.aborted) {
    const now = new Map<string, Progress>();
    for (const seen of await look(folder)) {
      if (signal.aborted) return;
      now.set(seen.identity, yield* readOn(seen, known.get(seen.identity), options, signal));
    }
    known = now;
    await pause(options.pollIntervalMs, signal);
  }
}

/** Rejects with `AppError` INPUT when there are too many, and with errors of the file system. */
async function look(folder: string): Promise<readonly Seen[]> {
  const names = (await readdir(folder)).filter((name) => /\.jsonl(\.gz)?$/.test(name)).toSorted();
  if (names.length > MAX_FILES) {
    const came = String(names.length);
    throw new AppError('INPUT', `${folder}: expected at most ${String(MAX_FILES)} captures, got ${came}`);
  }
  const seen: Seen[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    seen.push({ path, identity: `${String(stats.dev)}:${String(stats.ino)}`, size: stats.size });
  }
  return seen;
}

/** As a capture is that was read to its end. */
function whole({ path, size }: Seen, options: FollowOptions): Progress {
  if (isZipped(path)) return { kind: 'done' };
  const tail = new Tail({ ...options, file: path });
  tail.skip(size);
  return { kind: 'plain', tail };
}

const isZipped = (path: string): boolean => path.endsWith('.gz');

/** Reads what is new in one capture. One that cannot be read is told once and left alone. */
async function* readOn(
  seen: Seen,
  before: Progress | undefined,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<ReadRound, Progress> {
  const { path, size } = seen;
  if (before?.kind === 'done') return before;
  try {
    if (isZipped(path)) {
      // A file that is being copied here grows.
      if (before?.kind !== 'zipped' || before.size !== size) return { kind: 'zipped', size };
      yield* readZipped(path, options, signal);
      return { kind: 'done' };
    }
    const tail = before?.kind === 'plain' ? before.tail : new Tail({ ...options, file: path });
    if (size !== tail.position) yield* readPlain(path, tail, signal);
    return { kind: 'plain', tail };
  } catch (error) {
    yield { kind: 'bad', error: unreadable(path, error) };
    return { kind: 'done' };
  }
}

async function* readPlain(path: string, tail: Tail, signal: AbortSignal): AsyncGenerator<ReadRound> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    yield* tail.grown(file, signal);
  } finally {
    await file.close();
  }
}

async function* readZipped(
  path: string,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<ReadRound> {
  const reader = new LineReader({ ...options, file: path });
  const unzip = createGunzip();
  // An error of either side destroys `unzip`, and whoever iterates over it gets it.
  pipeline(createReadStream(path), unzip, () => undefined);
  for await (const piece of unzip as AsyncIterable<Uint8Array>) {
    yield* reader.read(piece);
    if (signal.aborted) return;
  }
  yield* reader.end();
}

function unreadable(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const what = systemCode(error)?.startsWith('Z_') === true ? 'a complete gzip stream' : 'a readable file';
  return new AppError('INPUT', `${path}: expected ${what}, got ${messageOf(error)}`, { cause: error });
}
