import { ReverseWriter } from './protobuf.ts';
import { LIST_FIELDS, MAP_FIELDS, MAP_KEY, MAP_VALUE, VALUE_FIELD } from './values.ts';
import type { Value, ValueMap } from './values.ts';

/** Serialises a `values.v1.Value` as Go's deterministic marshalling does: map entries sorted by their UTF-8 keys. */
export function encodeValue(value: Value): Uint8Array {
  const writer = new ReverseWriter();
  new ValueWriter(writer).value(value);
  return writer.finish();
}

/** Serialises a `values.v1.Map` deterministically. */
export function encodeValueMap(entries: ValueMap): Uint8Array {
  const writer = new ReverseWriter();
  writeValueMap(writer, entries);
  return writer.finish();
}

/** Serialises a `values.v1.List`. */
export function encodeValueList(items: readonly Value[]): Uint8Array {
  const writer = new ReverseWriter();
  writeValueList(writer, items);
  return writer.finish();
}

/** Writes the fields of a `values.v1.Map`, last first, for messages that hold one. */
export function writeValueMap(writer: ReverseWriter, entries: ValueMap): void {
  new ValueWriter(writer).map(entries);
}

/** Writes the fields of a `values.v1.List`, last first, for messages that hold one. */
export function writeValueList(writer: ReverseWriter, items: readonly Value[]): void {
  new ValueWriter(writer).list(items);
}

/** Sorts as Go sorts strings: by UTF-8 bytes. UTF-16 code units order astral characters before U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above every other code unit.
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

/** What is still to be written, last first: a value, or the head of a field whose payload is then complete. */
type Task =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'open'; readonly field: number; readonly mark: { size: number } }
  | { readonly kind: 'mark'; readonly mark: { size: number } };

class ValueWriter {
  private readonly writer: ReverseWriter;
  private readonly tasks: Task[] = [];

  constructor(writer: ReverseWriter) {
    this.writer = writer;
  }

  value(value: Value): void {
    this.push(value);
    this.drain();
  }

  map(entries: ValueMap): void {
    this.pushEntries(entries);
    this.drain();
  }

  list(items: readonly Value[]): void {
    this.pushItems(items);
    this.drain();
  }

  // Tasks are a stack and bytes are written last first, so what stands first in the message is pushed first.
  private drain(): void {
    const { tasks, writer } = this;
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      if (task.kind === 'value') this.push(task.value);
      else if (task.kind === 'key') writer.string(MAP_KEY, task.key);
      else if (task.kind === 'open') writer.close(task.field, task.mark.size);
      else task.mark.size = writer.size;
    }
  }

  private push(value: Value): void {
    if (value.kind === 'map') this.nested(VALUE_FIELD.map, () => this.pushEntries(value.entries));
    else if (value.kind === 'list') this.nested(VALUE_FIELD.list, () => this.pushItems(value.items));
    else writeScalar(this.writer, value);
  }

  private nested(field: number, inner: () => void): void {
    const mark = { size: 0 };
    this.tasks.push({ kind: 'open', field, mark });
    inner();
    this.tasks.push({ kind: 'mark', mark });
  }

  private pushEntries(entries: ValueMap): void {
    const keys = [...entries.keys()].toSorted(compareUtf8);
    for (const key of keys) {
      const value = entries.get(key);
      if (value === undefined) continue;
      this.nested(MAP_FIELDS, () => {
        this.tasks.push({ kind: 'key', key });
        this.nested(MAP_VALUE, () => this.tasks.push({ kind: 'value', value }));
      });
    }
  }

  private pushItems(items: readonly Value[]): void {
    for (const value of items) {
      this.nested(LIST_FIELDS, () => this.tasks.push({ kind: 'value', value }));
    }
  }
}

function writeScalar(writer: ReverseWriter, value: Exclude<Value, { kind: 'map' | 'list' }>): void {
  switch (value.kind) {
    case 'nil':
      return;
    case 'string':
      return writer.string(VALUE_FIELD.string, value.value);
    case 'bool':
      return writer.uint(VALUE_FIELD.bool, value.value ? 1n : 0n);
    case 'bytes':
      return writer.bytes(VALUE_FIELD.bytes, value.value);
    case 'int64':
      return writer.uint(VALUE_FIELD.int64, value.value);
    case 'uint64':
      return writer.uint(VALUE_FIELD.uint64, value.value);
    case 'float64':
      return writer.double(VALUE_FIELD.float64, value.value);
    case 'bigint':
      return writeBigInt(writer, VALUE_FIELD.bigint, value.value);
    case 'decimal':
      return writeDecimal(writer, value.coefficient, value.exponent);
    case 'time':
      return writeTimestamp(writer, VALUE_FIELD.time, value.seconds, value.nanos);
  }
}

function writeBigInt(writer: ReverseWriter, field: number, value: bigint): void {
  const mark = writer.size;
  if (value !== 0n) {
    writer.uint(2, value < 0n ? -1n : 1n);
    writer.bytes(1, magnitudeBytes(value < 0n ? -value : value));
  }
  writer.close(field, mark);
}

function writeDecimal(writer: ReverseWriter, coefficient: bigint, exponent: number): void {
  const mark = writer.size;
  if (exponent !== 0) writer.uint(2, BigInt(exponent));
  writeBigInt(writer, 1, coefficient);
  writer.close(VALUE_FIELD.decimal, mark);
}

/** Writes a `google.protobuf.Timestamp` field. */
export function writeTimestamp(writer: ReverseWriter, field: number, seconds: bigint, nanos: number): void {
  const mark = writer.size;
  if (nanos !== 0) writer.uint(2, BigInt(nanos));
  if (seconds !== 0n) writer.uint(1, seconds);
  writer.close(field, mark);
}

/** Big-endian without leading zeros. */
function magnitudeBytes(magnitude: bigint): Uint8Array {
  const hex = magnitude.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
