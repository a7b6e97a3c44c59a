import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborError, encodeCbor } from '../../../loopp/wire/provider-cbor.ts';
import { decodeCbor } from '../../../loopp/wire/provider-cbor-decode.ts';
import type { Value } from '../../../loopp/wire/provider-ports.ts';
import { compact, toHex, unhex } from '../../helpers/wire.ts';

const int = (value: bigint): Value => ({
  kind:
    value === BigInt.asIntN(64, value) ? 'int64' : value === BigInt.asUintN(64, value) ? 'uint64' : 'bigint',
  value,
});
const text = (value: string): Value => ({ kind: 'string', value });
const bytes = (hex: string): Value => ({ kind: 'bytes', value: Buffer.from(hex, 'hex') });
const float = (value: number): Value => ({ kind: 'float64', value });
const list = (...items: Value[]): Value => ({ kind: 'list', items });
const map = (entries: Readonly<Record<string, Value>>): Value => ({
  kind: 'map',
  entries: new Map(Object.entries(entries)),
});

/** RFC 8949, appendix A, as far as values of contracts have these types; each is its one shortest form. */
const BOTH_WAYS: readonly (readonly [string, Value])[] = [
  ['00', int(0n)],
  ['01', int(1n)],
  ['17', int(23n)],
  ['1818', int(24n)],
  ['1864', int(100n)],
  ['1903e8', int(1000n)],
  ['1a000f4240', int(1_000_000n)],
  ['1b000000e8d4a51000', int(1_000_000_000_000n)],
  ['1bffffffffffffffff', int(18_446_744_073_709_551_615n)],
  ['c249010000000000000000', int(18_446_744_073_709_551_616n)],
  ['3bffffffffffffffff', int(-18_446_744_073_709_551_616n)],
  ['c349010000000000000000', int(-18_446_744_073_709_551_617n)],
  ['20', int(-1n)],
  ['29', int(-10n)],
  ['3863', int(-100n)],
  ['3903e7', int(-1000n)],
  ['f4', { kind: 'bool', value: false }],
  ['f5', { kind: 'bool', value: true }],
  ['f6', { kind: 'nil' }],
  ['fb3ff199999999999a', float(1.1)],
  ['40', bytes('')],
  ['4401020304', bytes('01020304')],
  ['60', text('')],
  ['6161', text('a')],
  ['6449455446', text('IETF')],
  ['62c3bc', text('\u00fc')],
  ['64f0908591', text('\ud800\udd51')],
  ['80', list()],
  ['83010203', list(int(1n), int(2n), int(3n))],
  ['8301820203820405', list(int(1n), list(int(2n), int(3n)), list(int(4n), int(5n)))],
  ['a0', map({})],
  ['a26161016162820203', map({ a: int(1n), b: list(int(2n), int(3n)) })],
  [
    '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
    list(...Array.from({ length: 25 }, (_, i) => int(BigInt(i + 1)))),
  ],
];

describe('CBOR', () => {
  test.each(BOTH_WAYS)('%s is the one way to write a value, and is read as it', (hex, value) => {
    expect(toHex(encodeCbor(value))).toBe(hex);
    expect(decodeCbor(unhex(hex))).toEqual(value);
  });

  test.each<[string, Value]>([
    ['f90000', float(0)],
    ['f93c00', float(1)],
    ['f93e00', float(1.5)],
    ['f97bff', float(65_504)],
    ['f90001', float(5.960464477539063e-8)],
    ['f90400', float(0.00006103515625)],
    ['f9c400', float(-4)],
    ['f97c00', float(Infinity)],
    ['f9fc00', float(-Infinity)],
    ['f97e00', float(NaN)],
    ['fa47c35000', float(100_000)],
    ['f7', { kind: 'nil' }],
    ['1800', int(0n)],
    ['5f42010243030405ff', bytes('0102030405')],
    ['7f657374726561646d696e67ff', text('streaming')],
    ['9fff', list()],
    ['9f018202039f0405ffff', list(int(1n), list(int(2n), int(3n)), list(int(4n), int(5n)))],
    ['bf61610161629f0203ffff', map({ a: int(1n), b: list(int(2n), int(3n)) })],
    ['c074323031332d30332d32315432303a30343a30305a', text('2013-03-21T20:04:00Z')],
    ['c240', int(0n)],
    ['c34105', int(-6n)],
    ['a2616101616102', map({ a: int(2n) })],
  ])('%s is another way that is read', (hex, value) => {
    expect(decodeCbor(unhex(hex))).toEqual(value);
  });

  test('names are written in the order of their bytes, shorter first', () => {
    const value = map({ bb: int(1n), '\u00e9': int(2n), b: int(3n), aaa: int(4n), a: int(5n) });
    const expected = 'a5 616105 616203 62626201 62c3a902 6361616104';
    expect(toHex(encodeCbor(value))).toBe(compact(expected));
  });

  test('times are written as Go\u2019s text', () => {
    const time: Value = { kind: 'time', seconds: 1_756_000_000n, nanos: 120_000_000 };
    expect(decodeCbor(encodeCbor(time))).toEqual(text('2025-08-24T01:46:40.12Z'));
  });

  test('decimals have no form', () => {
    expect(() => encodeCbor({ kind: 'decimal', coefficient: 1n, exponent: 2 })).toThrow(
      'cbor: expected a value with a CBOR form, got a decimal',
    );
  });

  test.each([
    ['', 'unexpected end at byte 0'],
    ['18', 'unexpected end at byte 1'],
    ['4403', 'unexpected end at byte 1'],
    ['8301', 'unexpected end at byte 2'],
    ['a161', 'unexpected end at byte 2'],
    ['9bffffffffffffffff', 'unexpected end at byte 9'],
    ['5bffffffffffffffff00', 'unexpected end at byte 9'],
    ['9f01', 'unexpected end at byte 2'],
    ['0001', '1 bytes of extraneous data at byte 1'],
    ['1c', 'invalid head at byte 1'],
    ['1f', 'invalid head at byte 1'],
    ['df00', 'invalid head at byte 1'],
    ['ff', 'invalid head at byte 1'],
    ['a10102', 'expected a name that is a text, got int64 at byte 2'],
    ['c201', 'expected the bytes of a number, got int64 at byte 2'],
    ['5f6161ff', 'expected a piece of a string at byte 2'],
    ['5f5fffff', 'expected a piece of a string at byte 2'],
    ['e0', 'expected a value, got a simple value that is none at byte 1'],
    ['f820', 'expected a value, got a simple value that is none at byte 2'],
    ['81'.repeat(33) + '00', 'exceeded max nested level 32 at byte 33'],
  ])('%s is refused: %s', (hex, message) => {
    expect(() => decodeCbor(unhex(hex))).toThrow(new CborError(message));
  });

  test('32 lists inside each other are read', () => {
    expect(() => decodeCbor(unhex('81'.repeat(32) + '00'))).not.toThrow();
  });

  test('any value that is written is read as itself, and its bytes are written again', () => {
    fc.assert(
      fc.property(values(), (value) => {
        const written = encodeCbor(value);
        const read = decodeCbor(written);
        expect(read).toEqual(value);
        expect(toHex(encodeCbor(read))).toBe(toHex(written));
      }),
      { numRuns: 100 },
    );
  });

  test('bytes of any kind are read or refused with a CborError, never otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (source) => {
        try {
          decodeCbor(source);
        } catch (error) {
          expect(error).toBeInstanceOf(CborError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Values of every kind that CBOR has. */
function values(): fc.Arbitrary<Value> {
  const leaf = fc.oneof(
    fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }).map(int),
    fc.bigInt({ min: -30n, max: 300n }).map(int),
    fc.string({ unit: 'binary' }).map(text),
    fc.uint8Array({ maxLength: 30 }).map((value) => bytes(toHex(value))),
    fc.double().map(float),
    fc.boolean().map((value): Value => ({ kind: 'bool', value })),
    fc.constant<Value>({ kind: 'nil' }),
  );
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }).map((items) => list(...items)),
      fc
        .array(fc.tuple(fc.string({ unit: 'grapheme' }), tie('value')), { maxLength: 4 })
        .map((entries): Value => ({ kind: 'map', entries: new Map(entries) })),
    ),
  }));
  return value;
}
