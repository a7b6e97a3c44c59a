import { counted } from '../../../harness/report-text.ts';

const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 2000;
const CLEAR_LINE = '\r\u001b[K';

/** Shows on standard error how far shrinking is; nothing in its first moments. */
export function showTries(): { tell(tries: number, bytes: number): void; stop(): void } {
  const stream = process.stderr;
  const terminal = stream.isTTY;
  const every = terminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
  let told = performance.now();
  return {
    tell: (tries, bytes) => {
      const now = performance.now();
      if (now - told < every) return;
      told = now;
      const line = `shrinking: ${String(tries)} tried, ${counted(bytes, 'byte')} left`;
      stream.write(terminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
    },
    stop: () => {
      if (terminal) stream.write(CLEAR_LINE);
    },
  };
}
