import type { Value, ValueMap } from '../src/codec/values.ts';

/**
 * Go's loose decoding of `values.v1` into the fields of the aggregator's structs (mapstructure v2.4.0 with default
 * settings; docs/spec/aggregator.md G.1 "UnwrapTo"). Each function answers undefined where Go rejects the value.
 */

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;
const TWO_63 = 2n ** 63n;

/** The value of a struct field: exact name first, else case-insensitive; absent and nil are `nil`. */
export function field(map: ValueMap, name: string): Value {
  const exact = map.get(name);
  if (exact !== undefined) return exact;
  return candidates(map, name)[0] ?? NIL;
}

/**
 * All values that Go may take for a field. More than one only when two keys differ from the name in case: there Go's
 * map order decides, and ours takes the first by key.
 */
export function candidates(map: ValueMap, name: string): readonly Value[] {
  const exact = map.get(name);
  if (exact !== undefined) return [exact];
  const found: [string, Value][] = [];
  for (const entry of map) {
    if (equalFold(entry[0], name)) found.push(entry);
  }
  if (found.length > 1) found.sort(([a], [b]) => (a < b ? -1 : 1));
  return found.map(([, value]) => value);
}

const NIL: Value = { kind: 'nil' };

const CASE_BIT = 0x20;
const LONG_S = 0x17f;
const KELVIN = 0x212a;

/**
 * strings.EqualFold for a name of ASCII letters: beside the two cases only U+017F folds to `s` and U+212A to `k`.
 */
function equalFold(key: string, name: string): boolean {
  if (key.length !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const letter = name.charCodeAt(i) | CASE_BIT;
    const unit = key.charCodeAt(i);
    const folded = unit === LONG_S ? 0x73 : unit === KELVIN ? 0x6b : unit | CASE_BIT;
    // Setting the case bit also maps some non-letters onto letters' neighbours, never onto letters of ASCII.
    if (folded !== letter) return false;
  }
  return true;
}

/** A Go `string`, as bytes: Go strings need not be UTF-8. */
export function toGoString(value: Value): Uint8Array | undefined {
  return value.kind === 'list' ? undefined : toBytes(value);
}

/** A Go `[]byte`. */
export function toBytes(value: Value): Uint8Array | undefined {
  switch (value.kind) {
    case 'nil':
      return new Uint8Array();
    case 'bytes':
      return value.value;
    case 'string':
      return Buffer.from(value.value, 'utf8');
    case 'list':
      return listToBytes(value.items);
    default:
      return undefined;
  }
}

function listToBytes(items: readonly Value[]): Uint8Array | undefined {
  const bytes = new Uint8Array(items.length);
  for (const [index, item] of items.entries()) {
    const byte = toNarrowInteger(item, 8);
    if (byte === undefined) return undefined;
    bytes[index] = Number(byte);
  }
  return bytes;
}

/** A plain Go `uint64`. */
export function toUint64(value: Value): bigint | undefined {
  if (value.kind === 'float64') return truncateUnsigned(value.value);
  if (value.kind !== 'bigint') return toInteger(value, 0n, MAX_UINT64);
  // Go refuses what is above the largest uint64, then takes the low 64 bits of the magnitude.
  return value.value > MAX_UINT64
    ? undefined
    : BigInt.asUintN(64, value.value < 0n ? -value.value : value.value);
}

/** A named Go integer type of 64 bits, signed. */
export function toNamedInt64(value: Value): bigint | undefined {
  if (value.kind === 'float64') return truncate(value.value);
  return toInteger(value, -TWO_63, TWO_63 - 1n);
}

/** A Go `uint32`. */
export function toUint32(value: Value): bigint | undefined {
  return toNarrowInteger(value, 32);
}

/** Go converts a float to a uint64, then drops the upper bits without a check. */
function toNarrowInteger(value: Value, bits: number): bigint | undefined {
  if (value.kind === 'float64') return BigInt.asUintN(bits, truncateUnsigned(value.value));
  return toInteger(value, 0n, 2n ** BigInt(bits) - 1n);
}

/** The items of a Go slice of structs; empty bytes are an empty slice too. */
export function toItems(value: Value): readonly Value[] | undefined {
  if (value.kind === 'nil') return [];
  if (value.kind === 'bytes') return value.value.length === 0 ? [] : undefined;
  return value.kind === 'list' ? value.items : undefined;
}

export function toBool(value: Value): boolean | undefined {
  if (value.kind === 'nil') return false;
  return value.kind === 'bool' ? value.value : undefined;
}

function toInteger(value: Value, min: bigint, max: bigint): bigint | undefined {
  if (value.kind === 'nil') return 0n;
  if (value.kind !== 'int64' && value.kind !== 'uint64') return undefined;
  return value.value >= min && value.value <= max ? value.value : undefined;
}

/** Go's float64 to int64 conversion on amd64: toward zero; NaN and what is out of range give -2^63. */
function truncate(value: number): bigint {
  if (Number.isNaN(value) || Math.abs(value) >= 2 ** 63) return -TWO_63;
  return BigInt(Math.trunc(value));
}

/** Go's float64 to uint64 conversion on amd64: exact up to 2^64, beyond it and for NaN 2^63; negative ones wrap. */
function truncateUnsigned(value: number): bigint {
  const upperHalf = value >= 2 ** 63 && value < 2 ** 64;
  return upperHalf ? BigInt(value) : BigInt.asUintN(64, truncate(value));
}
