import { readFile, rename, writeFile } from 'node:fs/promises';
import { AppError, messageOf, systemCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RawFlag } from './definition.ts';
import { readFeatures } from './poll.ts';

/** Files that stand in for the server until it has answered; each holds what its client API delivers. */
export interface FlagFiles {
  /** Written by an operator. Default: there is none. */
  readonly bootstrapFile: string | undefined;
  /** Written whenever the server delivers other flags; counts for more than the bootstrap file. Default: there is none. */
  readonly stateFile: string | undefined;
}

/**
 * What `take` makes of the flags in the files; undefined: there are none. `take` throws when they are malformed.
 * Rejects with `AppError` INPUT when that is the bootstrap file's fault.
 */
export async function readFlagFiles<T>(
  { bootstrapFile, stateFile }: FlagFiles,
  take: (features: readonly RawFlag[]) => T,
  log: Log,
): Promise<T | undefined> {
  const kept = stateFile === undefined ? undefined : await readStateFile(stateFile, take, log);
  if (kept !== undefined || bootstrapFile === undefined) return kept;
  try {
    return await readFlagFile(bootstrapFile, take);
  } catch (error) {
    throw new AppError('INPUT', messageOf(error), { cause: error });
  }
}

/** It is not there at the first start, and a broken one must not keep a service from starting. */
async function readStateFile<T>(
  path: string,
  take: (features: readonly RawFlag[]) => T,
  log: Log,
): Promise<T | undefined> {
  try {
    return await readFlagFile(path, take);
  } catch (error) {
    const isMissing = error instanceof Error && systemCode(error.cause) === 'ENOENT';
    if (!isMissing) log('warn', `the last known flags are left aside: ${messageOf(error)}`);
    return undefined;
  }
}

/** Rejects with an `Error` that starts with the path. */
async function readFlagFile<T>(path: string, take: (features: readonly RawFlag[]) => T): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`${path}: expected a file with flags, got ${messageOf(error)}`, { cause: error });
  });
  try {
    return take(readFeatures(JSON.parse(text)));
  } catch (error) {
    const expected = error instanceof SyntaxError ? 'expected JSON, got ' : '';
    throw new Error(`${path}: ${expected}${messageOf(error)}`, { cause: error });
  }
}

/** Whole or not at all. Rejects with errors of the file system. */
export async function writeStateFile(path: string, features: readonly RawFlag[]): Promise<void> {
  const draft = `${path}.${String(process.pid)}`;
  await writeFile(draft, `${JSON.stringify({ version: 2, features })}\n`, { mode: 0o600 });
  await rename(draft, path);
}
