/**
 * The characters that Go's `strconv.IsPrint` takes: letters, marks, numbers, punctuation, symbols, the ASCII space.
 * Node's Unicode is newer than Go's 15.0: characters that came later print here and are escaped there.
 */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const QUOTED: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** A Go string as text: bytes that are not UTF-8 are one U+FFFD each. */
export function goString(bytes: Uint8Array): string {
  return pieces(bytes, () => '\uFFFD').join('');
}

/** Go's `strconv.Quote`. */
export function quote(bytes: Uint8Array): string {
  const quoted = pieces(bytes, (byte) => `\\x${hex(byte, 2)}`, quoteCharacter);
  return `"${quoted.join('')}"`;
}

/** Go's `%#U` of one byte taken as a code point: `U+0069 'i'`, without the character where it does not print. */
export function codePoint(byte: number): string {
  const character = String.fromCharCode(byte);
  const code = `U+${hex(byte, 4).toUpperCase()}`;
  return PRINTABLE.test(character) ? `${code} '${character}'` : code;
}

function quoteCharacter(character: string): string {
  const known = QUOTED.get(character);
  if (known !== undefined) return known;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** The characters of a Go string in order, with what `invalid` makes of each byte that is not UTF-8. */
function pieces(
  bytes: Uint8Array,
  invalid: (byte: number) => string,
  valid: (character: string) => string = (character) => character,
): string[] {
  const result: string[] = [];
  let pos = 0;
  while (pos < bytes.length) {
    const lead = bytes[pos] ?? 0;
    const length = sequenceLength(bytes, pos, lead);
    result.push(length === 0 ? invalid(lead) : valid(decode(bytes, pos, lead, length)));
    pos += Math.max(1, length);
  }
  return result;
}

/** The length of the UTF-8 sequence at `pos`, 0 when there is none: no overlong ones, no surrogates, none above U+10FFFF. */
function sequenceLength(bytes: Uint8Array, pos: number, lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[pos + 1] ?? 0;
  if (second < lowest || second > highest) return 0;
  for (let at = pos + 2; at < pos + length; at++) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function decode(bytes: Uint8Array, pos: number, lead: number, length: number): string {
  if (length === 1) return String.fromCharCode(lead);
  let code = lead & (0x7f >> length);
  for (let at = pos + 1; at < pos + length; at++) code = (code << 6) | ((bytes[at] ?? 0) & 0x3f);
  return String.fromCodePoint(code);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
