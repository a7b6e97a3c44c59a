import type { Value, ValueMap } from '../src/codec/values.ts';
import { isHexDigit } from './hex.ts';
import { field, toNamedInt64, toGoString } from './unwrap.ts';

/** What the aggregator was configured with. */
export interface AggregatorConfig {
  readonly targetChainSelector: bigint;
  /** 16 bytes; absent in 2025-07. */
  readonly dataId?: Uint8Array;
}

/** The configuration is refused; the message is Go's text without its dump of the map. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(cause: string) {
    super(`failed to parse config: ${cause}`);
  }
}

const DATA_ID_LENGTH = 16;
const EMPTY = new Uint8Array();
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** 2025-07: one number (H.2). */
export function parseNumberConfig(map: ValueMap): AggregatorConfig {
  const value = field(map, 'targetChainSelector');
  const selector = toNamedInt64(value);
  if (selector === undefined) {
    throw decodingFailed('config', [unconvertible('targetChainSelector', 'datafeeds.chainSelector', value)]);
  }
  if (selector <= 0n) throw new ConfigError('targetChainSelector is required');
  return { targetChainSelector: selector };
}

/** 2025-09: a decimal string and a data id in hex (H.2). */
export function parseTextConfig(map: ValueMap): AggregatorConfig {
  const fields = ['targetChainSelector', 'dataID'].map((name) => {
    const value = field(map, name);
    return { name, value, text: toGoString(value) };
  });
  const rejected = fields.filter(({ text }) => text === undefined);
  if (rejected.length > 0) {
    throw decodingFailed(
      'values.Map',
      rejected.map(({ name, value }) => unconvertible(name, 'string', value)),
    );
  }
  const [selector = EMPTY, dataId = EMPTY] = fields.map(({ text }) => text ?? EMPTY);
  if (selector.length === 0) throw new ConfigError('targetChainSelector is required');
  const targetChainSelector = parseUint64(selector);
  if (dataId.length === 0) throw new ConfigError('dataID is required');
  return { targetChainSelector, dataId: parseDataId(dataId) };
}

function decodingFailed(target: string, causes: readonly string[]): ConfigError {
  return new ConfigError(
    `failed to unwrap ${target}: decoding failed due to the following error(s):\n\n${causes.join('\n')}`,
  );
}

const GO_TYPES: Readonly<Record<Value['kind'], string>> = {
  nil: '<nil>',
  string: '*values.String',
  bool: '*values.Bool',
  bytes: '*values.Bytes',
  map: '*values.Map',
  list: '*values.List',
  decimal: '*values.Decimal',
  int64: '*values.Int64',
  bigint: '*values.BigInt',
  time: '*values.Time',
  float64: '*values.Float64',
  uint64: '*values.Uint64',
};

function unconvertible(name: string, type: string, value: Value): string {
  return `'${name}' expected type '${type}', got unconvertible type '${GO_TYPES[value.kind]}'`;
}

/** strconv.ParseUint(text, 10, 64). */
function parseUint64(text: Uint8Array): bigint {
  const refuse = (cause: string): ConfigError =>
    new ConfigError(`invalid chain selector: strconv.ParseUint: parsing ${quote(text)}: ${cause}`);
  if (text.length === 0) throw refuse('invalid syntax');
  let value = 0n;
  for (const byte of text) {
    // In Go's order: the first character that fails names the error, whatever comes after it.
    if (byte < 0x30 || byte > 0x39) throw refuse('invalid syntax');
    value = value * 10n + BigInt(byte - 0x30);
    if (value > MAX_UINT64) throw refuse('value out of range');
  }
  return value;
}

function parseDataId(text: Uint8Array): Uint8Array {
  const prefixed = text[0] === 0x30 && text[1] === 0x78;
  const hex = Buffer.from(prefixed ? text.subarray(2) : text);
  const refuse = (cause: string): ConfigError =>
    new ConfigError(`invalid dataID: ${lossy(hex)} encoding/hex: ${cause}`);
  const bad = hex.find((byte) => !isHexDigit(byte));
  if (bad !== undefined) throw refuse(`invalid byte: ${unicode(bad)}`);
  if (hex.length % 2 !== 0) throw refuse('odd length hex string');
  const id = Buffer.from(hex.toString('latin1'), 'hex');
  if (id.length !== DATA_ID_LENGTH)
    throw new ConfigError(`dataID must be 16 bytes, got ${String(id.length)}`);
  return id;
}

/** A Go string as text: each byte that is not UTF-8 is one U+FFFD, as where Go writes it to JSON. */
function lossy(text: Uint8Array): string {
  let shown = '';
  for (let pos = 0; pos < text.length;) {
    const { character = '\uFFFD', length } = firstRune(text.subarray(pos, pos + 4));
    shown += character;
    pos += length;
  }
  return shown;
}

/** Go's `%#U` of one byte as a code point. */
function unicode(byte: number): string {
  const code = `U+${byte.toString(16).toUpperCase().padStart(4, '0')}`;
  const character = String.fromCharCode(byte);
  return isPrintable(character) ? `${code} '${character}'` : code;
}

/** strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Go's strconv.Quote: what is not UTF-8 is escaped byte by byte. */
function quote(text: Uint8Array): string {
  let quoted = '';
  for (let pos = 0; pos < text.length;) {
    const { character, length } = firstRune(text.subarray(pos, pos + 4));
    quoted += character === undefined ? hexEscape(text[pos] ?? 0) : quoteCharacter(character);
    pos += length;
  }
  return `"${quoted}"`;
}

function firstRune(bytes: Uint8Array): { readonly character?: string; readonly length: number } {
  for (let length = 1; length <= bytes.length; length++) {
    const candidate = Buffer.from(bytes.subarray(0, length));
    const character = candidate.toString('utf8');
    if (Buffer.from(character, 'utf8').equals(candidate)) return { character, length };
  }
  return { length: 1 };
}

const hexEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

function quoteCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  if (isPrintable(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return hexEscape(code);
  return code < 0x1_0000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}
