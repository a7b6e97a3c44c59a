/**
 * JSON as Go's encoding/json accepts it (docs/spec/aggregator.md H.4), as tokens over the bytes: integers keep every
 * digit, duplicate members stay in document order. `JSON.parse` loses both.
 */

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'array' | 'object';

/** A value inside a valid document; `end` is exclusive. Strings include their quotes. */
export interface JsonToken {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** Of an object that is a whole document: what was met while it was checked, so that it is not read twice. */
  readonly members?: readonly MemberTokens[];
}

interface MemberTokens {
  readonly key: JsonToken;
  readonly value: JsonToken;
}

export interface JsonMember {
  /** Unescaped; invalid UTF-8 and lone surrogates are U+FFFD. */
  readonly key: string;
  readonly value: JsonToken;
}

/** encoding/json's maxNestingDepth. */
const MAX_DEPTH = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Checks a whole document and answers its top-level value, or undefined when it is not valid JSON. */
export function parseJson(bytes: Uint8Array): JsonToken | undefined {
  return new Scanner(bytes).document();
}

/** The members of an object token in document order, duplicates included. */
export function jsonMembers(bytes: Uint8Array, object: JsonToken): readonly JsonMember[] {
  if (object.members !== undefined) {
    return object.members.map(({ key, value }) => ({ key: jsonString(bytes, key), value }));
  }
  const members: JsonMember[] = [];
  const scanner = new Scanner(bytes, object.start + 1);
  while (scanner.nextIsNot(CLOSE_OBJECT)) {
    const key = scanner.token();
    scanner.nextIs(COLON);
    members.push({ key: jsonString(bytes, key), value: scanner.token() });
    if (!scanner.nextIs(COMMA)) break;
  }
  return members;
}

/** The items of an array token. */
export function jsonItems(bytes: Uint8Array, array: JsonToken): readonly JsonToken[] {
  const items: JsonToken[] = [];
  const scanner = new Scanner(bytes, array.start + 1);
  while (scanner.nextIsNot(CLOSE_ARRAY)) {
    items.push(scanner.token());
    if (!scanner.nextIs(COMMA)) break;
  }
  return items;
}

/** The digits of a number token as written. */
export function jsonNumber(bytes: Uint8Array, number: JsonToken): string {
  return latin1(bytes, number.start, number.end);
}

/** The text of a string token. */
export function jsonString(bytes: Uint8Array, string: JsonToken): string {
  const start = string.start + 1;
  const end = string.end - 1;
  let plain = true;
  for (let pos = start; pos < end && plain; pos++) {
    const byte = bytes[pos] ?? 0;
    plain = byte < 0x80 && byte !== BACKSLASH;
  }
  return plain ? latin1(bytes, start, end) : unescape(bytes, start, end);
}

/**
 * The bytes of a string token when it has no escape: a view, so that large base64 texts are not copied. Undefined
 * when there is one; then `jsonString` has the text.
 */
export function plainStringBytes(bytes: Uint8Array, string: JsonToken): Uint8Array | undefined {
  const view = bytes.subarray(string.start + 1, string.end - 1);
  return view.includes(BACKSLASH) ? undefined : view;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24)
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  let text = '';
  for (let pos = start; pos < end; pos++) text += String.fromCharCode(bytes[pos] ?? 0);
  return text;
}

const LOW_BITS = [0x7f, 0x1f, 0x0f, 0x07] as const;
const REPLACEMENT = 0xfffd;
const ESCAPES: Readonly<Record<string, number>> = { b: 0x08, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 };

/**
 * Text with escapes or beyond ASCII, in one pass into UTF-16. Go replaces each invalid byte by one U+FFFD, the web's
 * decoder each maximal invalid run.
 */
function unescape(bytes: Uint8Array, start: number, end: number): string {
  const units = new Uint16Array(end - start);
  let count = 0;
  let pos = start;
  while (pos < end) {
    const byte = bytes[pos] ?? 0;
    if (byte === BACKSLASH) {
      const isUnicode = bytes[pos + 1] === 0x75;
      units[count++] = isUnicode ? hexUnit(bytes, pos + 2) : escapedUnit(bytes[pos + 1] ?? 0);
      pos += isUnicode ? 6 : 2;
      continue;
    }
    const length = utf8Length(bytes, pos, end);
    const point = length === 0 ? REPLACEMENT : codePoint(bytes, pos, length);
    if (point > 0xffff) {
      units[count++] = 0xd800 + ((point - 0x1_0000) >> 10);
      units[count++] = 0xdc00 + ((point - 0x1_0000) & 0x3ff);
    } else units[count++] = point;
    pos += Math.max(length, 1);
  }
  // Lone surrogates can only come from escapes; they are U+FFFD in Go.
  return utf16(units.subarray(0, count)).toWellFormed();
}

function utf16(units: Uint16Array): string {
  return Buffer.from(units.buffer, units.byteOffset, units.byteLength).toString('utf16le');
}

function escapedUnit(letter: number): number {
  return ESCAPES[String.fromCharCode(letter)] ?? letter;
}

function hexUnit(bytes: Uint8Array, pos: number): number {
  return Number.parseInt(latin1(bytes, pos, pos + 4), 16);
}

function codePoint(bytes: Uint8Array, pos: number, length: number): number {
  let point = (bytes[pos] ?? 0) & (LOW_BITS[length - 1] ?? 0);
  for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[pos + i] ?? 0) & 0x3f);
  return point;
}

/** The length of the valid UTF-8 sequence at `pos`, 0 when there is none. */
function utf8Length(bytes: Uint8Array, pos: number, end: number): number {
  const lead = bytes[pos] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (pos + length > end) return 0;
  for (let i = 1; i < length; i++) {
    if (((bytes[pos + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[pos + 1] ?? 0;
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  return lead === 0xf4 && second > 0x8f ? 0 : length;
}

class Scanner {
  private readonly bytes: Uint8Array;
  private pos: number;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
  }

  document(): JsonToken | undefined {
    this.space();
    const token = this.bytes[this.pos] === OPEN_OBJECT ? this.objectDocument() : this.valueToken(0);
    this.space();
    return this.pos === this.bytes.length ? token : undefined;
  }

  /** The document's object, member by member. */
  private objectDocument(): JsonToken | undefined {
    const start = this.pos++;
    const members: MemberTokens[] = [];
    let more = this.nextIsNot(CLOSE_OBJECT);
    while (more) {
      this.space();
      const keyStart = this.pos;
      if (this.bytes[keyStart] !== QUOTE || !this.string()) return undefined;
      const key: JsonToken = { kind: 'string', start: keyStart, end: this.pos };
      const value = this.nextIs(COLON) ? this.valueToken(1) : undefined;
      if (value === undefined) return undefined;
      members.push({ key, value });
      more = this.nextIs(COMMA);
    }
    return this.nextIs(CLOSE_OBJECT) ? { kind: 'object', start, end: this.pos, members } : undefined;
  }

  /** `outer` containers are open around the value. */
  private valueToken(outer: number): JsonToken | undefined {
    this.space();
    const start = this.pos;
    const kind = this.value(outer);
    return kind === undefined ? undefined : { kind, start, end: this.pos };
  }

  /** The next value of a document that is known to be valid. */
  token(): JsonToken {
    return this.valueToken(0) ?? { kind: 'null', start: this.pos, end: this.pos };
  }

  /** Skips white space and, when it comes next, `byte`. */
  nextIs(byte: number): boolean {
    this.space();
    if (this.bytes[this.pos] !== byte) return false;
    this.pos++;
    return true;
  }

  nextIsNot(byte: number): boolean {
    this.space();
    return this.bytes[this.pos] !== byte;
  }

  private space(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.pos];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.pos++;
    }
  }

  /** Reads one value, containers with an explicit stack. Answers its kind, or undefined when it is not valid. */
  private value(outer: number): JsonKind | undefined {
    const open: number[] = [];
    let outermost: JsonKind | undefined;
    for (;;) {
      const kind = this.scalarOrOpen(open, outer);
      if (kind === undefined) return undefined;
      outermost ??= kind;
      if (!this.closeAndContinue(open)) return undefined;
      if (open.length === 0) return outermost;
    }
  }

  /** Reads down to the next scalar or empty container. */
  private scalarOrOpen(open: number[], outer: number): JsonKind | undefined {
    let first: JsonKind | undefined;
    for (;;) {
      this.space();
      const byte = this.bytes[this.pos];
      if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) {
        const kind = this.scalar(byte);
        return kind === undefined ? undefined : (first ?? kind);
      }
      first ??= byte === OPEN_OBJECT ? 'object' : 'array';
      if (open.length + outer >= MAX_DEPTH) return undefined;
      this.pos++;
      open.push(byte);
      // `{` and `[` are two below `}` and `]` in ASCII.
      if (!this.nextIsNot(byte + 2)) return first;
      if (byte === OPEN_OBJECT && !this.memberName()) return undefined;
    }
  }

  /** After a value: closes what ends here; true when the document may go on (another value follows, or all is closed). */
  private closeAndContinue(open: number[]): boolean {
    while (open.length > 0) {
      const container = open.at(-1) ?? 0;
      if (this.nextIs(container + 2)) {
        open.pop();
        continue;
      }
      if (!this.nextIs(COMMA)) return false;
      return container === OPEN_ARRAY || this.memberName();
    }
    return true;
  }

  private memberName(): boolean {
    this.space();
    return this.bytes[this.pos] === QUOTE && this.string() && this.nextIs(COLON);
  }

  private scalar(byte: number | undefined): JsonKind | undefined {
    switch (byte) {
      case QUOTE:
        return this.string() ? 'string' : undefined;
      case 0x74:
        return this.word('true') ? 'true' : undefined;
      case 0x66:
        return this.word('false') ? 'false' : undefined;
      case 0x6e:
        return this.word('null') ? 'null' : undefined;
      default:
        return this.number() ? 'number' : undefined;
    }
  }

  private word(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.pos + i] !== word.charCodeAt(i)) return false;
    }
    this.pos += word.length;
    return true;
  }

  private string(): boolean {
    const { bytes } = this;
    let pos = this.pos + 1;
    for (;;) {
      const byte = bytes[pos];
      if (byte === undefined || byte < 0x20) return false;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, pos);
        if (length === 0) return false;
        pos += length;
      } else pos++;
    }
    this.pos = pos + 1;
    return true;
  }

  private number(): boolean {
    if (this.bytes[this.pos] === MINUS) this.pos++;
    if (this.bytes[this.pos] === ZERO) this.pos++;
    else if (!this.digits()) return false;
    if (this.bytes[this.pos] === 0x2e) {
      this.pos++;
      if (!this.digits()) return false;
    }
    const exponent = this.bytes[this.pos];
    if (exponent === 0x65 || exponent === 0x45) {
      this.pos++;
      const sign = this.bytes[this.pos];
      if (sign === 0x2b || sign === MINUS) this.pos++;
      return this.digits();
    }
    return true;
  }

  private digits(): boolean {
    const start = this.pos;
    for (;;) {
      const byte = this.bytes[this.pos] ?? 0;
      if (byte < ZERO || byte > 0x39) return this.pos > start;
      this.pos++;
    }
  }
}

/** The length of the escape sequence at `pos`, 0 when it is not one. */
function escapeLength(bytes: Uint8Array, pos: number): number {
  const letter = String.fromCharCode(bytes[pos + 1] ?? 0);
  if (letter !== 'u') return '"\\/bfnrt'.includes(letter) ? 2 : 0;
  for (let i = 2; i < 6; i++) {
    const byte = bytes[pos + i] ?? 0;
    const digit =
      (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
    if (!digit) return 0;
  }
  return 6;
}
