import { describe, expect, test } from 'vitest';
import {
  candidates,
  field,
  toBool,
  toBytes,
  toGoString,
  toNamedInt64,
  toUint32,
  toUint64,
} from '../../legacy/unwrap.ts';
import type { Value } from '../../src/codec/values.ts';
import {
  bigint,
  bool,
  bytes,
  float64,
  int64,
  list,
  map,
  nil,
  text,
  uint64,
  utf8,
} from '../helpers/arbitraries.ts';

const DECIMAL: Value = { kind: 'decimal', coefficient: 5n, exponent: 0 };
const TIME: Value = { kind: 'time', seconds: 5n, nanos: 0 };
const MAX_UINT64 = 2n ** 64n - 1n;

/** A map in which each key has its own name as its value. */
const of = (...keys: readonly string[]): ReadonlyMap<string, Value> =>
  new Map(keys.map((key) => [key, text(key)]));

// docs/spec/aggregator.md G.1 "UnwrapTo".
describe('the field of a struct', () => {
  test.each(['SeqNr', 'seqNr', 'SEQNR', '\u017feqnr'])('SeqNr is found as %s', (key) => {
    expect(field(of('other', key), 'SeqNr')).toEqual(text(key));
  });

  test('U+212A folds to k', () => {
    expect(field(of('bloc\u212a'), 'Block')).toEqual(text('bloc\u212a'));
  });

  test.each(['SeqNr ', 'Seq_Nr', 'SeqN', 'SeqNrr', ''])('SeqNr is not found as %j', (key) => {
    expect(field(of(key), 'SeqNr')).toEqual(nil);
  });

  test('the exact name wins', () => {
    expect(field(of('SEQNR', 'SeqNr', 'seqnr'), 'SeqNr')).toEqual(text('SeqNr'));
    expect(candidates(of('SEQNR', 'SeqNr', 'seqnr'), 'SeqNr')).toEqual([text('SeqNr')]);
  });

  test('of two other spellings Go may take either, ours takes the first by key', () => {
    expect(field(of('seqnr', 'SEQNR'), 'SeqNr')).toEqual(text('SEQNR'));
    expect(candidates(of('seqnr', 'SEQNR'), 'SeqNr')).toEqual([text('SEQNR'), text('seqnr')]);
  });
});

interface Rows<T> {
  readonly accepted: readonly (readonly [Value, T])[];
  readonly rejected: readonly Value[];
}

function describeRows<T>(name: string, unwrap: (value: Value) => T | undefined, rows: Rows<T>): void {
  describe(name, () => {
    test.each(rows.accepted)('%o is %o', (value, expected) => {
      expect(unwrap(value)).toEqual(expected);
    });
    test.each(rows.rejected.map((value) => [value]))('%o is rejected', (value) => {
      expect(unwrap(value)).toBeUndefined();
    });
  });
}

describeRows('a plain uint64', toUint64, {
  accepted: [
    [nil, 0n],
    [int64(2n ** 63n - 1n), 2n ** 63n - 1n],
    [uint64(MAX_UINT64), MAX_UINT64],
    [bigint(MAX_UINT64), MAX_UINT64],
    [bigint(-5n), 5n],
    [bigint(-MAX_UINT64), MAX_UINT64],
    [bigint(-MAX_UINT64 - 6n), 5n],
    [float64(1.7), 1n],
    [float64(-1.5), MAX_UINT64],
    [float64(Number.NaN), 2n ** 63n],
    [float64(2 ** 63), 2n ** 63n],
    [float64(2 ** 64), 2n ** 63n],
    [float64(-(2 ** 63)), 2n ** 63n],
    [float64(Number.POSITIVE_INFINITY), 2n ** 63n],
    [float64(Number.NEGATIVE_INFINITY), 2n ** 63n],
  ],
  rejected: [
    int64(-1n),
    bigint(MAX_UINT64 + 1n),
    text('5'),
    bool(true),
    bytes(utf8('5')),
    list(),
    map({}),
    DECIMAL,
    TIME,
  ],
});

describeRows('a named int64', toNamedInt64, {
  accepted: [
    [nil, 0n],
    [int64(-(2n ** 63n)), -(2n ** 63n)],
    [uint64(2n ** 63n - 1n), 2n ** 63n - 1n],
    [float64(1.7), 1n],
    [float64(-1.5), -1n],
    [float64(Number.NaN), -(2n ** 63n)],
    [float64(2 ** 63), -(2n ** 63n)],
  ],
  rejected: [
    uint64(2n ** 63n),
    bigint(5n),
    text('5'),
    bool(true),
    bytes(utf8('5')),
    list(),
    map({}),
    DECIMAL,
    TIME,
  ],
});

describeRows('a uint32', toUint32, {
  accepted: [
    [nil, 0n],
    [int64(2n ** 32n - 1n), 2n ** 32n - 1n],
    [uint64(0n), 0n],
    [float64(1.7), 1n],
    [float64(-1.5), 2n ** 32n - 1n],
    [float64(2 ** 32 + 5), 5n],
    [float64(Number.NaN), 0n],
  ],
  rejected: [
    int64(-1n),
    int64(2n ** 32n),
    uint64(2n ** 32n),
    bigint(5n),
    text('5'),
    bool(true),
    DECIMAL,
    TIME,
  ],
});

describeRows('bytes', toBytes, {
  accepted: [
    [nil, new Uint8Array()],
    [bytes(utf8('ab')), utf8('ab')],
    [text('ab'), Buffer.from('ab')],
    [text('é'), Buffer.from('é')],
    [list(), new Uint8Array()],
    [list(int64(0n), uint64(255n)), Uint8Array.of(0, 255)],
    [list(int64(1n), nil, int64(2n)), Uint8Array.of(1, 0, 2)],
    [list(float64(1.9), float64(-1.5), float64(256)), Uint8Array.of(1, 255, 0)],
  ],
  rejected: [
    list(int64(256n)),
    list(uint64(256n)),
    list(int64(-1n)),
    list(bigint(5n)),
    list(text('a')),
    list(bool(true)),
    list(list()),
    list(DECIMAL),
    int64(5n),
    bigint(5n),
    float64(5),
    bool(true),
    map({}),
    DECIMAL,
    TIME,
  ],
});

describeRows('a string', toGoString, {
  accepted: [
    [nil, new Uint8Array()],
    [text('ab'), Buffer.from('ab')],
    [bytes(utf8('ab')), utf8('ab')],
  ],
  rejected: [list(), list(int64(65n)), int64(5n), bigint(5n), float64(5), bool(true), map({}), DECIMAL, TIME],
});

describeRows('a bool', toBool, {
  accepted: [
    [nil, false],
    [bool(true), true],
    [bool(false), false],
  ],
  rejected: [int64(1n), text('true'), bytes(utf8('1')), float64(1), list(), map({}), DECIMAL],
});

// Measured on the values package of August 2025.
test('a Float64 from 2^63 to 2^64 keeps its value in a plain uint64', () => {
  expect(toUint64(float64(1e19))).toBe(10n ** 19n);
});
