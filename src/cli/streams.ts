import { EXIT, messageOf, systemCode } from '../errors.ts';

/**
 * A reader that leaves early (`| head`) is no error of ours: what follows is written to nobody, and the exit code still
 * tells the answer. Anything else that keeps standard output from being written ends the process.
 */
export function tolerateClosedReaders(): void {
  process.stdout.on('error', (error) => {
    if (systemCode(error) === 'EPIPE') return;
    process.stderr.write(
      `securemint-shadow: standard output: expected to write there, got ${messageOf(error)}\n`,
    );
    process.exit(EXIT.notStarted);
  });
  process.stderr.on('error', () => undefined);
}
