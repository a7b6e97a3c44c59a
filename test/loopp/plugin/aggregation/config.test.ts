import { describe, expect, test } from 'vitest';
import { parseDataIdConfig, parseSelectorConfig } from '../../../../loopp/plugin/aggregation/config.ts';
import type { ParseConfig } from '../../../../loopp/plugin/aggregation/config.ts';
import { configFromFactory } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { decodeValueMap } from '../../../../src/codec/values.ts';
import type { Value } from '../../../../src/codec/values.ts';
import { B, BIG, BOOL, DECIMAL, F, I, LIST, MAP, NIL, S, TIME, U } from './values.ts';

type Members = Readonly<Record<string, Value>>;

const DATA_ID = '01c50000000000000000000000000000';
const UNWRAP = 'decoding failed due to the following error(s):\n\n';

/** `selector feed`, or the error without its common prefix. */
function parsed(parse: ParseConfig, members: Members): string {
  try {
    const { selector, feed } = parse(new Map(Object.entries(members)));
    return `${String(selector)} ${Buffer.from(feed).toString('hex')}`;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    expect(message).toMatch(/^failed to parse config: /);
    return message.slice('failed to parse config: '.length);
  }
}

const notString = (field: string, type: string): string =>
  `'${field}' expected type 'string', got unconvertible type '*values.${type}'`;

const selector = (value: Value): string =>
  parsed(parseDataIdConfig, { targetChainSelector: value, dataID: S(DATA_ID) });
const dataId = (value: Value): string =>
  parsed(parseDataIdConfig, { targetChainSelector: S('7'), dataID: value });

const julySelector = (value: Value): string => parsed(parseSelectorConfig, { targetChainSelector: value });

const made = (targetChainSelector: bigint, hexId: string, revision: string): unknown => {
  const { revision: chosen, config } = configFromFactory({ targetChainSelector, dataId: hexId, revision });
  return [chosen, Object.fromEntries(decodeValueMap(config))];
};

describe('2025-09: a decimal selector and a hex data id', () => {
  test('keys fold, unknown ones are ignored, bytes are texts too', () => {
    expect(
      parsed(parseDataIdConfig, { TARGETchainSELECTOR: B('7'), dataid: B(DATA_ID), solana: MAP({}) }),
    ).toBe(`7 ${DATA_ID}`);
  });

  test.each<[string, Value]>([
    ['Int64', I(7n)],
    ['Uint64', U(7n)],
    ['Float64', F(7)],
    ['Bool', BOOL(true)],
    ['BigInt', BIG(7n)],
    ['List', LIST(I(55n))],
    ['Map', MAP({})],
    ['Decimal', DECIMAL],
    ['Time', TIME],
  ])('%s is rejected', (type, value) => {
    const prefix = `failed to unwrap values.Map: ${UNWRAP}`;
    expect(selector(value)).toBe(prefix + notString('targetChainSelector', type));
    expect(dataId(value)).toBe(prefix + notString('dataID', type));
    expect(parsed(parseDataIdConfig, { targetChainSelector: value, dataID: I(1n) })).toBe(
      `${prefix}${notString('targetChainSelector', type)}\n${notString('dataID', 'Int64')}`,
    );
  });

  test.each<[string, Value]>([
    ['empty', S('')],
    ['empty bytes', B('')],
    ['nil', NIL],
  ])('%s is missing', (_, value) => {
    expect(selector(value)).toBe('targetChainSelector is required');
    expect(dataId(value)).toBe('dataID is required');
  });

  test('the selector is checked before the data id', () => {
    expect(parsed(parseDataIdConfig, {})).toBe('targetChainSelector is required');
    expect(parsed(parseDataIdConfig, { targetChainSelector: S('x') })).toMatch(/^invalid chain selector/);
    expect(parsed(parseDataIdConfig, { targetChainSelector: S('1') })).toBe('dataID is required');
  });

  test.each([
    ['0', 0n],
    ['18446744073709551615', 18446744073709551615n],
    ['007', 7n],
    [`${'0'.repeat(100)}7`, 7n],
    ['00000000000000000000000', 0n],
  ])('selector %s', (text, expected) => {
    expect(selector(S(text))).toBe(`${String(expected)} ${DATA_ID}`);
  });

  test.each([
    ['-1', String.raw`"-1": invalid syntax`],
    ['+1', String.raw`"+1": invalid syntax`],
    [' 1', String.raw`" 1": invalid syntax`],
    ['1_0', String.raw`"1_0": invalid syntax`],
    ['0x10', String.raw`"0x10": invalid syntax`],
    ['1e3', String.raw`"1e3": invalid syntax`],
    ['a"b\n', String.raw`"a\"b\n": invalid syntax`],
    ['٣', '"٣": invalid syntax'],
    ['18446744073709551616', '"18446744073709551616": value out of range'],
    // ParseUint stops at the first fault it meets: the overflow stands before the letter.
    ['18446744073709551616x', '"18446744073709551616x": value out of range'],
    ['1844674407370955161x', '"1844674407370955161x": invalid syntax'],
  ])('selector %j is refused', (text, cause) => {
    expect(selector(S(text))).toBe(`invalid chain selector: strconv.ParseUint: parsing ${cause}`);
  });

  test.each([DATA_ID, `0x${DATA_ID}`, DATA_ID.toUpperCase()])('data id %s', (text) => {
    expect(dataId(S(text))).toBe(`7 ${DATA_ID}`);
  });

  test.each([
    ['0x', 'dataID must be 16 bytes, got 0'],
    ['abcd', 'dataID must be 16 bytes, got 2'],
    [`${DATA_ID}00`, 'dataID must be 16 bytes, got 17'],
    [`0X${DATA_ID}`, `invalid dataID: 0X${DATA_ID} encoding/hex: invalid byte: U+0058 'X'`],
    ['0x0xab', "invalid dataID: 0xab encoding/hex: invalid byte: U+0078 'x'"],
    ['abc', 'invalid dataID: abc encoding/hex: odd length hex string'],
    // encoding/hex looks at every byte, the odd one too, before it looks at the length.
    ['abi', "invalid dataID: abi encoding/hex: invalid byte: U+0069 'i'"],
    ['zb', "invalid dataID: zb encoding/hex: invalid byte: U+007A 'z'"],
    ['é', "invalid dataID: é encoding/hex: invalid byte: U+00C3 'Ã'"],
  ])('data id %s is refused', (text, error) => {
    expect(dataId(S(text))).toBe(error);
  });

  test('bytes that are not UTF-8 are shown byte by byte', () => {
    expect(dataId(B(Uint8Array.of(0xff)))).toBe(
      "invalid dataID: \uFFFD encoding/hex: invalid byte: U+00FF 'ÿ'",
    );
    expect(selector(B(Uint8Array.of(0x31, 0xff)))).toBe(
      String.raw`invalid chain selector: strconv.ParseUint: parsing "1\xff": invalid syntax`,
    );
  });
});

describe('2025-07: a number', () => {
  test.each<[string, Value, string]>([
    ['Int64', I(77n), '000000000000004d'],
    ['Int64, the largest', I(2n ** 63n - 1n), '7fffffffffffffff'],
    ['Uint64', U(77n), '000000000000004d'],
    ['Float64, cut', F(1.7), '0000000000000001'],
  ])('%s, and the feed id holds it', (_, value, selectorHex) => {
    expect(julySelector(value)).toBe(
      `${String(BigInt(`0x${selectorHex}`))} 04${selectorHex}${'00'.repeat(23)}`,
    );
  });

  test.each<[string, Value]>([
    ['nil', NIL],
    ['zero', I(0n)],
    ['negative', I(-5n)],
    ['a Float64 below one', F(0.9)],
    ['a Float64 too large, which becomes the smallest int64', F(1e30)],
    ['NaN, which does too', F(Number.NaN)],
  ])('%s is missing', (_, value) => {
    expect(julySelector(value)).toBe('targetChainSelector is required');
  });

  test('so is no key at all, and the key folds', () => {
    expect(parsed(parseSelectorConfig, { target: I(5n) })).toBe('targetChainSelector is required');
    expect(parsed(parseSelectorConfig, { 'targetchain\u017Felector': I(5n) })).toMatch(/^5 /);
  });

  test.each<[string, Value]>([
    ['String', S('77')],
    ['Bytes', B('77')],
    ['Bool', BOOL(true)],
    ['BigInt', BIG(77n)],
    ['List', LIST()],
    ['Map', MAP({})],
    ['Decimal', DECIMAL],
    ['Time', TIME],
    ['Uint64', U(2n ** 63n)],
  ])('%s is rejected', (type, value) => {
    expect(julySelector(value)).toBe(
      `failed to unwrap config: ${UNWRAP}'targetChainSelector' expected type 'datafeeds.chainSelector', ` +
        `got unconvertible type '*values.${type}'`,
    );
  });
});

describe("the plan's factory config", () => {
  const SEPOLIA = 16015286601757825753n;

  test('without a data id is 2025-07', () => {
    expect(made(77n, '', '')).toEqual(['2025-07', { targetChainSelector: I(77n) }]);
  });

  test("with one is 2025-09, and the two's complement is the selector", () => {
    expect(made(BigInt.asIntN(64, SEPOLIA), DATA_ID, '')).toEqual([
      '2025-09',
      { targetChainSelector: S(String(SEPOLIA)), dataID: S(DATA_ID) },
    ]);
  });

  test('a named revision counts', () => {
    expect(made(77n, DATA_ID, '2025-07')).toEqual(['2025-07', { targetChainSelector: I(77n) }]);
    expect(made(77n, '', '2025-09')).toEqual(['2025-09', { targetChainSelector: S('77'), dataID: S('') }]);
  });

  test('an unknown one is refused', () => {
    expect(() => made(77n, '', '2026-01')).toThrow(
      new RangeError('revision: expected one of 2025-07, 2025-09, or none, got "2026-01"'),
    );
  });
});
