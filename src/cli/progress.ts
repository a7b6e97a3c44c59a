import { counted, grouped } from '../../harness/report-text.ts';

const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 2000;
const BAR_CELLS = 24;
const CLEAR_LINE = '\r\u001b[K';

/** How far a run is. */
export interface ProgressState {
  readonly rounds: number;
  /** From 0 to 1; undefined when the end is not known. */
  readonly share: number | undefined;
  /** Undefined: nothing is looked for. */
  readonly findings: number | undefined;
}

/** Shows on standard error how far a run is: a bar on a terminal, a line every two seconds elsewhere. */
export function showProgress(read: () => ProgressState): { stop(): void } {
  const stream = process.stderr;
  const terminal = stream.isTTY;
  const started = performance.now();
  const timer = setInterval(
    () => {
      const line = progressLine(read(), (performance.now() - started) / 1000, terminal);
      stream.write(terminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
    },
    terminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS,
  );
  return {
    stop: () => {
      clearInterval(timer);
      if (terminal) stream.write(CLEAR_LINE);
    },
  };
}

/** e.g. `[######------] 50 %  600 rounds  2,400/s  0 findings`. */
export function progressLine(
  { rounds, share, findings }: ProgressState,
  seconds: number,
  bar: boolean,
): string {
  const rate = seconds > 0 ? Math.round(rounds / seconds) : 0;
  const found = findings === undefined ? [] : [counted(findings, 'finding')];
  const parts = [counted(rounds, 'round'), `${grouped(rate)}/s`, ...found];
  if (share === undefined) return parts.join('  ');
  const percent = `${String(Math.floor(share * 100))} %`;
  if (!bar) return [percent, ...parts].join('  ');
  const full = Math.floor(share * BAR_CELLS);
  return [`[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${percent}`, ...parts].join('  ');
}
