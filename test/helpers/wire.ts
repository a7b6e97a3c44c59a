/** Protobuf bytes by hand, for tests that must not trust our own writer. */

/** Hex without the blanks that make it readable. */
export const compact = (hex: string): string => hex.replaceAll(' ', '');
export const unhex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(compact(hex), 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

/** A length-delimited field. */
export function field(number: number, payload: Uint8Array): Uint8Array {
  return concat(varint(BigInt(number * 8 + 2)), varint(BigInt(payload.length)), payload);
}

/** `depth` lists inside each other around the bytes of a Value: two messages each. */
export function nestedLists(depth: number, leaf: Uint8Array = new Uint8Array()): Uint8Array {
  let bytes = leaf;
  for (let level = 0; level < depth; level++) bytes = field(5, field(2, bytes));
  return bytes;
}

/** `depth` groups of one number inside each other. */
export function nestedGroups(depth: number, number = 15): Uint8Array {
  const open = new Uint8Array(depth).fill(number * 8 + 3);
  const close = new Uint8Array(depth).fill(number * 8 + 4);
  return concat(open, close);
}
