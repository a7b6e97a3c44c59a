import { isUtf8 } from 'node:buffer';
import { BYTES, ProtobufError, Reader, checkDepth } from './protobuf.ts';
import { LIST_FIELDS, MAP_FIELDS, MAP_KEY, MAP_VALUE, VALUE_FIELD } from './values.ts';

/**
 * Says of bytes whether `decodeValue` and `decodeValueMap` would read them, without building what they hold: a capture is
 * checked before any lane reads it, and a tree that nobody wants would cost as much as the answer.
 */

/** What a message may hold, by tag. */
interface Shape {
  /** Fields that are messages themselves. */
  readonly inner: (Shape | undefined)[];
  /** The tag of a text, which has to be UTF-8; 0 when there is none. */
  readonly text: number;
  /** Whether it counts for the recursion limit; entries of maps do not. */
  readonly counts: boolean;
}

const tagOf = (field: number): number => field * 8 + BYTES;
const shape = (text = 0, counts = true): Shape => ({ inner: [], text, counts });

const VALUE = shape(tagOf(VALUE_FIELD.string));
const MAP = shape();
const ENTRY = shape(tagOf(MAP_KEY), false);
const LIST = shape();
const BIGINT = shape();
const DECIMAL = shape();
VALUE.inner[tagOf(VALUE_FIELD.map)] = MAP;
VALUE.inner[tagOf(VALUE_FIELD.list)] = LIST;
VALUE.inner[tagOf(VALUE_FIELD.bigint)] = BIGINT;
VALUE.inner[tagOf(VALUE_FIELD.decimal)] = DECIMAL;
VALUE.inner[tagOf(VALUE_FIELD.time)] = shape();
MAP.inner[tagOf(MAP_FIELDS)] = ENTRY;
ENTRY.inner[tagOf(MAP_VALUE)] = VALUE;
LIST.inner[tagOf(LIST_FIELDS)] = VALUE;
DECIMAL.inner[tagOf(1)] = BIGINT;

/** Throws `ProtobufError` where `decodeValue` does. */
export function checkValue(bytes: Uint8Array): void {
  check(bytes, VALUE);
}

/** Throws `ProtobufError` where `decodeValueMap` does. */
export function checkValueMap(bytes: Uint8Array): void {
  check(bytes, MAP);
}

function check(bytes: Uint8Array, root: Shape): void {
  const reader = new Reader(bytes);
  const outer: { readonly message: Shape; readonly end: number }[] = [];
  let message = root;
  let depth = 1;
  for (;;) {
    if (reader.pos === reader.end) {
      const parent = outer.pop();
      if (parent === undefined) return;
      if (message.counts) depth--;
      ({ message } = parent);
      reader.end = parent.end;
      continue;
    }
    const tag = reader.tag();
    const inner = message.inner[tag];
    if (inner === undefined) {
      if (tag === message.text) checkText(reader);
      else reader.skip(tag);
      continue;
    }
    const end = reader.spanEnd();
    if (inner.counts) checkDepth(reader, ++depth);
    outer.push({ message, end: reader.end });
    message = inner;
    reader.end = end;
  }
}

function checkText(reader: Reader): void {
  const text = reader.span();
  if (!isUtf8(text)) throw new ProtobufError('string is not valid UTF-8', reader.pos - text.length);
}
