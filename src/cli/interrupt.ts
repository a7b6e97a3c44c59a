import { EXIT } from '../errors.ts';

/** Signals that end a run early. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborts on Ctrl-C or SIGTERM. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Restores what the signals do by default. */
  release(): void;
}

/** A second signal ends the process at once. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    // A progress bar stays on its line of the terminal.
    const newLine = process.stderr.isTTY ? '\n' : '';
    process.stderr.write(`${newLine}interrupted: finishing what is in progress; once more ends at once\n`);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, interrupt);
    },
  };
}

/** What `start` starts; undefined when the interruption ended that. Rejects as `start` does otherwise. */
export async function startUnlessInterrupted<T>(
  interrupt: Interrupt,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { signal } = interrupt;
  try {
    return await start(signal);
  } catch (error) {
    interrupt.release();
    if (signal.aborted) return undefined;
    throw error;
  }
}
