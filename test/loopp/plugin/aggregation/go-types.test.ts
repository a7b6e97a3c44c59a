import { describe, expect, test } from 'vitest';
import {
  bool,
  byteArray,
  byteSlice,
  namedInt64,
  sliceOf,
  struct,
  text,
  unsigned,
  valueOf,
  zeroIfRejected,
} from '../../../../loopp/plugin/aggregation/go-types.ts';
import type { Value } from '../../../../src/codec/values.ts';
import { B, BIG, BOOL, DECIMAL, F, I, LIST, MAP, NIL, S, TIME, U } from './values.ts';

const REJECTED = undefined;
const hex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('hex');

describe('a number into uint64', () => {
  const uint64 = unsigned(64);

  test.each<[string, Value, bigint | undefined]>([
    ['Int64', I(5n), 5n],
    ['negative Int64', I(-1n), REJECTED],
    ['Uint64', U(2n ** 64n - 1n), 2n ** 64n - 1n],
    ['Float64, cut toward zero', F(1.7), 1n],
    ['negative Float64, wrapped as amd64 does', F(-1.7), 2n ** 64n - 1n],
    ['Float64 of 2^63 and more', F(2 ** 63 + 4096), 2n ** 63n + 4096n],
    ['Float64 too large', F(1e30), 2n ** 63n],
    ['Float64 too small', F(-1e30), 2n ** 63n],
    ['NaN', F(Number.NaN), 2n ** 63n],
    ['infinity', F(Number.POSITIVE_INFINITY), 2n ** 63n],
    ['BigInt', BIG(2n ** 64n - 1n), 2n ** 64n - 1n],
    ['BigInt above uint64', BIG(2n ** 64n), REJECTED],
    ['negative BigInt, by its magnitude', BIG(-5n), 5n],
    // Only the upper bound is checked, and big.Int.Uint64 gives the low 64 bits of the magnitude.
    ['negative BigInt below -2^64, by the low bits of its magnitude', BIG(-(2n ** 64n) - 5n), 5n],
    // Decimal and Time unwrap to their Go struct, which converts to no integer.
    ['Decimal', DECIMAL, REJECTED],
    ['Time', TIME, REJECTED],
    ['String', S('12'), REJECTED],
    ['Bool', BOOL(true), REJECTED],
    ['Bytes', B('12'), REJECTED],
    ['List', LIST(I(1n)), REJECTED],
    ['Map', MAP({}), REJECTED],
  ])('%s', (_, value, expected) => {
    expect(uint64.read(value)).toBe(expected);
  });
});

describe('a number into uint32', () => {
  const uint32 = unsigned(32);

  test.each<[string, Value, bigint | undefined]>([
    ['Int64 in range', I(2n ** 32n - 1n), 2n ** 32n - 1n],
    ['Int64 out of range', I(2n ** 32n), REJECTED],
    ['Uint64 out of range', U(2n ** 33n), REJECTED],
    ['Float64, cut to the width without a check', F(2 ** 32 + 7), 7n],
    // BigInt knows *big.Int and *uint64; a pointer to uint32 converts to neither.
    ['BigInt', BIG(5n), REJECTED],
  ])('%s', (_, value, expected) => {
    expect(uint32.read(value)).toBe(expected);
  });
});

describe('a number into a named int64', () => {
  test.each<[string, Value, bigint | undefined]>([
    ['Int64', I(-5n), -5n],
    ['Uint64', U(7n), 7n],
    ['Uint64 out of range', U(2n ** 63n), REJECTED],
    ['Float64, cut toward zero', F(1.7), 1n],
    ['Float64 out of range, as amd64 does', F(2 ** 63), -(2n ** 63n)],
    ['NaN', F(Number.NaN), -(2n ** 63n)],
    ['BigInt', BIG(5n), REJECTED],
    ['String', S('5'), REJECTED],
    ['Decimal', DECIMAL, REJECTED],
    ['Time', TIME, REJECTED],
  ])('%s', (_, value, expected) => {
    expect(namedInt64.read(value)).toBe(expected);
  });
});

describe('a value into bytes', () => {
  test.each<[string, Value, string | undefined]>([
    ['Bytes', B('ab'), '6162'],
    ['String, its UTF-8', S('é'), 'c3a9'],
    ['List of Int64', LIST(I(0n), I(255n)), '00ff'],
    ['List of Uint64', LIST(U(7n)), '07'],
    ['List with a number above 255', LIST(I(1n), I(256n)), REJECTED],
    ['List with a negative number', LIST(I(-1n)), REJECTED],
    // reflect converts float64 to uint8 through uint64 and keeps the low byte.
    ['List with Float64', LIST(F(300.9), F(-1)), '2cff'],
    // List.UnwrapTo leaves an element without a value as the new array has it.
    ['List with nil', LIST(I(1n), NIL), '0100'],
    ['List with BigInt', LIST(BIG(5n)), REJECTED],
    ['List with String', LIST(S('a')), REJECTED],
    ['List with Bytes', LIST(B('a')), REJECTED],
    ['empty List', LIST(), ''],
    ['Int64', I(5n), REJECTED],
    ['Map', MAP({}), REJECTED],
    ['Bool', BOOL(true), REJECTED],
  ])('%s', (_, value, expected) => {
    expect(hex(byteSlice.read(value))).toBe(expected);
  });
});

describe('a value into [4]byte', () => {
  const array = byteArray(4);

  test.each<[string, Value, string | undefined]>([
    ['Bytes of the length', B('abcd'), '61626364'],
    ['longer Bytes, silently cut', B('abcdef'), '61626364'],
    ['List of the length', LIST(I(1n), NIL, F(2.9), U(255n)), '010002ff'],
    ['shorter List', LIST(I(1n)), REJECTED],
    ['longer List', LIST(I(1n), I(1n), I(1n), I(1n), I(1n)), REJECTED],
    // Go converts string to []byte but not to an array.
    ['String of the length', S('abcd'), REJECTED],
    ['Int64', I(1n), REJECTED],
  ])('%s', (_, value, expected) => {
    expect(hex(array.read(value))).toBe(expected);
  });

  test('shorter Bytes crash Go', () => {
    expect(() => array.read(B('abc'))).toThrow(
      'reflect: cannot convert slice with length 3 to array with length 4',
    );
  });

  test('its zero value is four zeros', () => {
    expect(hex(array.zero)).toBe('00000000');
  });
});

describe('a value into a string', () => {
  test.each<[string, Value, string | undefined]>([
    ['String', S('12'), '3132'],
    ['Bytes', B('12'), '3132'],
    ['List of Int64', LIST(I(49n)), REJECTED],
    ['Int64', I(1n), REJECTED],
    ['Float64', F(1), REJECTED],
    ['Decimal', DECIMAL, REJECTED],
  ])('%s', (_, value, expected) => {
    expect(hex(text.read(value))).toBe(expected);
  });
});

test('into bool goes only Bool', () => {
  expect([BOOL(true), BOOL(false), I(1n), S('true'), F(1), B('')].map((value) => bool.read(value))).toEqual([
    true,
    false,
    REJECTED,
    REJECTED,
    REJECTED,
    REJECTED,
  ]);
});

describe('a struct', () => {
  const Point = struct({ SeqNr: unsigned(64), PublicKey: byteArray(2) });

  test('takes the exact key first, even when it is nil or bad', () => {
    expect(Point.read(MAP({ seqNr: I(1n), SeqNr: I(2n) }))?.SeqNr).toBe(2n);
    expect(Point.read(MAP({ seqNr: I(1n), SeqNr: NIL }))?.SeqNr).toBe(0n);
    expect(Point.read(MAP({ seqNr: I(1n), SeqNr: S('x') }))).toBe(REJECTED);
  });

  test('else a key that is equal under Unicode folding', () => {
    expect(Point.read(MAP({ seqnr: I(1n) }))?.SeqNr).toBe(1n);
    expect(Point.read(MAP({ '\u017FEQNR': I(1n) }))?.SeqNr).toBe(1n);
    expect(hex(Point.read(MAP({ 'public\u212Aey': B('ab') }))?.PublicKey)).toBe('6162');
    expect(Point.read(MAP({ 'SeqNr ': I(1n), SeqN: I(1n) }))?.SeqNr).toBe(0n);
  });

  // Go takes the one that its map yields first, which is random.
  test('of two such keys the first in UTF-8 byte order, whichever comes first in the message', () => {
    expect(Point.read(MAP({ seqNr: I(1n), seqNR: I(2n), '\u017FeqNr': I(3n) }))?.SeqNr).toBe(2n);
    expect(Point.read(MAP({ '\u017FeqNr': I(3n), seqNr: I(1n), SEQNR: I(4n) }))?.SeqNr).toBe(4n);
  });

  test('ignores unknown keys and leaves missing and nil ones zero', () => {
    expect(Point.read(MAP({ other: I(1n), PublicKey: NIL }))).toEqual({
      SeqNr: 0n,
      PublicKey: Uint8Array.of(0, 0),
    });
  });

  test('is rejected with one bad field, but the fields behind it are read and can crash', () => {
    expect(Point.read(MAP({ SeqNr: S('x'), PublicKey: B('ab') }))).toBe(REJECTED);
    expect(() => Point.read(MAP({ SeqNr: S('x'), PublicKey: B('a') }))).toThrow('cannot convert slice');
  });

  test('takes nothing but a Map', () => {
    expect([S('x'), LIST(), I(1n), DECIMAL].map((value) => Point.read(value))).toEqual(
      Array.from({ length: 4 }, () => REJECTED),
    );
  });

  test('as a field of a struct is zero where it would be rejected', () => {
    const Outer = struct({ point: zeroIfRejected(Point) });
    const zero = { point: { SeqNr: 0n, PublicKey: Uint8Array.of(0, 0) } };
    expect(Outer.read(MAP({ point: MAP({ SeqNr: S('x') }) }))).toEqual(zero);
    expect(Outer.read(MAP({ point: I(1n) }))).toEqual(zero);
    expect(Outer.read(MAP({ point: NIL }))).toEqual(zero);
  });
});

describe('a slice of structs', () => {
  const Points = sliceOf(struct({ Key: byteArray(2) }));

  test('takes nil elements as zero structs', () => {
    expect(Points.read(LIST(NIL, MAP({ Key: B('ab') })))).toEqual([
      { Key: Uint8Array.of(0, 0) },
      { Key: Uint8Array.of(0x61, 0x62) },
    ]);
  });

  test('is rejected with one bad element', () => {
    expect(Points.read(LIST(MAP({}), I(1n)))).toBe(REJECTED);
    expect(Points.read(LIST(MAP({ Key: S('ab') })))).toBe(REJECTED);
  });

  test('stops at the first bad element, so that one behind it cannot crash', () => {
    expect(Points.read(LIST(I(1n), MAP({ Key: B('a') })))).toBe(REJECTED);
    expect(() => Points.read(LIST(MAP({ Key: B('a') }), I(1n)))).toThrow('cannot convert slice');
  });

  // Bytes unwrap element by element into any slice; without elements nothing can fail.
  test('takes empty Bytes as an empty slice, other Bytes not', () => {
    expect(Points.read(B(''))).toEqual([]);
    expect(Points.read(B('a'))).toBe(REJECTED);
  });

  test('takes nothing else', () => {
    expect([S(''), MAP({}), I(0n)].map((value) => Points.read(value))).toEqual([
      REJECTED,
      REJECTED,
      REJECTED,
    ]);
  });
});

test('a key that is not there has no value', () => {
  expect(valueOf(new Map([['a', I(1n)]]), 'b')).toBeUndefined();
});
