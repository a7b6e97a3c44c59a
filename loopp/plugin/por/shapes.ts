import { jsonMembers, jsonNumber, parseJson } from '../../../src/codec/json.ts';
import type { JsonToken } from '../../../src/codec/json.ts';
import { foldsTo } from '../aggregation/fold.ts';
import type { JsonType } from '../aggregation/go-json.ts';
import { MAX_UINT64 } from '../aggregation/go-numbers.ts';

/** A value in a document, and the names that lead there, joined by dots; empty for the document itself. */
export interface JsonPlace {
  readonly document: Uint8Array;
  readonly token: JsonToken;
  readonly name: string;
}

/** A Go type as encoding/json decodes into it (docs/spec/aggregator.md H.4). */
export interface Shape<T> {
  readonly zero: T;
  /** `before` is what an earlier member of the same name left. Throws `ShapeError`. */
  read(place: JsonPlace, before: T): T;
}

/** Go's encoding/json refuses the document; the message names the member, what was expected and what came. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(name: string, expected: string, got: string) {
    super(`${name === '' ? '' : `${name}: `}expected ${expected}, got ${got}`);
  }
}

/** Reads a whole document. Throws `ShapeError`. */
export function decodeShape<T>(shape: Shape<T>, document: Uint8Array): T {
  const token = parseJson(document);
  if (token === undefined) {
    throw new ShapeError('', 'a JSON document', `${String(document.length)} bytes that are none`);
  }
  return shape.read({ document, token, name: '' }, shape.zero);
}

/** A value that is not made of others; `expected` says in words what it takes. */
export function leafOf<T>(type: JsonType<T>, expected: string): Shape<T> {
  return {
    zero: type.zero,
    read(place, before) {
      const read = type.read(place.document, place.token, before);
      if (read === undefined) throw unexpected(place, expected);
      return read;
    },
  };
}

/**
 * A struct: names match in any case, the last member of a name wins, unknown ones are ignored, `null` leaves what is
 * there.
 */
export function structOf<F extends object>(fields: {
  readonly [K in keyof F]: Shape<F[K]>;
}): Shape<F> {
  const table: readonly [string, Shape<unknown>][] = Object.entries(fields);
  const zero = Object.fromEntries(table.map(([name, shape]) => [name, shape.zero])) as F;
  return {
    zero,
    read(place, before) {
      if (place.token.kind === 'null') return before;
      const result: Record<string, unknown> = Object.fromEntries(Object.entries(before));
      for (const { key, value } of membersOf(place)) {
        const [name, shape] = table.find(([field]) => foldsTo(key, field)) ?? [];
        if (name === undefined || shape === undefined) continue;
        result[name] = shape.read(inside(place, name, value), result[name]);
      }
      return result as F;
    },
  };
}

/**
 * A map by uint64: each value starts as zero, members are added to what an earlier map of the same name left, `null` is
 * the empty map.
 */
export function uint64MapOf<T>(values: Shape<T>): Shape<ReadonlyMap<bigint, T>> {
  const zero: ReadonlyMap<bigint, T> = new Map();
  return {
    zero,
    read(place, before) {
      if (place.token.kind === 'null') return zero;
      const result = new Map(before);
      for (const { key, value } of membersOf(place)) {
        const selector = uint64Key(place, key);
        result.set(selector, values.read(inside(place, String(selector), value), values.zero));
      }
      return result;
    },
  };
}

export const booleanShape: Shape<boolean> = {
  zero: false,
  read(place, before) {
    const { kind } = place.token;
    if (kind === 'null') return before;
    if (kind !== 'true' && kind !== 'false') throw unexpected(place, 'true or false');
    return kind === 'true';
  },
};

/** Refuses what stands at a place. */
export const unexpected = (place: JsonPlace, expected: string): ShapeError =>
  new ShapeError(place.name, expected, shown(place));

function membersOf(place: JsonPlace): ReturnType<typeof jsonMembers> {
  if (place.token.kind !== 'object') throw unexpected(place, 'an object');
  return jsonMembers(place.document, place.token);
}

const inside = (place: JsonPlace, name: string, token: JsonToken): JsonPlace => ({
  document: place.document,
  token,
  name: place.name === '' ? name : `${place.name}.${name}`,
});

/** Leading zeros are as good as none in Go. */
const KEY = /^0*([0-9]{1,20})$/;
const SHOWN_CHARACTERS = 24;

function uint64Key({ name }: JsonPlace, key: string): bigint {
  const value = BigInt(KEY.exec(key)?.[1] ?? -1n);
  if (value >= 0n && value <= MAX_UINT64) return value;
  throw new ShapeError(name, 'whole numbers below 2^64 as names', JSON.stringify(cut(key)));
}

function shown({ document, token }: JsonPlace): string {
  switch (token.kind) {
    case 'number':
      return cut(jsonNumber(document, token));
    case 'string':
      return 'a text';
    case 'array':
    case 'object':
      return `an ${token.kind}`;
    default:
      return token.kind;
  }
}

const cut = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
