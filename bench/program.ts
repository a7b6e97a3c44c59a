import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ProgramRun {
  /** From launching it to its exit. */
  readonly ns: number;
  readonly stdout: string;
}

/** Runs a program to its end. Rejects when it fails, with what it said. */
export async function runProgram(file: string, args: readonly string[], cwd?: string): Promise<ProgramRun> {
  const start = process.hrtime.bigint();
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const ns = Number(process.hrtime.bigint() - start);
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${String(code)}: ${stderr}`);
  return { ns, stdout };
}
