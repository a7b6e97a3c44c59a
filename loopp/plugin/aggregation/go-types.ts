import type { Value, ValueMap } from '../../../src/codec/values.ts';
import { compareUtf8 } from '../../../src/codec/values-encode.ts';
import { foldsTo } from './fold.ts';
import { MAX_INT64, MAX_UINT64, floatToInt64, floatToUint64, magnitude64 } from './go-numbers.ts';
import { GoPanic } from './go-panic.ts';

/**
 * Go types that a `values.v1` value is unwrapped into, by the loose rules of `UnwrapTo` with mapstructure v2.4.0
 * (docs/spec/aggregator.md G.1). A value without a member, and a missing key, give the zero value everywhere.
 */
export interface GoType<T> {
  readonly zero: T;
  /** Never called with a nil value. Undefined when Go rejects the value; throws `GoPanic` where Go crashes. */
  read(value: Value): T | undefined;
}

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array();

/** Floats are cut to the width; a big integer fits a plain uint64 alone, and there a negative one by its magnitude. */
export function unsigned(bits: 8 | 32 | 64): GoType<bigint> {
  const max = 2n ** BigInt(bits) - 1n;
  return {
    zero: 0n,
    read(value) {
      if (value.kind === 'uint64' || value.kind === 'int64') return within(value.value, 0n, max);
      if (value.kind === 'float64') return BigInt.asUintN(bits, floatToUint64(value.value));
      if (value.kind !== 'bigint' || bits !== 64 || value.value > MAX_UINT64) return undefined;
      return magnitude64(value.value);
    },
  };
}

/** A type of its own made of int64, which takes no big integer. */
export const namedInt64: GoType<bigint> = {
  zero: 0n,
  read(value) {
    if (value.kind === 'int64') return value.value;
    if (value.kind === 'uint64') return within(value.value, 0n, MAX_INT64);
    return value.kind === 'float64' ? floatToInt64(value.value) : undefined;
  },
};

export const bool: GoType<boolean> = {
  zero: false,
  read: (value) => (value.kind === 'bool' ? value.value : undefined),
};

/** A Go string, kept as its bytes: it need not be UTF-8 when it was given as bytes. */
export const text: GoType<Uint8Array> = {
  zero: NO_BYTES,
  read(value) {
    if (value.kind === 'bytes') return value.value;
    return value.kind === 'string' ? encoder.encode(value.value) : undefined;
  },
};

export const byteSlice: GoType<Uint8Array> = {
  zero: NO_BYTES,
  read: (value) => (value.kind === 'list' ? bytesOfList(value.items) : text.read(value)),
};

/** `[length]byte`. Go converts a slice: what is longer loses its tail, what is shorter crashes the process. */
export function byteArray(length: number): GoType<Uint8Array> {
  return {
    zero: new Uint8Array(length),
    read(value) {
      if (value.kind === 'list') return value.items.length === length ? bytesOfList(value.items) : undefined;
      // A string converts to a slice but not to an array.
      if (value.kind !== 'bytes') return undefined;
      if (value.value.length < length) throw new GoPanic(tooShort(value.value.length, length));
      return value.value.subarray(0, length);
    },
  };
}

function tooShort(came: number, length: number): string {
  return `reflect: cannot convert slice with length ${String(came)} to array with length ${String(length)}`;
}

/** A slice of structs. Go stops at the first element it rejects, so a later one cannot crash it. */
export function sliceOf<T>(element: GoType<T>): GoType<readonly T[]> {
  return {
    zero: [],
    read(value) {
      // Bytes are taken element by element, and none of none is rejected.
      if (value.kind === 'bytes') return value.value.length === 0 ? [] : undefined;
      if (value.kind !== 'list') return undefined;
      const items: T[] = [];
      for (const item of value.items) {
        const read = readOrZero(element, item);
        if (read === undefined) return undefined;
        items.push(read);
      }
      return items;
    },
  };
}

/**
 * A struct, its fields in Go's order. Unknown keys are ignored. Go reads on after a field that it rejects, so a later
 * field can still crash it.
 */
export function struct<F extends object>(fields: { readonly [K in keyof F]: GoType<F[K]> }): GoType<F> {
  const table: readonly [string, GoType<unknown>][] = Object.entries(fields);
  const zero = Object.fromEntries(table.map(([name, type]) => [name, type.zero])) as F;
  return {
    zero,
    read(value) {
      if (value.kind !== 'map') return undefined;
      const result: Record<string, unknown> = {};
      let rejected = false;
      for (const [name, type] of table) {
        const read = readOrZero(type, valueOf(value.entries, name));
        rejected ||= read === undefined;
        result[name] = read;
      }
      return rejected ? undefined : (result as F);
    },
  };
}

/**
 * A struct as a field of another struct. Go's decode hook swallows the rejection and mapstructure then copies from Go's
 * wrapper of the value, which shares no field name: the whole struct is zero, without an error.
 */
export function zeroIfRejected<T>(type: GoType<T>): GoType<T> {
  return { zero: type.zero, read: (value) => type.read(value) ?? type.zero };
}

export function readOrZero<T>(type: GoType<T>, value: Value | undefined): T | undefined {
  return value === undefined || value.kind === 'nil' ? type.zero : type.read(value);
}

/**
 * The value for a field name: the exact key, even when its value is nil, else one that folds to it. Of several such
 * keys Go takes any; here it is the first in UTF-8 byte order.
 */
export function valueOf(entries: ValueMap, name: string): Value | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  let first: string | undefined;
  for (const key of entries.keys()) {
    if (foldsTo(key, name) && (first === undefined || compareUtf8(key, first) < 0)) first = key;
  }
  return first === undefined ? undefined : entries.get(first);
}

const byte = unsigned(8);

function bytesOfList(items: readonly Value[]): Uint8Array | undefined {
  const bytes = new Uint8Array(items.length);
  for (const [index, item] of items.entries()) {
    const read = readOrZero(byte, item);
    if (read === undefined) return undefined;
    bytes[index] = Number(read);
  }
  return bytes;
}

function within(value: bigint, min: bigint, max: bigint): bigint | undefined {
  return value >= min && value <= max ? value : undefined;
}
