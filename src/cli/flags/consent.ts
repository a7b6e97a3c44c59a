import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../../errors.ts';

/** Where a person is asked; the question goes to standard error, which is not redirected with the result. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

export type Consent = 'yes' | 'no' | 'interrupted';

/** Asks a person, unless `yes` was given. Throws `AppError` USAGE when there is neither. */
export async function consentTo(yes: boolean, terminal: Terminal): Promise<Consent> {
  if (yes) return 'yes';
  if (terminal.input.isTTY !== true) {
    throw new AppError(
      'USAGE',
      '--yes: expected it, or a terminal to ask on, got neither; nothing is changed',
    );
  }
  const lines = createInterface({ ...terminal, terminal: true });
  const gone = new AbortController();
  lines.once('SIGINT', () => gone.abort()).once('close', () => gone.abort());
  try {
    const answer = await lines.question('change it? [y/N] ', { signal: gone.signal });
    return /^\s*y(?:es)?\s*$/i.test(answer) ? 'yes' : 'no';
  } catch {
    return 'interrupted';
  } finally {
    lines.close();
  }
}
