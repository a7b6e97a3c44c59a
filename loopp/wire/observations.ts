import { BYTES, Reader, ReverseWriter } from '../../src/codec/protobuf.ts';
import { LIST_FIELDS } from '../../src/codec/values.ts';

const ITEM_TAG = LIST_FIELDS * 8 + BYTES;

/** Packs serialised `values.v1.Value`s into a `values.v1.List` without reading them. */
export function packValues(values: readonly Uint8Array[]): Uint8Array {
  const writer = new ReverseWriter();
  for (let i = values.length - 1; i >= 0; i--) writer.bytes(LIST_FIELDS, values[i] ?? new Uint8Array());
  return writer.finish();
}

/** The serialised `values.v1.Value`s of a `values.v1.List`, as views. Throws `ProtobufError`. */
export function unpackValues(list: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(list);
  const values: Uint8Array[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ITEM_TAG) values.push(reader.span());
    else reader.skip(tag);
  }
  return values;
}
