import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, messageOf, systemCode } from '../errors.ts';
import { MAIN_FILE } from './version.ts';

/** The option of `plugin` that goes with `--write-launcher`. */
export interface LauncherOptions {
  /** Replace a file that is there. */
  readonly force: boolean;
  /** Start `plugin --shadow`. */
  readonly shadow: boolean;
}

/**
 * Writes the executable that a node's CL_SECURE_MINT_CMD names: that variable holds one path and no arguments, and the
 * node starts it with neither PATH nor HOME (docs/spec/loopp-wire.md A.1). Rejects with `AppError` OUTPUT.
 */
export async function writeLauncher(file: string, { force, shadow }: LauncherOptions): Promise<void> {
  const path = resolve(file);
  await place(path, launcherText(process.execPath, MAIN_FILE, shadow), force).catch((error: unknown) => {
    throw new AppError('OUTPUT', refusal(path, error), { cause: error });
  });
  process.stdout.write(
    `wrote ${path}; it starts ${MAIN_FILE} with ${process.execPath}, write it again when either moves\n` +
      `set in the node's environment: CL_SECURE_MINT_CMD=${quoted(path)}\n`,
  );
}

/** The shell script; both paths are absolute. */
export function launcherText(node: string, main: string, shadow = false): string {
  const command = shadow ? 'plugin --shadow' : 'plugin';
  return `#!/bin/sh\nexec ${quoted(node)} ${quoted(main)} ${command} "$@"\n`;
}

/** A word for the shell, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w/.:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A node may start the file at any time: it is replaced at once, never half written. */
async function place(path: string, text: string, force: boolean): Promise<void> {
  const target = force ? `${path}.${String(process.pid)}.new` : path;
  await writeFile(target, text, { flag: 'wx' });
  try {
    // Whatever the umask says: the node may run as another user.
    await chmod(target, 0o755);
    if (force) await rename(target, path);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

function refusal(path: string, error: unknown): string {
  return systemCode(error) === 'EEXIST'
    ? `--write-launcher: expected no file at ${path}, got one (--force replaces it)`
    : `--write-launcher: expected to write ${path}, got ${messageOf(error)}`;
}
