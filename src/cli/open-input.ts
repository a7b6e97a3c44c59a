import { statSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { ParseThread } from '../rounds/parse-thread.ts';
import { readRounds } from '../rounds/read.ts';
import type { LooppOptions } from './loopp.ts';
import type { RunInput } from './run-input.ts';
import { packageFile } from './version.ts';

export interface RunInputOptions extends LooppOptions {
  readonly seed: number;
  /** Rounds of OCR of a simulated DON; absent: captures. */
  readonly simulate?: number;
}

/** Throws `AppError` USAGE when rounds cannot come from both. */
export function checkInput(files: readonly string[], simulate: number | undefined): void {
  if (simulate === undefined || files.length === 0) return;
  throw new AppError('USAGE', `--simulate: expected no FILE beside it, got ${files.join(' ')}`);
}

/** Captures, by default the bundled one, or a simulated DON. Rejects as the simulator's start does. */
export async function openInput(
  files: readonly string[],
  options: RunInputOptions,
  signal: AbortSignal,
): Promise<RunInput> {
  const { simulate } = options;
  if (simulate === undefined) {
    return captureInput(files.length === 0 ? [packageFile('examples/don-2025-09.jsonl.gz')] : files);
  }
  const { simulatedInput } = await import('./simulate/input.ts');
  return simulatedInput({ ...options, rounds: simulate }, signal);
}

function captureInput(files: readonly string[]): RunInput {
  const thread = new ParseThread();
  const size = sizeOf(files);
  let bytesRead = 0;
  return {
    reads: (signal) =>
      readRounds(files, process.stdin, {
        onBytes: (count) => {
          bytesRead += count;
        },
        signal,
        parse: (lines) => thread.parse(lines),
      }),
    share: () => bytesRead / size,
    close: () => thread.close(),
  };
}

/** Bytes of all files together; NaN when one has no size, such as standard input. */
function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + fileSize(file), 0);
}

function fileSize(file: string): number {
  if (file === '-') return NaN;
  try {
    return statSync(file).size;
  } catch {
    return NaN;
  }
}
