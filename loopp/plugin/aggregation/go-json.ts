import {
  jsonItems,
  jsonMembers,
  jsonNumber,
  jsonString,
  parseJson,
  plainStringBytes,
} from '../../../src/codec/json.ts';
import type { JsonToken } from '../../../src/codec/json.ts';
import { decodeBase64 } from './base64.ts';
import { foldsTo } from './fold.ts';

/** Go types that encoding/json decodes into (docs/spec/aggregator.md H.4). */
export interface JsonType<T> {
  readonly zero: T;
  /** `before` is what an earlier member of the same name left. Undefined when Go rejects the value. */
  read(document: Uint8Array, token: JsonToken, before: T): T | undefined;
}

const encoder = new TextEncoder();
/** uint64 and int64 have at most 20 characters, and JSON has no leading zeros. */
const LONGEST_64_BIT = 20;

/**
 * A decoder of whole documents into a struct: the last member of a name wins, unknown ones are ignored, `null` is the
 * zero struct. Undefined when the document is not JSON, is no object, or any member that has a field is rejected.
 */
export function jsonStruct<F extends object>(fields: {
  readonly [K in keyof F]: JsonType<F[K]>;
}): (document: Uint8Array) => F | undefined {
  const table: readonly [string, JsonType<unknown>][] = Object.entries(fields);
  return (document) => {
    const top = parseJson(document);
    if (top?.kind !== 'object' && top?.kind !== 'null') return undefined;
    const result: Record<string, unknown> = {};
    for (const [name, type] of table) result[name] = type.zero;
    for (const { key, value } of top.kind === 'null' ? [] : jsonMembers(document, top)) {
      const [name, type] = fieldOf(table, key) ?? [];
      if (name === undefined || type === undefined) continue;
      const read = type.read(document, value, result[name]);
      if (read === undefined) return undefined;
      result[name] = read;
    }
    return result as F;
  };
}

function fieldOf<T>(table: readonly (readonly [string, T])[], key: string): readonly [string, T] | undefined {
  return table.find(([name]) => foldsTo(key, name));
}

/** A plain literal within the bounds. `null` leaves what is there. */
export function jsonInteger(min: bigint, max: bigint): JsonType<bigint> {
  return {
    zero: 0n,
    read(document, token, before) {
      if (token.kind === 'null') return before;
      if (token.kind !== 'number' || token.end - token.start > LONGEST_64_BIT) return undefined;
      const digits = jsonNumber(document, token);
      // Go's ParseUint takes no sign, not even that of -0; its ParseInt does.
      if (!isIntegerLiteral(digits) || (min === 0n && digits.startsWith('-'))) return undefined;
      const value = BigInt(digits);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** `*big.Int`: the literal's digits, null for nil. `null` resets a pointer. */
export const jsonBigInt: JsonType<string | null> = {
  zero: null,
  read(document, token) {
    if (token.kind === 'null') return null;
    if (token.kind !== 'number') return undefined;
    const digits = jsonNumber(document, token);
    return isIntegerLiteral(digits) ? digits : undefined;
  },
};

/** Of what the JSON grammar allows in a number. */
function isIntegerLiteral(number: string): boolean {
  return !(number.includes('.') || number.includes('e') || number.includes('E'));
}

/** libocr's ConfigDigest, which decodes itself from text: 64 hex digits. `null` leaves what is there. */
export const jsonConfigDigest: JsonType<string> = {
  zero: '',
  read(document, token, before) {
    if (token.kind === 'null') return before;
    if (token.kind !== 'string') return undefined;
    const digest = jsonString(document, token);
    return /^[0-9a-fA-F]{64}$/.test(digest) ? digest : undefined;
  },
};

/** `[]byte`: base64 text or an array of 0 to 255; null for nil. */
export const jsonBytes: JsonType<Uint8Array | null> = {
  zero: null,
  read(document, token, before) {
    if (token.kind === 'null') return null;
    if (token.kind === 'array') return bytesOfArray(document, token, before);
    if (token.kind !== 'string') return undefined;
    return decodeBase64(plainStringBytes(document, token) ?? encoder.encode(jsonString(document, token)));
  },
};

const jsonByte = jsonInteger(0n, 255n);

/**
 * Go decodes an array into the memory that an earlier member of the same name left, so that a `null` element is the
 * byte that stood there, beyond the earlier length too, and zero in new memory. An empty array starts anew.
 */
function bytesOfArray(
  document: Uint8Array,
  array: JsonToken,
  before: Uint8Array | null,
): Uint8Array | undefined {
  const items = jsonItems(document, array);
  if (items.length === 0) return new Uint8Array();
  const memory = grown(before === null ? new Uint8Array() : new Uint8Array(before.buffer), items.length);
  for (const [index, item] of items.entries()) {
    const read = jsonByte.read(document, item, BigInt(memory[index] ?? 0));
    if (read === undefined) return undefined;
    memory[index] = Number(read);
  }
  return memory.subarray(0, items.length);
}

function grown(memory: Uint8Array, length: number): Uint8Array {
  if (memory.length >= length) return memory;
  const larger = new Uint8Array(length);
  larger.set(memory);
  return larger;
}
