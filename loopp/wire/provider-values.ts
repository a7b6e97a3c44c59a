/** What the fields of a provider's messages hold, in the words of upstream's checks (docs/spec/loopp-wire.md E). */

const DIGEST_LENGTH = 32;
const MAX_UINT8 = 255;

/** Throws `RangeError` unless it is a config digest. */
export function checkDigest(digest: Uint8Array): Uint8Array {
  if (digest.length === DIGEST_LENGTH) return digest;
  throw new RangeError(`invalid ConfigDigest len ${String(digest.length)}: must be ${String(DIGEST_LENGTH)}`);
}

/** Throws `RangeError` unless it is an extra hash. */
export function checkExtraHash(hash: Uint8Array): Uint8Array {
  if (hash.length === DIGEST_LENGTH) return hash;
  throw new RangeError(`invalid ExtraHash len ${String(hash.length)}; must be ${String(DIGEST_LENGTH)}`);
}

/** Throws `RangeError` unless it fits Go's uint8. */
export function checkUint8(name: string, value: number): number {
  if (value <= MAX_UINT8) return value;
  throw new RangeError(`expected uint8 ${name} (max ${String(MAX_UINT8)}) but got ${String(value)}`);
}
