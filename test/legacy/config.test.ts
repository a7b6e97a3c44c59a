import { describe, expect, test } from 'vitest';
import { ConfigError, parseNumberConfig, parseTextConfig } from '../../legacy/config.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import {
  DATA_ID,
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
import { unhex } from '../helpers/wire.ts';

type Entries = Readonly<Record<string, Value>>;
const mapOf = (entries: Entries): ValueMap => new Map(Object.entries(entries));
const SELECTOR = text('5009297550715157269');
const GOOD: Entries = { targetChainSelector: SELECTOR, dataID: text(DATA_ID) };
const PARSED = {
  targetChainSelector: 5009297550715157269n,
  dataId: Buffer.from(DATA_ID.slice(2), 'hex'),
};
const UNWRAP = 'failed to unwrap values.Map: decoding failed due to the following error(s):\n\n';

function complaint(parse: (entries: ValueMap) => unknown, entries: Entries): string {
  try {
    parse(mapOf(entries));
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^failed to parse config: /, '');
    throw error;
  }
  return 'none';
}

/** Kinds that are no text, and what Go calls them. */
const NO_TEXTS: readonly [string, Value][] = [
  ['*values.Int64', int64(5n)],
  ['*values.Uint64', uint64(5n)],
  ['*values.Float64', float64(5)],
  ['*values.Bool', bool(true)],
  ['*values.BigInt', bigint(5n)],
  ['*values.List', list()],
  ['*values.List', list(int64(53n))],
  ['*values.Map', map({})],
  ['*values.Decimal', { kind: 'decimal', coefficient: 5n, exponent: 0 }],
  ['*values.Time', { kind: 'time', seconds: 5n, nanos: 0 }],
];

// docs/spec/aggregator.md H.2.
describe('the configuration of 2025-09', () => {
  test.each<[string, Entries]>([
    ['texts', GOOD],
    ['keys in any case', { TARGETCHAINSELECTOR: SELECTOR, dataid: text(DATA_ID) }],
    ['keys that fold', { 'targetChain\u017felector': SELECTOR, DataID: text(DATA_ID) }],
    [
      'bytes in place of texts',
      { targetChainSelector: bytes(utf8('5009297550715157269')), dataID: bytes(utf8(DATA_ID)) },
    ],
    ['unknown keys', { ...GOOD, 'solana.remaining_accounts': list(), f: int64(1n) }],
    [
      'the exact key before another spelling',
      { dataid: text('zz'), ...GOOD, TargetChainSelector: int64(1n) },
    ],
    ['leading zeros', { ...GOOD, targetChainSelector: text('0005009297550715157269') }],
    ['a data id without 0x', { ...GOOD, dataID: text(DATA_ID.slice(2)) }],
    ['a data id in capitals', { ...GOOD, dataID: text(`0x${DATA_ID.slice(2).toUpperCase()}`) }],
  ])('%s', (_, entries) => {
    expect(parseTextConfig(mapOf(entries))).toEqual(PARSED);
  });

  test('selectors from 0 to 2^64-1, known or not', () => {
    for (const selector of ['0', '18446744073709551615']) {
      const config = parseTextConfig(mapOf({ ...GOOD, targetChainSelector: text(selector) }));
      expect(config.targetChainSelector).toBe(BigInt(selector));
    }
  });

  test.each<[string, Entries, string]>([
    ['no selector', { dataID: text(DATA_ID) }, 'targetChainSelector is required'],
    ['a nil selector', { ...GOOD, targetChainSelector: nil }, 'targetChainSelector is required'],
    ['an empty selector', { ...GOOD, targetChainSelector: text('') }, 'targetChainSelector is required'],
    [
      'an empty selector of bytes',
      { ...GOOD, targetChainSelector: bytes(utf8('')) },
      'targetChainSelector is required',
    ],
    ['no data id', { targetChainSelector: SELECTOR }, 'dataID is required'],
    ['a nil data id', { ...GOOD, dataID: nil }, 'dataID is required'],
    ['an empty data id', { ...GOOD, dataID: text('') }, 'dataID is required'],
    ['neither: the selector first', {}, 'targetChainSelector is required'],
    [
      'a bad selector and no data id: the selector first',
      { targetChainSelector: text('x') },
      'invalid chain selector: strconv.ParseUint: parsing "x": invalid syntax',
    ],
  ])('%s', (_, entries, message) => {
    expect(complaint(parseTextConfig, entries)).toBe(message);
  });

  test.each(NO_TEXTS)('%s is no text', (type, value) => {
    const rejected = (name: string): string =>
      `'${name}' expected type 'string', got unconvertible type '${type}'`;
    expect(complaint(parseTextConfig, { ...GOOD, targetChainSelector: value })).toBe(
      UNWRAP + rejected('targetChainSelector'),
    );
    expect(complaint(parseTextConfig, { ...GOOD, dataID: value })).toBe(UNWRAP + rejected('dataID'));
    expect(complaint(parseTextConfig, { dataID: value, targetChainSelector: value })).toBe(
      `${UNWRAP}${rejected('targetChainSelector')}\n${rejected('dataID')}`,
    );
  });

  test.each([
    ['-1', '"-1"'],
    ['+1', '"+1"'],
    [' 1', '" 1"'],
    ['1 ', '"1 "'],
    ['1_000', '"1_000"'],
    ['0x10', '"0x10"'],
    ['1e3', '"1e3"'],
    ['1.0', '"1.0"'],
    ['٣', '"٣"'],
    ['a"b\n', String.raw`"a\"b\n"`],
    ['\\', String.raw`"\\"`],
    ['\u0007\b\f\r\t\v', String.raw`"\a\b\f\r\t\v"`],
    ['\0\u001f\u007f', String.raw`"\x00\x1f\x7f"`],
    ['\u0085\u00a0\u00ad', String.raw`"\u0085\u00a0\u00ad"`],
    ['é', '"é"'],
    ['\u200b\u2028\ufeff', String.raw`"\u200b\u2028\ufeff"`],
    ['\u{1F600}', '"\u{1F600}"'],
    ['\u{10FFFF}', String.raw`"\U0010ffff"`],
  ])('the selector %j has invalid syntax, quoted as Go quotes', (selector, quoted) => {
    expect(complaint(parseTextConfig, { ...GOOD, targetChainSelector: text(selector) })).toBe(
      `invalid chain selector: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    );
  });

  test('a selector of bytes that are not UTF-8 is quoted byte by byte', () => {
    expect(complaint(parseTextConfig, { ...GOOD, targetChainSelector: bytes(unhex('31ffe282')) })).toBe(
      String.raw`invalid chain selector: strconv.ParseUint: parsing "1\xff\xe2\x82": invalid syntax`,
    );
  });

  test.each(['18446744073709551616', '99999999999999999999999', '18446744073709551616x'])(
    'the selector %s is out of range',
    (selector) => {
      expect(complaint(parseTextConfig, { ...GOOD, targetChainSelector: text(selector) })).toBe(
        `invalid chain selector: strconv.ParseUint: parsing "${selector}": value out of range`,
      );
    },
  );

  test.each([
    ['invalid', "invalid dataID: invalid encoding/hex: invalid byte: U+0069 'i'"],
    ['0xzz', "invalid dataID: zz encoding/hex: invalid byte: U+007A 'z'"],
    ['0X01', "invalid dataID: 0X01 encoding/hex: invalid byte: U+0058 'X'"],
    ['0x0x01', "invalid dataID: 0x01 encoding/hex: invalid byte: U+0078 'x'"],
    ['01 2', "invalid dataID: 01 2 encoding/hex: invalid byte: U+0020 ' '"],
    ['a\n', 'invalid dataID: a\n encoding/hex: invalid byte: U+000A'],
    ['é1', "invalid dataID: é1 encoding/hex: invalid byte: U+00C3 'Ã'"],
    ['012g4', "invalid dataID: 012g4 encoding/hex: invalid byte: U+0067 'g'"],
    ['0', 'invalid dataID: 0 encoding/hex: odd length hex string'],
    ['0xabc', 'invalid dataID: abc encoding/hex: odd length hex string'],
    ['0x', 'dataID must be 16 bytes, got 0'],
    ['01c5', 'dataID must be 16 bytes, got 2'],
    [`0x${'00'.repeat(15)}`, 'dataID must be 16 bytes, got 15'],
    ['00'.repeat(17), 'dataID must be 16 bytes, got 17'],
  ])('the data id %j', (dataId, message) => {
    expect(complaint(parseTextConfig, { ...GOOD, dataID: text(dataId) })).toBe(message);
  });
});

describe('the configuration of 2025-07', () => {
  test.each<[string, Value, bigint]>([
    ['Int64', int64(5n), 5n],
    ['the largest Int64', int64(2n ** 63n - 1n), 2n ** 63n - 1n],
    ['Uint64', uint64(5n), 5n],
    ['Float64, cut', float64(1.7), 1n],
  ])('%s', (_, value, selector) => {
    expect(parseNumberConfig(mapOf({ targetChainSelector: value }))).toEqual({
      targetChainSelector: selector,
    });
    expect(parseNumberConfig(mapOf({ TargetChainSelector: value, dataID: int64(1n) }))).toEqual({
      targetChainSelector: selector,
    });
  });

  test.each<[string, Entries]>([
    ['missing', {}],
    ['nil', { targetChainSelector: nil }],
    ['0', { targetChainSelector: int64(0n) }],
    ['negative', { targetChainSelector: int64(-1n) }],
    ['cut to 0', { targetChainSelector: float64(0.9) }],
    ['not a number', { targetChainSelector: float64(Number.NaN) }],
    ['a Float64 beyond Int64', { targetChainSelector: float64(2 ** 63) }],
  ])('%s is required', (_, entries) => {
    expect(complaint(parseNumberConfig, entries)).toBe('targetChainSelector is required');
  });

  const NO_NUMBERS: readonly [string, Value][] = [
    ...NO_TEXTS.filter(([, { kind }]) => !['int64', 'uint64', 'float64'].includes(kind)),
    ['*values.String', text('5')],
    ['*values.Bytes', bytes(utf8('5'))],
    ['*values.Uint64', uint64(2n ** 63n)],
  ];
  test.each(NO_NUMBERS)('%s is rejected', (type, value) => {
    expect(complaint(parseNumberConfig, { targetChainSelector: value })).toBe(
      'failed to unwrap config: decoding failed due to the following error(s):\n\n' +
        `'targetChainSelector' expected type 'datafeeds.chainSelector', got unconvertible type '${type}'`,
    );
  });
});
