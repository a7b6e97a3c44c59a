import type { Value } from '../../src/codec/values.ts';
import { BIGNUM, CBOR, CborError } from './provider-cbor.ts';

/** Values inside each other that are read; Go's default. */
const MAX_DEPTH = 32;
/** Lengths that are not known before the end. */
const INDEFINITE = 31;
const BREAK = 0xff;

/** Throws `CborError` for bytes that are not one value, with names that are texts and at most 32 values deep. */
export function decodeCbor(bytes: Uint8Array): Value {
  const reader = new CborReader(bytes);
  const value = reader.value(0);
  reader.finish();
  return value;
}

/** The beginning of a value; `length` is undefined where it is not known before the end. */
interface Head {
  readonly major: number;
  readonly info: number;
  readonly argument: bigint | undefined;
}

class CborReader {
  private readonly bytes: Buffer;
  private pos = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  finish(): void {
    if (this.pos < this.bytes.length) {
      throw new CborError(`${String(this.bytes.length - this.pos)} bytes of extraneous data`, this.pos);
    }
  }

  value(depth: number): Value {
    if (depth > MAX_DEPTH) throw this.error(`exceeded max nested level ${String(MAX_DEPTH)}`);
    const next = this.head();
    switch (next.major) {
      case CBOR.unsigned:
        return integerValue(this.known(next));
      case CBOR.negative:
        return integerValue(-1n - this.known(next));
      case CBOR.bytes:
        return { kind: 'bytes', value: this.string(next) };
      case CBOR.text:
        return { kind: 'string', value: this.string(next).toString('utf8') };
      case CBOR.array:
        return { kind: 'list', items: this.items(next, () => this.value(depth + 1)) };
      case CBOR.map:
        return { kind: 'map', entries: new Map(this.items(next, () => this.pair(depth + 1))) };
      case CBOR.tag:
        return this.tagged(this.known(next), depth);
      default:
        return this.simple(next);
    }
  }

  private pair(depth: number): readonly [string, Value] {
    const name = this.value(depth);
    if (name.kind !== 'string') throw this.error(`expected a name that is a text, got ${name.kind}`);
    return [name.value, this.value(depth)];
  }

  /** Tags beside numbers beyond 64 bits say how to read a value that is there without them. */
  private tagged(tag: bigint, depth: number): Value {
    const content = this.value(depth + 1);
    if (tag !== BIGNUM.positive && tag !== BIGNUM.negative) return content;
    if (content.kind !== 'bytes') throw this.error(`expected the bytes of a number, got ${content.kind}`);
    const magnitude = BigInt(`0x0${Buffer.from(content.value).toString('hex')}`);
    return integerValue(tag === BIGNUM.positive ? magnitude : -1n - magnitude);
  }

  private simple({ info, argument }: Head): Value {
    if (info === 20 || info === 21) return { kind: 'bool', value: info === 21 };
    if (info === 22 || info === 23) return { kind: 'nil' };
    if (info >= 25 && info <= 27 && argument !== undefined) {
      return { kind: 'float64', value: floatOf(info, argument) };
    }
    throw this.error('expected a value, got a simple value that is none');
  }

  /** A string, whole or in pieces. */
  private string({ major, argument }: Head): Buffer {
    if (argument !== undefined) return this.take(argument);
    const pieces: Buffer[] = [];
    while (!this.ends()) {
      const piece = this.head();
      if (piece.major !== major || piece.argument === undefined)
        throw this.error('expected a piece of a string');
      pieces.push(this.take(piece.argument));
    }
    return Buffer.concat(pieces);
  }

  private items<T>({ argument }: Head, read: () => T): T[] {
    const items: T[] = [];
    if (argument === undefined) while (!this.ends()) items.push(read());
    else for (let left = argument; left > 0n; left--) items.push(read());
    return items;
  }

  private head(): Head {
    const first = this.take(1n)[0] ?? 0;
    const major = first >> 5;
    const info = first & 0x1f;
    if (info < 24) return { major, info, argument: BigInt(info) };
    if (info <= 27) {
      return { major, info, argument: BigInt(`0x${this.take(2n ** BigInt(info - 24)).toString('hex')}`) };
    }
    const mayBeIndefinite = major >= CBOR.bytes && major <= CBOR.map;
    if (info === INDEFINITE && mayBeIndefinite) return { major, info, argument: undefined };
    throw this.error('invalid head');
  }

  private known({ argument }: Head): bigint {
    if (argument === undefined) throw this.error('invalid head');
    return argument;
  }

  private ends(): boolean {
    if (this.bytes[this.pos] !== BREAK) return false;
    this.pos += 1;
    return true;
  }

  private take(length: bigint): Buffer {
    if (length > BigInt(this.bytes.length - this.pos)) throw this.error('unexpected end');
    const start = this.pos;
    this.pos += Number(length);
    return this.bytes.subarray(start, this.pos);
  }

  private error(message: string): CborError {
    return new CborError(message, this.pos);
  }
}

/** The kind that Go's reader chooses. */
export function integerValue(value: bigint): Value {
  if (value === BigInt.asIntN(64, value)) return { kind: 'int64', value };
  return { kind: value === BigInt.asUintN(64, value) ? 'uint64' : 'bigint', value };
}

function floatOf(info: number, bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  if (info === 27) return view.getFloat64(0);
  if (info === 26) return view.getFloat32(4);
  return halfOf(Number(bits));
}

function halfOf(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
