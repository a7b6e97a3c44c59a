import { BYTES, ReverseWriter, Reader, VARINT } from './protobuf.ts';
import { decodeValueList, decodeValueMap } from './values.ts';
import type { Value, ValueMap } from './values.ts';
import { compareUtf8, writeValueList, writeValueMap } from './values-encode.ts';

/**
 * Protobuf messages described as data: a table of fields gives the type, the reader and the deterministic writer
 * (fields ascending, maps sorted by key, default scalars omitted, no unknown fields).
 */

/** How one field is kept in memory and on the wire. */
interface FieldCodec<T> {
  readonly number: number;
  readonly wireType: number;
  readonly initial: () => T;
  /** Reads one occurrence; `before` is what earlier occurrences left. */
  readonly read: (reader: Reader, before: T) => T;
  /** Writes the field, or nothing when it is its default. */
  readonly write: (writer: ReverseWriter, value: T) => void;
}

type Fields = Readonly<Record<string, FieldCodec<unknown>>>;

/** The in-memory form of a described message. */
export type Message<M> = M extends MessageType<infer T> ? Readonly<T> : never;

export interface MessageType<T> {
  /** Missing fields become their protobuf defaults. Throws `ProtobufError`. */
  readonly decode: (bytes: Uint8Array) => T;
  /** Missing members are defaults. */
  readonly encode: (message: Partial<T>) => Uint8Array;
  /** Writes the fields behind what `writer` already has, last first: the way into a message that holds this one. */
  readonly write: (writer: ReverseWriter, message: Partial<T>) => void;
}

/** Describes a message. Known fields with an unexpected wire type are skipped, as protobuf-go does. */
export function message<F extends Record<string, unknown>>(fields: {
  readonly [K in keyof F]: FieldCodec<F[K]>;
}): MessageType<F> {
  const table = Object.entries(fields as unknown as Fields);
  const byTag = new Map(table.map(([name, field]) => [field.number * 8 + field.wireType, { name, field }]));
  const descending = table.toSorted(([, a], [, b]) => b.number - a.number);
  const write = (writer: ReverseWriter, value: Partial<F>): void => {
    for (const [name, field] of descending) {
      const member = value[name];
      if (member !== undefined) field.write(writer, member);
    }
  };
  return {
    write,
    decode(source) {
      const result: Record<string, unknown> = {};
      for (const [name, field] of table) result[name] = field.initial();
      const reader = new Reader(source);
      while (reader.pos < reader.end) {
        const tag = reader.tag();
        const known = byTag.get(tag);
        if (known === undefined) reader.skip(tag);
        else result[known.name] = known.field.read(reader, result[known.name]);
      }
      return result as F;
    },
    encode(value) {
      const writer = new ReverseWriter();
      write(writer, value);
      return writer.finish();
    },
  };
}

export function string(number: number): FieldCodec<string> {
  return {
    number,
    wireType: BYTES,
    initial: () => '',
    read: (reader) => reader.string(),
    write: (writer, value) => {
      if (value !== '') writer.string(number, value);
    },
  };
}

export function bytes(number: number): FieldCodec<Uint8Array> {
  return {
    number,
    wireType: BYTES,
    initial: () => new Uint8Array(),
    read: (reader) => reader.span(),
    write: (writer, value) => {
      if (value.length > 0) writer.bytes(number, value);
    },
  };
}

export function bool(number: number): FieldCodec<boolean> {
  return {
    number,
    wireType: VARINT,
    initial: () => false,
    read: (reader) => reader.bool(),
    write: (writer, value) => {
      if (value) writer.uint(number, 1n);
    },
  };
}

export function uint32(number: number): FieldCodec<number> {
  return {
    number,
    wireType: VARINT,
    initial: () => 0,
    read: (reader) => reader.uint32(),
    write: (writer, value) => {
      if (value !== 0) writer.uint(number, BigInt(value));
    },
  };
}

export function uint64(number: number): FieldCodec<bigint> {
  return {
    number,
    wireType: VARINT,
    initial: () => 0n,
    read: (reader) => reader.uint64(),
    write: (writer, value) => {
      if (value !== 0n) writer.uint(number, value);
    },
  };
}

/** Negative values are ten bytes on the wire. */
export function int32(number: number): FieldCodec<number> {
  return { ...uint32(number), read: (reader) => reader.int32() };
}

export function int64(number: number): FieldCodec<bigint> {
  return { ...uint64(number), read: (reader) => reader.int64() };
}

/** An `optional` scalar. */
export function optionalBytes(number: number): FieldCodec<Uint8Array | undefined> {
  return {
    ...bytes(number),
    initial: () => undefined,
    read: (reader) => reader.span(),
    write: (writer, value) => {
      if (value !== undefined) writer.bytes(number, value);
    },
  };
}

/** An `optional` text or a text in a oneof. */
export function optionalString(number: number): FieldCodec<string | undefined> {
  return {
    ...string(number),
    initial: () => undefined,
    read: (reader) => reader.string(),
    write: (writer, value) => {
      if (value !== undefined) writer.string(number, value);
    },
  };
}

/** A member that is a message. One that comes twice is merged in protobuf: read as the bytes of both in a row. */
function submessage<T extends object>(
  number: number,
  decode: (bytes: Uint8Array) => T,
  write: WriteFields<T>,
): FieldCodec<T | undefined> {
  const sources = new WeakMap<object, Uint8Array>();
  return {
    number,
    wireType: BYTES,
    initial: () => undefined,
    read: (reader, before) => {
      const earlier = before === undefined ? undefined : sources.get(before);
      const span = reader.span();
      const source = earlier === undefined ? span : Buffer.concat([earlier, span]);
      const value = decode(source);
      sources.set(value, source);
      return value;
    },
    write: (writer, value) => {
      if (value === undefined) return;
      const mark = writer.size;
      write(writer, value);
      writer.close(number, mark);
    },
  };
}

/** Writes the fields of a message behind what the writer has, last first. */
type WriteFields<T> = (writer: ReverseWriter, value: T) => void;

export const nested = <T extends object>(number: number, type: MessageType<T>): FieldCodec<T | undefined> =>
  submessage(number, type.decode, type.write);

/** `values.v1.Map` and `values.v1.List` members, re-encoded deterministically. */
export const valueMap = (number: number): FieldCodec<ValueMap | undefined> =>
  submessage(number, decodeValueMap, writeValueMap);
export const valueList = (number: number): FieldCodec<readonly Value[] | undefined> =>
  submessage(number, decodeValueList, writeValueList);

const utf8 = (value: Uint8Array): string => {
  const field = new ReverseWriter(value.length + 8);
  field.raw(value);
  field.varintNumber(value.length);
  return new Reader(field.finish()).string();
};

function repeatedOf<T>(
  number: number,
  decode: (bytes: Uint8Array) => T,
  write: WriteFields<T>,
): FieldCodec<readonly T[]> {
  return {
    number,
    wireType: BYTES,
    initial: () => [],
    read: (reader, before) => {
      (before as T[]).push(decode(reader.span()));
      return before;
    },
    write: (writer, items) => {
      for (let i = items.length - 1; i >= 0; i--) {
        const mark = writer.size;
        write(writer, items[i] as T);
        writer.close(number, mark);
      }
    },
  };
}

export const repeated = <T>(number: number, type: MessageType<T>): FieldCodec<readonly T[]> =>
  repeatedOf(number, type.decode, type.write);
export const repeatedString = (number: number): FieldCodec<readonly string[]> =>
  repeatedOf(number, utf8, (writer, text) => writer.text(text));
export const repeatedBytes = (number: number): FieldCodec<readonly Uint8Array[]> =>
  repeatedOf(
    number,
    (span) => span,
    (writer, span) => writer.raw(span),
  );

interface MapEntry<K, V> {
  readonly key: K;
  readonly value: V;
}

/** A map field. Entries are written sorted by key, key and value always present (G.3 "Deterministic marshalling"). */
function mapOf<K, V>(
  number: number,
  decode: (bytes: Uint8Array) => MapEntry<K, V>,
  write: WriteFields<MapEntry<K, V>>,
  compare: (a: K, b: K) => number,
): FieldCodec<ReadonlyMap<K, V>> {
  return {
    number,
    wireType: BYTES,
    initial: () => new Map(),
    read: (reader, before) => {
      const { key, value } = decode(reader.span());
      return (before as Map<K, V>).set(key, value);
    },
    write: (writer, entries) => {
      for (const [key, value] of [...entries].toSorted(([a], [b]) => compare(b, a))) {
        const mark = writer.size;
        write(writer, { key, value });
        writer.close(number, mark);
      }
    },
  };
}

/** A map to messages: a value that did not come is an empty message. */
function messageMapOf<K, T extends object>(
  number: number,
  type: MessageType<T>,
  key: FieldCodec<K>,
  writeKey: WriteFields<K>,
  compare: (a: K, b: K) => number,
): FieldCodec<ReadonlyMap<K, T>> {
  const entry = message<{ key: K; value: T | undefined }>({ key, value: nested(2, type) });
  return mapOf(
    number,
    (span) => {
      const read = entry.decode(span);
      return { key: read.key, value: read.value ?? type.decode(new Uint8Array()) };
    },
    (writer, { key: written, value }) => {
      const mark = writer.size;
      type.write(writer, value);
      writer.close(2, mark);
      writeKey(writer, written);
    },
    compare,
  );
}

/** `map<string, message>`. */
export const stringMap = <T extends object>(
  number: number,
  type: MessageType<T>,
): FieldCodec<ReadonlyMap<string, T>> =>
  messageMapOf(number, type, string(1), (writer, key) => writer.string(1, key), compareUtf8);

/** `map<uint32, message>` with the message kept as bytes. */
export function uint32BytesMap(number: number): FieldCodec<ReadonlyMap<number, Uint8Array>> {
  const entry = message<{ key: number; value: Uint8Array }>({ key: uint32(1), value: bytes(2) });
  return mapOf(
    number,
    entry.decode,
    (writer, { key, value }) => {
      writer.bytes(2, value);
      writer.uint(1, BigInt(key));
    },
    (a, b) => a - b,
  );
}

/** `map<string, string>`. */
export function textMap(number: number): FieldCodec<ReadonlyMap<string, string>> {
  const entry = message<{ key: string; value: string }>({ key: string(1), value: string(2) });
  return mapOf(
    number,
    entry.decode,
    (writer, { key, value }) => {
      writer.string(2, value);
      writer.string(1, key);
    },
    compareUtf8,
  );
}

/** Repeated varints, packed as proto3 writes them; protobuf-go never writes the other form. */
function packedOf<T>(
  number: number,
  readOne: (reader: Reader) => T,
  toVarint: (item: T) => bigint,
): FieldCodec<readonly T[]> {
  return {
    number,
    wireType: BYTES,
    initial: () => [],
    read: (reader, before) => {
      const items = new Reader(reader.span());
      while (items.pos < items.end) (before as T[]).push(readOne(items));
      return before;
    },
    write: (writer, items) => {
      if (items.length === 0) return;
      const mark = writer.size;
      for (let i = items.length - 1; i >= 0; i--) writer.varint(toVarint(items[i] as T));
      writer.close(number, mark);
    },
  };
}

export const packedUint32 = (number: number): FieldCodec<readonly number[]> =>
  packedOf(number, (reader) => reader.uint32(), BigInt);
export const packedInt64 = (number: number): FieldCodec<readonly bigint[]> =>
  packedOf(
    number,
    (reader) => reader.int64(),
    (item) => item,
  );

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** `map<uint64, message>`. */
export const uint64Map = <T extends object>(
  number: number,
  type: MessageType<T>,
): FieldCodec<ReadonlyMap<bigint, T>> =>
  messageMapOf(number, type, uint64(1), (writer, key) => writer.uint(1, key), byNumber);

/** `map<uint64, uint64>`. */
export function uint64Uint64Map(number: number): FieldCodec<ReadonlyMap<bigint, bigint>> {
  const entry = message<{ key: bigint; value: bigint }>({ key: uint64(1), value: uint64(2) });
  return mapOf(
    number,
    entry.decode,
    (writer, { key, value }) => {
      writer.uint(2, value);
      writer.uint(1, key);
    },
    byNumber,
  );
}
