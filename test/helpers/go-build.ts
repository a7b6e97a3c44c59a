import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Whether there is a `go` command. */
export function goAvailable(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/**
 * Builds commands of the Go module in `source`; `output` is a file, or with a slash at its end a folder. The first build
 * on a machine downloads modules and takes a minute or so. Rejects with what `go build` says.
 */
export async function goBuild(source: string, output: string, packages: string): Promise<void> {
  // No version control stamp: git refuses to look into a checkout that another user owns.
  await go(source, ['build', '-buildvcs=false', '-o', output, packages]);
}

/** Runs the Go program in `source`. Rejects with what it says on standard error when it fails. */
export async function goRun(source: string, ...args: readonly string[]): Promise<void> {
  await go(source, ['run', '-buildvcs=false', '.', ...args]);
}

async function go(source: string, args: readonly string[]): Promise<void> {
  if (!goAvailable()) throw new Error(`expected the command "go" for ${source}, found none`);
  const child = spawn('go', args, { cwd: source, stdio: ['ignore', 'ignore', 'pipe'] });
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0)
    throw new Error(`go ${args[0] ?? ''} in ${source} ended with ${String(code)}: ${complaint}`);
}
