import { BYTES, FIXED64, RECURSION_LIMIT, Reader, VARINT, checkDepth } from './protobuf.ts';

/**
 * `values.v1` (docs/spec/aggregator.md G.1) as a tree. `nil` is a `Value` message without a member, which Go reads as a
 * nil value. Byte strings are views into what was decoded.
 */
export type Value =
  | { readonly kind: 'nil' }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | MapValue
  | ListValue
  | { readonly kind: 'decimal'; readonly coefficient: bigint; readonly exponent: number }
  | { readonly kind: 'int64'; readonly value: bigint }
  | { readonly kind: 'bigint'; readonly value: bigint }
  | { readonly kind: 'time'; readonly seconds: bigint; readonly nanos: number }
  | { readonly kind: 'float64'; readonly value: number }
  | { readonly kind: 'uint64'; readonly value: bigint };

export type ValueMap = ReadonlyMap<string, Value>;

export interface MapValue {
  readonly kind: 'map';
  readonly entries: ValueMap;
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

/** Field numbers of the `Value` oneof; 8 is reserved. */
export const VALUE_FIELD = {
  string: 1,
  bool: 2,
  bytes: 3,
  map: 4,
  list: 5,
  decimal: 6,
  int64: 7,
  bigint: 9,
  time: 10,
  float64: 11,
  uint64: 12,
} as const;

export const MAP_FIELDS = 1;
export const MAP_KEY = 1;
export const MAP_VALUE = 2;
/** 2, not 1: the upstream schema starts there (G.1). */
export const LIST_FIELDS = 2;

const NIL: Value = { kind: 'nil' };
const TAG_FIELDS = {
  mapEntry: MAP_FIELDS * 8 + BYTES,
  mapKey: MAP_KEY * 8 + BYTES,
  mapValue: MAP_VALUE * 8 + BYTES,
  listItem: LIST_FIELDS * 8 + BYTES,
} as const;

/** Reads one serialised `values.v1.Value`. Throws `ProtobufError`. */
export function decodeValue(bytes: Uint8Array): Value {
  const root = new ValueFrame(bytes.length, undefined);
  run(new Reader(bytes), root);
  return root.value;
}

/** Reads one serialised `values.v1.Map`. Throws `ProtobufError`. */
export function decodeValueMap(bytes: Uint8Array): ValueMap {
  const root = new MapFrame(bytes.length, new Map());
  run(new Reader(bytes), root);
  return root.entries;
}

/** Reads one serialised `values.v1.List`. Throws `ProtobufError`. */
export function decodeValueList(bytes: Uint8Array): readonly Value[] {
  const root = new ListFrame(bytes.length, []);
  run(new Reader(bytes), root);
  return root.items;
}

/** A message that is being read. `step` reads one field and answers the sub-message to read first, if any. */
interface Frame {
  readonly end: number;
  /** Whether the frame counts as a message for the recursion limit; map entries do not in protobuf-go. */
  readonly message: boolean;
  /** `depth` counts the messages that are open, this one included. */
  step(reader: Reader, tag: number, depth: number): Frame | undefined;
  /** Called when the frame's bytes are used up. */
  finish(): void;
}

function run(reader: Reader, root: Frame): void {
  const open: Frame[] = [];
  let frame = root;
  let depth = 1;
  for (;;) {
    if (reader.pos === frame.end) {
      frame.finish();
      if (frame.message) depth--;
      const parent = open.pop();
      if (parent === undefined) return;
      frame = parent;
      reader.end = frame.end;
      continue;
    }
    const inner = frame.step(reader, reader.tag(), depth);
    if (inner === undefined) continue;
    if (inner.message) checkDepth(reader, ++depth);
    open.push(frame);
    frame = inner;
    reader.end = frame.end;
  }
}

/** Reads the fields of one length-delimited message, the `depth`th, at the reader's position. */
function readFields(reader: Reader, depth: number, field: (tag: number) => void): void {
  checkDepth(reader, depth);
  const outer = reader.end;
  reader.end = reader.spanEnd();
  while (reader.pos < reader.end) field(reader.tag());
  reader.end = outer;
}

class BigIntMessage {
  private magnitude = 0n;
  private sign = 0n;

  /** values.fromBigIntValueProto: the magnitude, negated when the sign is negative; no other sign is looked at. */
  read(reader: Reader, depth: number): Extract<Value, { kind: 'bigint' }> {
    readFields(reader, depth, (tag) => {
      if (tag === 1 * 8 + BYTES) this.magnitude = bigintFromBytes(reader.span());
      else if (tag === 2 * 8 + VARINT) this.sign = reader.int64();
      else reader.skip(tag);
    });
    return { kind: 'bigint', value: this.sign < 0n ? -this.magnitude : this.magnitude };
  }
}

class DecimalMessage {
  private readonly coefficient = new BigIntMessage();
  private value = 0n;
  private exponent = 0;

  read(reader: Reader, depth: number): Value {
    readFields(reader, depth, (tag) => {
      if (tag === 1 * 8 + BYTES) this.value = this.coefficient.read(reader, depth + 1).value;
      else if (tag === 2 * 8 + VARINT) this.exponent = reader.int32();
      else reader.skip(tag);
    });
    return { kind: 'decimal', coefficient: this.value, exponent: this.exponent };
  }
}

const UNREAD_BIGINT = new BigIntMessage();
const UNREAD_DECIMAL = new DecimalMessage();

type Receiver = { receive(value: Value): void };

class ValueFrame implements Frame {
  readonly message = true;
  readonly end: number;
  value: Value = NIL;
  private bigint = UNREAD_BIGINT;
  private decimal = UNREAD_DECIMAL;
  private readonly parent: Receiver | undefined;

  constructor(end: number, parent: Receiver | undefined) {
    this.end = end;
    this.parent = parent;
  }

  /** Goes on where the same member was left when it came before: protobuf merges what comes twice. */
  continueFrom(value: Value, earlier: ValueFrame | undefined): this {
    this.value = value;
    if (earlier !== undefined) {
      this.bigint = earlier.bigint;
      this.decimal = earlier.decimal;
    }
    return this;
  }

  finish(): void {
    this.parent?.receive(this.value);
  }

  step(reader: Reader, tag: number, depth: number): Frame | undefined {
    switch (tag) {
      case VALUE_FIELD.map * 8 + BYTES:
        return this.openMap(reader.spanEnd());
      case VALUE_FIELD.list * 8 + BYTES:
        return this.openList(reader.spanEnd());
      default:
        this.value = this.scalar(reader, tag, depth + 1);
        return undefined;
    }
  }

  // A message member that comes twice is merged when it is still the member that is set (protobuf's oneof rule).
  private openMap(end: number): Frame {
    const entries =
      this.value.kind === 'map' ? (this.value.entries as Map<string, Value>) : new Map<string, Value>();
    this.value = { kind: 'map', entries };
    return new MapFrame(end, entries);
  }

  private openList(end: number): Frame {
    const items = this.value.kind === 'list' ? (this.value.items as Value[]) : [];
    this.value = { kind: 'list', items };
    return new ListFrame(end, items);
  }

  /** `inner` is the depth of a message inside this one. */
  private scalar(reader: Reader, tag: number, inner: number): Value {
    switch (tag) {
      case VALUE_FIELD.bigint * 8 + BYTES:
        if (this.value.kind !== 'bigint') this.bigint = new BigIntMessage();
        return this.bigint.read(reader, inner);
      case VALUE_FIELD.decimal * 8 + BYTES:
        if (this.value.kind !== 'decimal') this.decimal = new DecimalMessage();
        return this.decimal.read(reader, inner);
      case VALUE_FIELD.time * 8 + BYTES:
        return readTime(reader, inner, this.value);
      default:
        return plainScalar(reader, tag) ?? this.skip(reader, tag);
    }
  }

  private skip(reader: Reader, tag: number): Value {
    reader.skip(tag);
    return this.value;
  }
}

class MapFrame implements Frame {
  readonly message = true;
  readonly end: number;
  readonly entries: Map<string, Value>;

  constructor(end: number, entries: Map<string, Value>) {
    this.end = end;
    this.entries = entries;
  }

  finish(): void {
    // Entries were set as they ended.
  }

  step(reader: Reader, tag: number): Frame | undefined {
    if (tag === TAG_FIELDS.mapEntry) return new EntryFrame(reader.spanEnd(), this.entries);
    reader.skip(tag);
    return undefined;
  }
}

class EntryFrame implements Frame, Receiver {
  readonly message = false;
  readonly end: number;
  private readonly entries: Map<string, Value>;
  private key = '';
  private value: Value = NIL;
  private hasValue = false;
  private last: ValueFrame | undefined;

  constructor(end: number, entries: Map<string, Value>) {
    this.end = end;
    this.entries = entries;
  }

  receive(value: Value): void {
    this.value = value;
  }

  finish(): void {
    this.entries.set(this.key, this.value);
  }

  step(reader: Reader, tag: number, depth: number): Frame | undefined {
    if (tag === TAG_FIELDS.mapValue) return this.openValue(reader, depth);
    if (tag === TAG_FIELDS.mapKey) this.key = reader.string();
    else reader.skip(tag);
    return undefined;
  }

  private openValue(reader: Reader, depth: number): Frame | undefined {
    const end = reader.spanEnd();
    const sole = this.hasValue ? undefined : soleScalar(reader, end, depth + 1);
    this.hasValue = true;
    if (sole === undefined) {
      this.last = new ValueFrame(end, this).continueFrom(this.value, this.last);
      return this.last;
    }
    this.value = sole;
    return undefined;
  }
}

class ListFrame implements Frame, Receiver {
  readonly message = true;
  readonly end: number;
  readonly items: Value[];

  constructor(end: number, items: Value[]) {
    this.end = end;
    this.items = items;
  }

  receive(value: Value): void {
    this.items.push(value);
  }

  finish(): void {
    // Items were pushed as they ended.
  }

  step(reader: Reader, tag: number, depth: number): Frame | undefined {
    if (tag !== TAG_FIELDS.listItem) {
      reader.skip(tag);
      return undefined;
    }
    const end = reader.spanEnd();
    const sole = soleScalar(reader, end, depth + 1);
    if (sole === undefined) return new ValueFrame(end, this);
    this.items.push(sole);
    return undefined;
  }
}

/**
 * The value of a `Value` message, the `depth`th, that holds one scalar and nothing else, as nearly all do: read without
 * a frame. Undefined for any other, of which then nothing is read.
 */
function soleScalar(reader: Reader, end: number, depth: number): Value | undefined {
  const start = reader.pos;
  if (start === end || depth > RECURSION_LIMIT) return undefined;
  const outer = reader.end;
  reader.end = end;
  const value = plainScalar(reader, reader.tag());
  reader.end = outer;
  if (value !== undefined && reader.pos === end) return value;
  reader.pos = start;
  return undefined;
}

function plainScalar(reader: Reader, tag: number): Value | undefined {
  switch (tag) {
    case VALUE_FIELD.string * 8 + BYTES:
      return { kind: 'string', value: reader.string() };
    case VALUE_FIELD.bool * 8 + VARINT:
      return { kind: 'bool', value: reader.bool() };
    case VALUE_FIELD.bytes * 8 + BYTES:
      return { kind: 'bytes', value: reader.span() };
    case VALUE_FIELD.int64 * 8 + VARINT:
      return { kind: 'int64', value: reader.int64() };
    case VALUE_FIELD.uint64 * 8 + VARINT:
      return { kind: 'uint64', value: reader.uint64() };
    case VALUE_FIELD.float64 * 8 + FIXED64:
      return { kind: 'float64', value: reader.double() };
    default:
      return undefined;
  }
}

function readTime(reader: Reader, depth: number, before: Value): Value {
  let { seconds, nanos } = before.kind === 'time' ? before : { seconds: 0n, nanos: 0 };
  readFields(reader, depth, (tag) => {
    if (tag === 1 * 8 + VARINT) seconds = reader.int64();
    else if (tag === 2 * 8 + VARINT) nanos = reader.int32();
    else reader.skip(tag);
  });
  return { kind: 'time', seconds, nanos };
}

/** Big-endian magnitude; linear for the sizes that occur, and no worse than BigInt's own parser for large ones. */
export function bigintFromBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}
