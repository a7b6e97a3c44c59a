export const MAX_UINT64 = 2n ** 64n - 1n;
export const MAX_INT64 = 2n ** 63n - 1n;
export const MIN_INT64 = -(2n ** 63n);

const TWO_TO_63 = 2 ** 63;

/** Go's `int64(f)` on amd64: truncated toward zero; what does not fit, NaN too, is the smallest int64. */
export function floatToInt64(f: number): bigint {
  const whole = Math.trunc(f);
  return whole >= -TWO_TO_63 && whole < TWO_TO_63 ? BigInt(whole) : MIN_INT64;
}

/**
 * Go's `uint64(f)` on amd64, made of two signed conversions: below 2^63 the signed one, so that negative numbers wrap;
 * from there on, 2^63 is taken off and its bit set again. NaN and what is too large end as 2^63.
 */
export function floatToUint64(f: number): bigint {
  if (f < TWO_TO_63) return BigInt.asUintN(64, floatToInt64(f));
  return BigInt.asUintN(64, floatToInt64(f - TWO_TO_63)) | (1n << 63n);
}

/** The magnitude's low 64 bits, which is what Go's `big.Int.Uint64` gives for a negative number. */
export function magnitude64(value: bigint): bigint {
  return BigInt.asUintN(64, value < 0n ? -value : value);
}
