import { isUtf8 } from 'node:buffer';
import { BYTES, ProtobufError, Reader, checkDepth } from './protobuf.ts';
import { LIST_FIELDS, MAP_FIELDS, MAP_KEY, MAP_VALUE, VALUE_FIELD } from './values.ts';

/**
 * Says of bytes whether `decodeValue` and `decodeValueMap` would read them, without building what they hold: a capture is
 * checked before any lane reads it, and a tree that nobody wants would cost as much as the answer.
 */

/** The kinds of messages inside a value; `entry` is a map's, which does not count for the recursion limit. */
type Kind = 'value' | 'map' | 'entry' | 'list' | 'bigint' | 'decimal' | 'time';

const tagOf = (field: number): number => field * 8 + BYTES;

/** Fields that hold a message, by the message that they are in. */
const INNER: Readonly<Record<Kind, ReadonlyMap<number, Kind>>> = {
  value: new Map([
    [tagOf(VALUE_FIELD.map), 'map'],
    [tagOf(VALUE_FIELD.list), 'list'],
    [tagOf(VALUE_FIELD.bigint), 'bigint'],
    [tagOf(VALUE_FIELD.decimal), 'decimal'],
    [tagOf(VALUE_FIELD.time), 'time'],
  ]),
  map: new Map([[tagOf(MAP_FIELDS), 'entry']]),
  entry: new Map([[tagOf(MAP_VALUE), 'value']]),
  list: new Map([[tagOf(LIST_FIELDS), 'value']]),
  bigint: new Map(),
  decimal: new Map([[tagOf(1), 'bigint']]),
  time: new Map(),
};

/** Fields that hold text, which has to be UTF-8. */
const TEXT: Readonly<Partial<Record<Kind, number>>> = {
  value: tagOf(VALUE_FIELD.string),
  entry: tagOf(MAP_KEY),
};

/** Throws `ProtobufError` where `decodeValue` does. */
export function checkValue(bytes: Uint8Array): void {
  check(bytes, 'value');
}

/** Throws `ProtobufError` where `decodeValueMap` does. */
export function checkValueMap(bytes: Uint8Array): void {
  check(bytes, 'map');
}

function check(bytes: Uint8Array, root: Kind): void {
  const reader = new Reader(bytes);
  const outer: { readonly kind: Kind; readonly end: number }[] = [];
  let kind = root;
  let depth = 1;
  for (;;) {
    if (reader.pos === reader.end) {
      const parent = outer.pop();
      if (parent === undefined) return;
      if (kind !== 'entry') depth--;
      ({ kind } = parent);
      reader.end = parent.end;
      continue;
    }
    const tag = reader.tag();
    const inner = INNER[kind].get(tag);
    if (inner === undefined) {
      if (tag === TEXT[kind]) checkText(reader);
      else reader.skip(tag);
      continue;
    }
    const end = reader.spanEnd();
    if (inner !== 'entry') checkDepth(reader, ++depth);
    outer.push({ kind, end: reader.end });
    kind = inner;
    reader.end = end;
  }
}

function checkText(reader: Reader): void {
  const text = reader.span();
  if (!isUtf8(text)) throw new ProtobufError('string is not valid UTF-8', reader.pos - text.length);
}
