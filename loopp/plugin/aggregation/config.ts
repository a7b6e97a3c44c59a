import type { Value, ValueMap } from '../../../src/codec/values.ts';
import { MAX_UINT64 } from './go-numbers.ts';
import { codePoint, goString, quote } from './go-text.ts';
import { namedInt64, readOrZero, text, valueOf } from './go-types.ts';
import type { GoType } from './go-types.ts';

/** What an aggregator is configured for. */
export interface AggregatorConfig {
  /** uint64. */
  readonly selector: bigint;
  /** What the outcome calls the feed: 32 bytes in 2025-07, 16 in 2025-09. */
  readonly feed: Uint8Array;
}

/** Throws `ConfigError`. */
export type ParseConfig = (config: ValueMap) => AggregatorConfig;

/** The configuration is refused; the message is Go's, without its dump of the map. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(cause: string) {
    super(`failed to parse config: ${cause}`);
  }
}

const SELECTOR_MISSING = 'targetChainSelector is required';
const DATA_ID_BYTES = 16;

/** 2025-07: one number (docs/spec/aggregator.md H.2). The feed id is 0x04, the selector, zeros. */
export function parseSelectorConfig(config: ValueMap): AggregatorConfig {
  const errors: string[] = [];
  const selector = field(config, 'targetChainSelector', namedInt64, 'datafeeds.chainSelector', errors);
  if (errors.length > 0) throw new ConfigError(unwrapError('config', errors));
  if (selector <= 0n) throw new ConfigError(SELECTOR_MISSING);
  const feed = new Uint8Array(32);
  feed[0] = 0x04;
  new DataView(feed.buffer).setBigUint64(1, selector);
  return { selector, feed };
}

/** 2025-09: the selector as a decimal text, the data id as a hex text (docs/spec/aggregator.md H.2). */
export function parseDataIdConfig(config: ValueMap): AggregatorConfig {
  const errors: string[] = [];
  const selector = field(config, 'targetChainSelector', text, 'string', errors);
  const dataId = field(config, 'dataID', text, 'string', errors);
  if (errors.length > 0) throw new ConfigError(unwrapError('values.Map', errors));
  if (selector.length === 0) throw new ConfigError(SELECTOR_MISSING);
  const parsed = parseSelector(selector);
  if (dataId.length === 0) throw new ConfigError('dataID is required');
  return { selector: parsed, feed: parseDataId(dataId) };
}

/** A field of the config; a rejected one is zero and leaves an error. */
function field<T>(config: ValueMap, name: string, type: GoType<T>, goType: string, errors: string[]): T {
  const value = valueOf(config, name);
  const read = readOrZero(type, value);
  if (read !== undefined) return read;
  const came = `*values.${GO_NAMES[value?.kind ?? 'nil']}`;
  errors.push(`'${name}' expected type '${goType}', got unconvertible type '${came}'`);
  return type.zero;
}

const GO_NAMES: Readonly<Record<Value['kind'], string>> = {
  nil: 'nil',
  string: 'String',
  bool: 'Bool',
  bytes: 'Bytes',
  map: 'Map',
  list: 'List',
  decimal: 'Decimal',
  int64: 'Int64',
  bigint: 'BigInt',
  time: 'Time',
  float64: 'Float64',
  uint64: 'Uint64',
};

function unwrapError(what: string, errors: readonly string[]): string {
  return `failed to unwrap ${what}: decoding failed due to the following error(s):\n\n${errors.join('\n')}`;
}

/** Go's `strconv.ParseUint(s, 10, 64)`: digits only, and whichever fault comes first. */
function parseSelector(selector: Uint8Array): bigint {
  const digits = leadingDigits(selector);
  const value = uint64Of(digits);
  if (value === undefined) throw selectorError(selector, 'value out of range');
  if (digits.length < selector.length) throw selectorError(selector, 'invalid syntax');
  return value;
}

function selectorError(selector: Uint8Array, fault: string): ConfigError {
  return new ConfigError(`invalid chain selector: strconv.ParseUint: parsing ${quote(selector)}: ${fault}`);
}

function leadingDigits(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex((byte) => byte < 0x30 || byte > 0x39);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function uint64Of(digits: Uint8Array): bigint | undefined {
  const start = digits.findIndex((byte) => byte !== 0x30);
  const significant = start < 0 ? new Uint8Array() : digits.subarray(start);
  if (significant.length > 20) return undefined;
  const value = BigInt(goString(significant));
  return value <= MAX_UINT64 ? value : undefined;
}

function parseDataId(dataId: Uint8Array): Uint8Array {
  const digits = dataId[0] === 0x30 && dataId[1] === 0x78 ? dataId.subarray(2) : dataId;
  const fault = hexFault(digits);
  if (fault !== undefined)
    throw new ConfigError(`invalid dataID: ${goString(digits)} encoding/hex: ${fault}`);
  const bytes = Uint8Array.from(Buffer.from(goString(digits), 'hex'));
  if (bytes.length === DATA_ID_BYTES) return bytes;
  throw new ConfigError(`dataID must be ${String(DATA_ID_BYTES)} bytes, got ${String(bytes.length)}`);
}

/** What Go's encoding/hex says first: a bad byte comes before an odd length, even where it is the odd one. */
function hexFault(digits: Uint8Array): string | undefined {
  const bad = digits.find((byte) => !isHexDigit(byte));
  if (bad !== undefined) return `invalid byte: ${codePoint(bad)}`;
  return digits.length % 2 === 1 ? 'odd length hex string' : undefined;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}
