import type { Value } from '../../src/codec/values.ts';
import { formatTimestamp } from './provider-time.ts';

/**
 * CBOR (RFC 8949) as a provider's values are written in (docs/spec/loopp-wire.md E): what Go's reader takes by default, and
 * names of maps in the order of their bytes, as its deterministic writer has them.
 */

/** The bytes or the value have no such form; `offset` is where reading stopped. */
export class CborError extends Error {
  override readonly name = 'CborError';

  constructor(message: string, offset?: number) {
    super(`cbor: ${message}${offset === undefined ? '' : ` at byte ${String(offset)}`}`);
  }
}

/** Major types. */
export const CBOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;
/** Tags of integers beyond 64 bits. */
export const BIGNUM = { positive: 2n, negative: 3n } as const;

const FALSE = Uint8Array.of(0xf4);
const TRUE = Uint8Array.of(0xf5);
const NULL = Uint8Array.of(0xf6);
const FLOAT64 = 0xfb;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Throws `CborError` for a decimal, which has no form that Go reads. */
export function encodeCbor(value: Value): Uint8Array {
  switch (value.kind) {
    case 'nil':
      return NULL;
    case 'bool':
      return value.value ? TRUE : FALSE;
    case 'int64':
    case 'uint64':
    case 'bigint':
      return integer(value.value);
    case 'float64':
      return float64(value.value);
    case 'string':
      return counted(CBOR.text, Buffer.from(value.value, 'utf8'));
    case 'bytes':
      return counted(CBOR.bytes, value.value);
    case 'time':
      return counted(CBOR.text, Buffer.from(formatTimestamp(value), 'utf8'));
    case 'list':
      return Buffer.concat([head(CBOR.array, BigInt(value.items.length)), ...value.items.map(encodeCbor)]);
    case 'map':
      return map(value.entries);
    default:
      throw new CborError('expected a value with a CBOR form, got a decimal');
  }
}

function map(entries: ReadonlyMap<string, Value>): Uint8Array {
  const pairs = [...entries]
    .map(([name, value]) => [counted(CBOR.text, Buffer.from(name, 'utf8')), encodeCbor(value)] as const)
    .toSorted(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(CBOR.map, BigInt(pairs.length)), ...pairs.flat()]);
}

function integer(value: bigint): Uint8Array {
  const [major, magnitude] = value < 0n ? [CBOR.negative, -1n - value] : [CBOR.unsigned, value];
  if (magnitude <= MAX_UINT64) return head(major, magnitude);
  const tag = value < 0n ? BIGNUM.negative : BIGNUM.positive;
  const hex = magnitude.toString(16);
  return Buffer.concat([
    head(CBOR.tag, tag),
    counted(CBOR.bytes, Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')),
  ]);
}

function float64(value: number): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes[0] = FLOAT64;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

const counted = (major: number, content: Uint8Array): Buffer =>
  Buffer.concat([head(major, BigInt(content.length)), content]);

/** The shortest head with that argument. */
function head(major: number, argument: bigint): Buffer {
  if (argument < 24n) return Buffer.of((major << 5) | Number(argument));
  const size = argument < 0x100n ? 0 : argument < 0x1_0000n ? 1 : argument < 0x1_0000_0000n ? 2 : 3;
  const bytes = Buffer.alloc(9);
  bytes.writeBigUInt64BE(argument, 1);
  const tail = bytes.subarray(9 - 2 ** size);
  return Buffer.concat([Buffer.of((major << 5) | (24 + size)), tail]);
}
