import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs `go` in a folder; answers what it prints. Rejects with that, and with what it complains of, when it fails. */
export async function go(folder: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run('go', args, { cwd: folder, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`go ${args.join(' ')} in ${folder}: ${stdout}${stderr}`, { cause: error });
  }
}

/** Files in a folder that gofmt would write otherwise. */
export async function unformatted(folder: string): Promise<readonly string[]> {
  // Beside go, and not always on the path.
  const gofmt = join((await go(folder, 'env', 'GOROOT')).trim(), 'bin/gofmt');
  return (await run(gofmt, ['-l', '.'], { cwd: folder })).stdout.split('\n').filter(Boolean);
}

/** The race detector needs a C compiler; `go env` says 0 where there is none. */
export async function raceFlags(folder: string): Promise<readonly string[]> {
  return (await go(folder, 'env', 'CGO_ENABLED')).trim() === '1' ? ['-race'] : [];
}
