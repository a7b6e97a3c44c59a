import { BYTES, Reader } from '../src/codec/protobuf.ts';
import { LIST_FIELDS, MAP_FIELDS, MAP_VALUE, VALUE_FIELD } from '../src/codec/values.ts';

/** The message inside each field that holds one, by tag; all other fields are only bytes here. */
type Shape = ReadonlyMap<number, () => Shape>;

const tag = (field: number): number => field * 8 + BYTES;
const SCALARS: Shape = new Map();
const DECIMAL: Shape = new Map([[tag(1), () => SCALARS]]);
const VALUE: Shape = new Map([
  [tag(VALUE_FIELD.map), () => MAP],
  [tag(VALUE_FIELD.list), () => LIST],
  [tag(VALUE_FIELD.decimal), () => DECIMAL],
  [tag(VALUE_FIELD.bigint), () => SCALARS],
  [tag(VALUE_FIELD.time), () => SCALARS],
]);
const ENTRY: Shape = new Map([[tag(MAP_VALUE), () => VALUE]]);
const MAP: Shape = new Map([[tag(MAP_FIELDS), () => ENTRY]]);
const LIST: Shape = new Map([[tag(LIST_FIELDS), () => VALUE]]);
/** `AggregationOutcome` (docs/spec/aggregator.md G.3). */
const OUTCOME: Shape = new Map([
  [tag(1), () => MAP],
  [tag(5), () => SCALARS],
  [tag(7), () => MAP],
]);

/**
 * Whether two serialised `AggregationOutcome`s consist of the same encoded fields in another order, as Go writes maps
 * without deterministic marshalling. Both must be decodable, and equal once decoded: then items of lists stand in the
 * same order on both sides and only fields and map entries can have moved.
 */
export function sameFieldsReordered(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const numbers = new Map<string, number>();
  return numberOf(a, numbers) === numberOf(b, numbers);
}

interface OpenMessage {
  readonly shape: Shape;
  readonly end: number;
  /** Tag and length as they were written. */
  readonly head: string;
  readonly fields: string[];
}

/** A number that two messages share exactly when they hold the same fields in any order. Not recursive. */
function numberOf(bytes: Uint8Array, numbers: Map<string, number>): number {
  const reader = new Reader(bytes);
  const open: OpenMessage[] = [];
  let message: OpenMessage = { shape: OUTCOME, end: bytes.length, head: '', fields: [] };
  for (;;) {
    if (reader.pos < message.end) {
      const inner = readField(reader, message);
      if (inner === undefined) continue;
      open.push(message);
      message = inner;
    } else {
      const content = message.fields.toSorted().join('');
      const number = numbers.get(content) ?? numbers.size;
      numbers.set(content, number);
      const parent = open.pop();
      if (parent === undefined) return number;
      parent.fields.push(framed(`${message.head}#${String(number)}`));
      message = parent;
    }
    reader.end = message.end;
  }
}

function readField(reader: Reader, message: OpenMessage): OpenMessage | undefined {
  const start = reader.pos;
  const fieldTag = reader.tag();
  const inner = message.shape.get(fieldTag);
  if (inner === undefined) {
    reader.skip(fieldTag);
    message.fields.push(framed(written(reader, start)));
    return undefined;
  }
  const end = reader.spanEnd();
  return { shape: inner(), end, head: written(reader, start), fields: [] };
}

function written({ bytes, pos }: Reader, start: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, pos - start).toString('latin1');
}

/** Joined fields can only be split in one way. */
const framed = (field: string): string => `${String(field.length)}:${field}`;
