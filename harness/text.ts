/** Texts and bytes for people: bounded, and safe to print on a terminal. */

const SHOWN_BYTES = 32;
const SHOWN_CHARACTERS = 64;
/** How much is shown from where two long values begin to differ. */
const WINDOW_BYTES = 16;
const WINDOW_CHARACTERS = 32;

/** `0x` hex; past 32 bytes the first and last 16 with the length. */
export function shortHex(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'no bytes';
  if (bytes.length <= SHOWN_BYTES) return `0x${hex(bytes)}`;
  const half = SHOWN_BYTES / 2;
  return `0x${hex(bytes.subarray(0, half))}…${hex(bytes.subarray(-half))} (${String(bytes.length)} bytes)`;
}

/** `0x` hex of what begins at an offset, with the offset: for values whose beginnings are alike. */
export function hexFrom(bytes: Uint8Array, offset: number): string {
  const window = bytes.subarray(offset, offset + WINDOW_BYTES);
  const more = offset + WINDOW_BYTES < bytes.length ? '…' : '';
  const shown = window.length === 0 ? 'nothing' : `0x${hex(window)}${more}`;
  return `${shown} (from byte ${String(offset)} of ${String(bytes.length)})`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Cuts a text in the middle, with its length, when it is longer than the limit. */
export function shortText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}…${text.slice(-half)} (${String(text.length)} characters)`;
}

/** What begins at a character, with its number. */
export function textFrom(text: string, offset: number, show: (part: string) => string): string {
  const more = offset + WINDOW_CHARACTERS < text.length ? '…' : '';
  const part = text.slice(offset, offset + WINDOW_CHARACTERS);
  const shown = part === '' ? 'nothing' : show(part) + more;
  return `${shown} (from character ${String(offset)} of ${String(text.length)})`;
}

/** A quoted text of any origin, cut past 64 characters. */
export function shortQuoted(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return quoted(text);
  const half = SHOWN_CHARACTERS / 2;
  return `${quoted(text.slice(0, half))}…${quoted(text.slice(-half))} (${String(text.length)} characters)`;
}

export function quoted(text: string): string {
  return `"${printable(text.replaceAll(/["\\]/g, String.raw`\$&`))}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes everything that a terminal does not show as itself: control, format and unassigned characters. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** The first index at which two sequences differ: their common length when one begins with the other. */
export function firstDifference(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at++;
  return at;
}
