import type { Paint } from '../../harness/report-text.ts';
import { readConfig } from '../config.ts';

const plain = (text: string): string => text;
const code =
  (start: number) =>
  (text: string): string =>
    `\u001b[${String(start)}m${text}\u001b[0m`;

/** Colours for a terminal; none elsewhere and with NO_COLOR. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  if (stream.isTTY !== true || readConfig().noColor)
    return { good: plain, bad: plain, dim: plain, bold: plain };
  return { good: code(32), bad: code(31), dim: code(2), bold: code(1) };
}
