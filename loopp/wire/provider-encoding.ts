import { ProtobufError } from '../../src/codec/protobuf.ts';
import { decodeValue } from '../../src/codec/values.ts';
import type { Value } from '../../src/codec/values.ts';
import { encodeValue } from '../../src/codec/values-encode.ts';
import { messageOf } from '../../src/errors.ts';
import { encodeCbor } from './provider-cbor.ts';
import { decodeCbor } from './provider-cbor-decode.ts';
import { decodeJson, encodeJson } from './provider-json.ts';
import type { VersionedBytes } from './provider-messages.ts';

/**
 * How a value goes over the wire: `codec.VersionedBytes` (docs/spec/loopp-wire.md E). The numbers are those of upstream's
 * pkg/internal/codec/versioned_bytes.go, where the second JSON version has numbers as texts.
 */
export const ENCODING = { json: 0, jsonText: 1, cbor: 2, values: 3 } as const;

/** What Go's clients and servers write unless told otherwise. */
export const DEFAULT_ENCODING = ENCODING.cbor;

/** A value has no such encoding, or the bytes are not one; the message says why. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/** Throws `EncodingError`. */
export function encodeVersioned(value: Value, version: number): VersionedBytes {
  return { version, data: labelled(() => encodeAs(value, version)) };
}

function encodeAs(value: Value, version: number): Uint8Array {
  switch (version) {
    case ENCODING.json:
    case ENCODING.jsonText:
      return Buffer.from(encodeJson(value, version === ENCODING.jsonText), 'utf8');
    case ENCODING.cbor:
      return encodeCbor(value);
    case ENCODING.values:
      return encodeValue(value);
    default:
      throw new EncodingError(`unsupported encoding version ${String(version)} for a value`);
  }
}

/** Throws `EncodingError`. */
export function decodeVersioned(bytes: VersionedBytes | undefined): Value {
  if (bytes === undefined) throw new EncodingError('cannot decode nil versioned bytes');
  return labelled(() => decodeAs(bytes));
}

function decodeAs({ version, data }: VersionedBytes): Value {
  switch (version) {
    case ENCODING.json:
    case ENCODING.jsonText:
      return decodeJson(data);
    case ENCODING.cbor:
      return decodeCbor(data);
    case ENCODING.values:
      return decodeValue(data);
    default:
      throw new EncodingError(
        `unsupported encoding version ${String(version)} for ${String(data.length)} bytes`,
      );
  }
}

function labelled<T>(convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof EncodingError) throw error;
    const what = error instanceof ProtobufError ? 'values.v1: ' : '';
    throw new EncodingError(`invalid type: ${what}${messageOf(error)}`, { cause: error });
  }
}
