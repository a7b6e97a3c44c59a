import { describe, expect, test } from 'vitest';
import {
  DEFAULT_ENCODING,
  ENCODING,
  EncodingError,
  decodeVersioned,
  encodeVersioned,
} from '../../../loopp/wire/provider-encoding.ts';
import type { Value } from '../../../loopp/wire/provider-ports.ts';
import { formatTimestamp, parseTimestamp, timestampOf } from '../../../loopp/wire/provider-time.ts';
import { toHex } from '../../helpers/wire.ts';

/** Values as `codec.VersionedBytes` (docs/spec/loopp-wire.md E). */

const EVERYTHING: Value = {
  kind: 'map',
  entries: new Map<string, Value>([
    ['text', { kind: 'string', value: '"\u00fc' }],
    ['big', { kind: 'bigint', value: 2n ** 70n }],
    ['bytes', { kind: 'bytes', value: Uint8Array.of(1, 255) }],
    ['float', { kind: 'float64', value: 1.5 }],
    ['int', { kind: 'int64', value: -5n }],
    ['list', { kind: 'list', items: [{ kind: 'nil' }, { kind: 'bool', value: true }] }],
    ['time', { kind: 'time', seconds: 0n, nanos: 5 }],
    ['uint', { kind: 'uint64', value: 2n ** 64n - 1n }],
  ]),
};

const written = (version: number, value = EVERYTHING): string =>
  Buffer.from(encodeVersioned(value, version).data).toString('utf8');
const bytesOf = (version: number, text: string): { version: number; data: Uint8Array } => ({
  version,
  data: Buffer.from(text, 'utf8'),
});

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('the versions are upstream\u2019s; Go writes CBOR', () => {
  expect(ENCODING).toEqual({ json: 0, jsonText: 1, cbor: 2, values: 3 });
  expect(DEFAULT_ENCODING).toBe(2);
});

describe('JSON', () => {
  test('is written as Go writes a map: names sorted, bytes in base64, times as RFC 3339', () => {
    expect(written(ENCODING.json)).toBe(
      '{"big":1180591620717411303424,"bytes":"Af8=","float":1.5,"int":-5,"list":[null,true],' +
        '"text":"\\"\u00fc","time":"1970-01-01T00:00:00.000000005Z","uint":18446744073709551615}',
    );
  });

  test('has numbers as texts in its second version', () => {
    expect(written(ENCODING.jsonText)).toBe(
      '{"big":"1180591620717411303424","bytes":"Af8=","float":"1.5","int":"-5","list":[null,true],' +
        '"text":"\\"\u00fc","time":"1970-01-01T00:00:00.000000005Z","uint":"18446744073709551615"}',
    );
  });

  test.each<[string, Value]>([
    ['null', { kind: 'nil' }],
    ['false', { kind: 'bool', value: false }],
    [' "a" ', { kind: 'string', value: 'a' }],
    ['9223372036854775807', { kind: 'int64', value: 2n ** 63n - 1n }],
    ['9223372036854775808', { kind: 'uint64', value: 2n ** 63n }],
    ['18446744073709551616', { kind: 'bigint', value: 2n ** 64n }],
    ['-9223372036854775809', { kind: 'bigint', value: -(2n ** 63n) - 1n }],
    ['1.0', { kind: 'float64', value: 1 }],
    ['1e3', { kind: 'float64', value: 1000 }],
    [
      '[1,[]]',
      {
        kind: 'list',
        items: [
          { kind: 'int64', value: 1n },
          { kind: 'list', items: [] },
        ],
      },
    ],
    ['{"a":1,"a":2}', { kind: 'map', entries: new Map([['a', { kind: 'int64', value: 2n }]]) }],
  ])('%s is read', (text, value) => {
    expect(decodeVersioned(bytesOf(ENCODING.json, text))).toEqual(value);
    expect(decodeVersioned(bytesOf(ENCODING.jsonText, text))).toEqual(value);
  });

  test('every digit of a number survives', () => {
    const value: Value = { kind: 'uint64', value: 2n ** 64n - 1n };
    expect(decodeVersioned(encodeVersioned(value, ENCODING.json))).toEqual(value);
  });

  test.each(['', '{', '{"a":}', '1 2', '01', 'NaN', "'a'"])('%j is refused', (text) => {
    expect(() => decodeVersioned(bytesOf(ENCODING.json, text))).toThrow(
      new EncodingError('invalid type: json: expected one JSON value'),
    );
  });

  test('lists inside each other are read up to a depth', () => {
    expect(() => decodeVersioned(bytesOf(ENCODING.json, nested(101)))).not.toThrow();
    expect(() => decodeVersioned(bytesOf(ENCODING.json, nested(102)))).toThrow(
      'invalid type: json: exceeded max nested level 100',
    );
  });

  test.each<[string, Value]>([
    [
      'json: expected a value with a JSON form, got a decimal',
      { kind: 'decimal', coefficient: 1n, exponent: 1 },
    ],
    ['json: unsupported value: Infinity', { kind: 'float64', value: Infinity }],
  ])('a value without a form is refused: %s', (message, value) => {
    expect(() => encodeVersioned(value, ENCODING.json)).toThrow(
      new EncodingError(`invalid type: ${message}`),
    );
  });
});

test('CBOR is written and read', () => {
  const value: Value = { kind: 'list', items: [{ kind: 'int64', value: 1n }] };
  expect(toHex(encodeVersioned(value, ENCODING.cbor).data)).toBe('8101');
  expect(decodeVersioned({ version: ENCODING.cbor, data: Buffer.from('8101', 'hex') })).toEqual(value);
  expect(() => decodeVersioned(bytesOf(ENCODING.cbor, ''))).toThrow(
    new EncodingError('invalid type: cbor: unexpected end at byte 0'),
  );
});

test('values.v1 is written and read, with every kind', () => {
  expect(decodeVersioned(encodeVersioned(EVERYTHING, ENCODING.values))).toEqual(EVERYTHING);
  expect(() => decodeVersioned({ version: ENCODING.values, data: Buffer.of(0x0a, 0x05) })).toThrow(
    /^invalid type: values\.v1: /,
  );
});

test('versions that nobody knows are refused, and so is nothing', () => {
  expect(() => encodeVersioned(EVERYTHING, 4)).toThrow(
    new EncodingError('unsupported encoding version 4 for a value'),
  );
  expect(() => decodeVersioned({ version: 7, data: Buffer.of(1, 2, 3) })).toThrow(
    new EncodingError('unsupported encoding version 7 for 3 bytes'),
  );
  expect(() => decodeVersioned(undefined)).toThrow(new EncodingError('cannot decode nil versioned bytes'));
});

describe('times', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000000001Z', 1n],
    ['2025-08-24T01:46:40.12Z', 1_756_000_000_120_000_000n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n],
  ])('%s', (text, ns) => {
    expect(formatTimestamp(timestampOf(ns))).toBe(text);
    expect(parseTimestamp(text)).toBe(ns);
  });

  test('of other zones are read', () => {
    expect(parseTimestamp('2025-08-24T03:46:40.5+02:00')).toBe(1_756_000_000_500_000_000n);
    expect(parseTimestamp('2025-08-24t01:46:40z')).toBe(1_756_000_000_000_000_000n);
  });

  test.each(['', '2025-08-24', '2025-13-01T00:00:00Z', '2025-08-24T01:46:40', '1756000000', 'x'])(
    '%j is none',
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
    },
  );
});
