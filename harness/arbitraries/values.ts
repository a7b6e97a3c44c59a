import * as fc from 'fast-check';
import type { Value } from '../../src/codec/values.ts';

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64 = { min: 0n, max: 2n ** 64n - 1n };

/** Any text that UTF-8 can carry, with the code points that UTF-16 and UTF-8 sort differently. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '\uE000', '\uFFFD', '\uFEFF', '\u{1F600}', '\u{10FFFF}', '\0'),
  },
);

export const arbitraryBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 16, 31, 32, 33, 127, 128, 300).map((size) => new Uint8Array(size)),
  },
);

export const arbitraryUint64: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(UINT64) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 300n }) },
  { weight: 2, arbitrary: fc.constantFrom(...edges([7n, 8n, 14n, 31n, 32n, 53n, 63n]), UINT64.max) },
);

export const arbitraryInt64: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(INT64) },
  { weight: 2, arbitrary: fc.bigInt({ min: -300n, max: 300n }) },
  { weight: 2, arbitrary: fc.constantFrom(INT64.min, INT64.max, ...edges([7n, 31n, 32n, 53n])) },
);

export const arbitraryBigInt: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: -(2n ** 260n), max: 2n ** 260n }) },
  { weight: 2, arbitrary: fc.constantFrom(0n, -1n, -5n, ...edges([8n, 64n, 91n, 128n, 224n, 256n])) },
);

const arbitraryInt32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Every kind without members of its own. */
export const arbitraryScalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ kind: 'nil' }),
  arbitraryText.map((value): Value => ({ kind: 'string', value })),
  fc.boolean().map((value): Value => ({ kind: 'bool', value })),
  arbitraryBytes.map((value): Value => ({ kind: 'bytes', value })),
  fc
    .tuple(arbitraryBigInt, arbitraryInt32)
    .map(([coefficient, exponent]): Value => ({ kind: 'decimal', coefficient, exponent })),
  arbitraryInt64.map((value): Value => ({ kind: 'int64', value })),
  arbitraryBigInt.map((value): Value => ({ kind: 'bigint', value })),
  fc
    .tuple(arbitraryInt64, arbitraryInt32)
    .map(([seconds, nanos]): Value => ({ kind: 'time', seconds, nanos })),
  fc.double().map((value): Value => ({ kind: 'float64', value })),
  arbitraryUint64.map((value): Value => ({ kind: 'uint64', value })),
);

/** A `values.v1` tree of every kind. */
export const arbitraryValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value; map: Value; list: Value }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 5, arbitrary: arbitraryScalar },
      { weight: 2, arbitrary: tie('map') },
      { weight: 2, arbitrary: tie('list') },
    ),
    map: fc
      .array(fc.tuple(arbitraryText, tie('value')), { maxLength: 5 })
      .map((entries): Value => ({ kind: 'map', entries: new Map(entries) })),
    list: fc.array(tie('value'), { maxLength: 5 }).map((items): Value => ({ kind: 'list', items })),
  }),
).value;

/** 2^n - 1, 2^n and 2^n + 1 for every n. */
export function edges(exponents: readonly bigint[]): readonly bigint[] {
  return exponents.flatMap((exponent) => [2n ** exponent - 1n, 2n ** exponent, 2n ** exponent + 1n]);
}
