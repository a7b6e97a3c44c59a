import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePoint, goString, quote } from '../../../../loopp/plugin/aggregation/go-text.ts';
import { configureSeed } from '../../../helpers/seed.ts';

configureSeed();

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe("quoted as Go's strconv.Quote", () => {
  test.each([
    ['plain', '-1', String.raw`"-1"`],
    ['quotes and backslashes', 'a"b\\', String.raw`"a\"b\\"`],
    ['named controls', '\u0007\b\f\n\r\t\v', String.raw`"\a\b\f\n\r\t\v"`],
    ['other controls', '\u0000\u001F\u007F', String.raw`"\x00\x1f\x7f"`],
    ['letters and symbols', 'é漢😀\uFFFD', '"é漢😀\uFFFD"'],
    ['spaces that do not print', '\u00A0\u2028', String.raw`"\u00a0\u2028"`],
    ['astral format characters', '\u{E0001}', String.raw`"\U000e0001"`],
  ])('%s', (_, text, quoted) => {
    expect(quote(Buffer.from(text))).toBe(quoted);
  });

  test('each byte that is not UTF-8 by itself: lone, overlong, surrogate, too large, cut off', () => {
    expect(quote(latin1('\xFF'))).toBe(String.raw`"\xff"`);
    expect(quote(latin1('\xC0\x80'))).toBe(String.raw`"\xc0\x80"`);
    expect(quote(latin1('\xE0\x80\x80'))).toBe(String.raw`"\xe0\x80\x80"`);
    expect(quote(latin1('\xED\xA0\x80'))).toBe(String.raw`"\xed\xa0\x80"`);
    expect(quote(latin1('\xF4\x90\x80\x80'))).toBe(String.raw`"\xf4\x90\x80\x80"`);
    expect(quote(latin1('a\xE6\xBC'))).toBe(String.raw`"a\xe6\xbc"`);
  });
});

test('valid UTF-8 is itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(goString(Buffer.from(text))).toBe(text);
    }),
  );
});

test('any other byte becomes one U+FFFD', () => {
  expect(goString(latin1('a\xFF\xE6\xBCb'))).toBe('a\uFFFD\uFFFD\uFFFDb');
});

test.each([
  [0x69, "U+0069 'i'"],
  [0x00, 'U+0000'],
  [0x20, "U+0020 ' '"],
  [0xff, "U+00FF 'ÿ'"],
  [0xa0, 'U+00A0'],
  [0xad, 'U+00AD'],
])("byte %d as Go's %%#U", (byte, expected) => {
  expect(codePoint(byte)).toBe(expected);
});
