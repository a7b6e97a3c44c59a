/**
 * Protobuf wire primitives with the acceptance rules of Go's protobuf-go 1.36 (`proto.Unmarshal`): a known field
 * with another wire type is an unknown field, groups are skipped, strings must be UTF-8.
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const START_GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;

/** protowire.DefaultRecursionLimit: messages inside messages, the outermost included. */
export const RECURSION_LIMIT = 10_000;

const MAX_FIELD_NUMBER = 0x1fff_ffff;
/** protobuf-go looks less closely at what stands inside a group that it skips. */
const MAX_FIELD_NUMBER_IN_GROUP = 0x7fff_ffff;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes are not the protobuf message they should be. `offset` is where reading stopped. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${String(offset)}`);
    this.offset = offset;
  }
}

/** A cursor over one buffer. `end` is moved by callers that step into sub-messages. */
export class Reader {
  readonly bytes: Uint8Array;
  pos: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** Reads a tag and answers `fieldNumber * 8 + wireType`. */
  tag(maxField = MAX_FIELD_NUMBER): number {
    const at = this.pos;
    const tag = this.varintNumber();
    const field = Math.floor(tag / 8);
    if (field < 1 || field > maxField) throw new ProtobufError('invalid field number', at);
    return tag;
  }

  /** Reads a varint as a double: exact below 2^53, and never below 2^53 when the value is not. */
  varintNumber(): number {
    const { bytes, end } = this;
    const start = this.pos;
    const first = start < end ? (bytes[start] ?? 0) : 0x80;
    if (first < 0x80) {
      this.pos = start + 1;
      return first;
    }
    let pos = start;
    let value = 0;
    let factor = 1;
    while (pos < end) {
      const byte = bytes[pos++] ?? 0;
      if (byte < 0x80) {
        if (pos - start === 10 && byte > 1) break;
        this.pos = pos;
        return value + byte * factor;
      }
      if (pos - start >= 10) break;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    throw new ProtobufError(
      pos - start < 10 ? 'unexpected end of a varint' : 'varint overflows 64 bits',
      start,
    );
  }

  /** Reads a varint as an unsigned 64-bit integer. */
  uint64(): bigint {
    const start = this.pos;
    const approximate = this.varintNumber();
    if (approximate <= Number.MAX_SAFE_INTEGER) return BigInt(approximate);
    let value = 0n;
    for (let pos = this.pos - 1; pos >= start; pos--) {
      value = (value << 7n) | BigInt((this.bytes[pos] ?? 0) & 0x7f);
    }
    return value & MASK_64;
  }

  /** Reads a varint as a signed 64-bit integer (two's complement, not zigzag). */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** Reads a varint and keeps its low 32 bits, as Go does for uint32 fields. */
  uint32(): number {
    const start = this.pos;
    const value = this.varintNumber();
    if (value <= 0xffff_ffff) return value;
    this.pos = start;
    return Number(this.uint64() & 0xffff_ffffn);
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    return this.varintNumber() !== 0;
  }

  double(): number {
    const at = this.advance(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** Reads a length and answers the end of what it spans. */
  spanEnd(): number {
    const at = this.pos;
    const length = this.varintNumber();
    if (length > this.end - this.pos) throw new ProtobufError('length reaches past the end', at);
    return this.pos + length;
  }

  /** A view, not a copy. */
  span(): Uint8Array {
    const end = this.spanEnd();
    const view = this.bytes.subarray(this.pos, end);
    this.pos = end;
    return view;
  }

  string(): string {
    const end = this.spanEnd();
    const start = this.pos;
    this.pos = end;
    return decodeUtf8(this.bytes, start, end);
  }

  /** Skips the value that follows `tag`, whole groups included. */
  skip(tag: number): void {
    const open: number[] = [];
    for (let next = tag; ; next = this.tag(MAX_FIELD_NUMBER_IN_GROUP)) {
      const field = Math.floor(next / 8);
      switch (next % 8) {
        case VARINT:
          this.varintNumber();
          break;
        case FIXED64:
          this.advance(8);
          break;
        case BYTES:
          this.pos = this.spanEnd();
          break;
        case START_GROUP:
          if (open.length > RECURSION_LIMIT) throw new ProtobufError('groups nested too deeply', this.pos);
          open.push(field);
          break;
        case END_GROUP:
          if (open.pop() !== field) throw new ProtobufError('mismatching end of a group', this.pos);
          break;
        case FIXED32:
          this.advance(4);
          break;
        default:
          throw new ProtobufError('unknown wire type', this.pos);
      }
      if (open.length === 0) return;
    }
  }

  private advance(count: number): number {
    const at = this.pos;
    if (count > this.end - at) throw new ProtobufError('unexpected end of a fixed-size value', at);
    this.pos = at + count;
    return at;
  }
}

/** Refuses the `depth`th of messages inside messages when Go would. Throws `ProtobufError`. */
export function checkDepth(reader: Reader, depth: number): void {
  if (depth <= RECURSION_LIMIT) return;
  throw new ProtobufError(`exceeded the recursion limit of ${String(RECURSION_LIMIT)} messages`, reader.pos);
}

/** Texts up to this length are looked up among those that were read before. */
const SHORT_BYTES = 24;
/** A power of two. */
const KNOWN_TEXTS = 1024;

/** Short ASCII texts that were read, each where its bytes say: rounds repeat the same few names of fields. */
const known = Array.from({ length: KNOWN_TEXTS }, () => '');

function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return (
    (end - start <= SHORT_BYTES ? shortAscii(bytes, start, end) : undefined) ?? decode(bytes, start, end)
  );
}

/** Undefined when it is not ASCII. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let hash = end - start;
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos] ?? 0;
    if (byte >= 0x80) return undefined;
    hash = Math.imul(hash, 31) + byte;
  }
  const slot = (hash ^ (hash >>> 15)) & (KNOWN_TEXTS - 1);
  const text = known[slot] ?? '';
  if (isText(text, bytes, start, end)) return text;
  const fresh = String.fromCharCode(...bytes.subarray(start, end));
  known[slot] = fresh;
  return fresh;
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let pos = start; pos < end; pos++) {
    if (text.charCodeAt(pos - start) !== bytes[pos]) return false;
  }
  return true;
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    throw new ProtobufError('string is not valid UTF-8', start);
  }
}

/** Largest number that `varintNumber` writes without BigInt: four groups of seven bits. */
const MAX_SMALL = 0x0fff_ffff;
const FIRST_SCRATCH = 4096;
const MAX_SCRATCH = 4 * 1024 * 1024;

/** The buffer that the last finished writer left, for the next one; one that is in use is not here. */
let scratch: Uint8Array | undefined;

function takeScratch(): Uint8Array {
  const buffer = scratch ?? new Uint8Array(FIRST_SCRATCH);
  scratch = undefined;
  return buffer;
}

/**
 * Writes a message from its last byte to its first, so that every length is known when it is written: no size pass,
 * no recursion. Fields must therefore be written in descending order.
 */
export class ReverseWriter {
  private buffer: Uint8Array;
  private start: number;

  /** `capacity`: how many bytes are expected, when known; a shared buffer serves otherwise. */
  constructor(capacity?: number) {
    this.buffer = capacity === undefined ? takeScratch() : new Uint8Array(capacity);
    this.start = this.buffer.length;
  }

  /** Bytes written so far; the mark to hand to `close`. */
  get size(): number {
    return this.buffer.length - this.start;
  }

  /** What was written; the writer is not used after it. */
  finish(): Uint8Array {
    if (this.start === 0) return this.buffer;
    const written = this.buffer.slice(this.start);
    const { length } = this.buffer;
    if (length <= MAX_SCRATCH && length > (scratch?.length ?? 0)) scratch = this.buffer;
    return written;
  }

  varintNumber(value: number): void {
    if (value > MAX_SMALL) {
      this.varint(BigInt(value));
      return;
    }
    this.reserve(4);
    const bytes = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
    this.start -= bytes;
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      this.buffer[this.start + i] = (rest & 0x7f) | (i === bytes - 1 ? 0 : 0x80);
      rest >>>= 7;
    }
  }

  varint(value: bigint): void {
    const groups: number[] = [];
    let rest = BigInt.asUintN(64, value);
    do {
      groups.push(Number(rest & 0x7fn));
      rest >>= 7n;
    } while (rest > 0n);
    this.reserve(groups.length);
    for (let i = groups.length - 1; i >= 0; i--) {
      this.buffer[--this.start] = (groups[i] ?? 0) | (i === groups.length - 1 ? 0 : 0x80);
    }
  }

  tag(field: number, wireType: number): void {
    this.varintNumber(field * 8 + wireType);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.start -= bytes.length;
    this.buffer.set(bytes, this.start);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.raw(bytes);
    this.varintNumber(bytes.length);
    this.tag(field, BYTES);
  }

  string(field: number, text: string): void {
    const mark = this.size;
    this.text(text);
    this.close(field, mark);
  }

  uint(field: number, value: bigint): void {
    this.varint(value);
    this.tag(field, VARINT);
  }

  double(field: number, value: number): void {
    this.reserve(8);
    this.start -= 8;
    new DataView(this.buffer.buffer, this.start, 8).setFloat64(0, value, true);
    this.tag(field, FIXED64);
  }

  /** Ends (that is: begins) the length-delimited field whose payload was written since `mark`. */
  close(field: number, mark: number): void {
    this.varintNumber(this.size - mark);
    this.tag(field, BYTES);
  }

  /** UTF-8 without tag and length. */
  text(text: string): void {
    this.reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.buffer.subarray(0, this.start));
    this.buffer.copyWithin(this.start - written, 0, written);
    this.start -= written;
  }

  private reserve(count: number): void {
    if (count <= this.start) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.size + count));
    const start = grown.length - this.size;
    grown.set(this.buffer.subarray(this.start), start);
    this.buffer = grown;
    this.start = start;
  }
}
