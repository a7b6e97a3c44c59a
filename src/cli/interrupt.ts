import { EXIT } from '../errors.ts';

/** Signals that end a run early. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborts on Ctrl-C or SIGTERM; a second one ends the process at once. `release` restores the default. */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
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
