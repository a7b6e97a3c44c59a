import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';

const DEFAULT_FOLDER = 'securemint-shadow-out';

/** Makes the folder that a run writes to: `path`, or one named by the time, to which `latest` then points. */
export async function makeOutputFolder(path: string | undefined): Promise<string> {
  const folder = path ?? join(DEFAULT_FOLDER, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  try {
    await mkdir(folder, { recursive: true });
    if (path === undefined) await pointLatestTo(folder);
  } catch (error) {
    throw new AppError(
      'OUTPUT',
      `${folder}: expected to make the output folder there, got ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  return folder;
}

/** A link cannot be changed in place; renaming over it leaves no moment without one. */
async function pointLatestTo(folder: string): Promise<void> {
  const latest = join(dirname(folder), 'latest');
  const fresh = `${latest}-${String(process.pid)}`;
  await symlink(basename(folder), fresh);
  await rename(fresh, latest);
}

/** Writes a report file. Rejects with `AppError` OUTPUT. */
export async function writeReport(path: string, content: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    throw new AppError('OUTPUT', `${path}: expected to write the report there, got ${messageOf(error)}`, {
      cause: error,
    });
  }
}
