import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeStdBase64 } from '../../legacy/base64.ts';
import { utf8 } from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const decoded = (text: string): string | undefined => {
  const bytes = decodeStdBase64(utf8(text));
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
};

// docs/spec/aggregator.md H.4 "ReportWithInfo.Report".
describe("Go's standard base64", () => {
  test('reads what every encoder writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeStdBase64(utf8(Buffer.from(bytes).toString('base64')))).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['nothing', '', ''],
    ['one byte', 'QQ==', 'A'],
    ['two bytes', 'QUI=', 'AB'],
    ['three bytes', 'QUJD', 'ABC'],
    ['the whole alphabet', '+/+/', '\xfb\xff\xbf'],
    ['trailing bits that are set, one byte', 'QR==', 'A'],
    ['trailing bits that are set, two bytes', 'QUJ=', 'AB'],
    ['line feeds', 'QU\nJD\n', 'ABC'],
    ['carriage returns', '\r\nQUJD\r\n', 'ABC'],
    ['line breaks within the padding', 'QQ=\r\n=\n', 'A'],
    ['nothing but line breaks', '\n\r', ''],
  ])('%s', (_, text, bytes) => {
    expect(decoded(text)).toBe(bytes);
  });

  test.each([
    ['missing padding', 'QQ'],
    ['half of the padding', 'QQ='],
    ['too much padding', 'QUJD='],
    ['padding alone', '===='],
    ['padding after one letter', 'Q==='],
    ['padding in the middle', 'QQ==QUJD'],
    ['a letter behind padding', 'QQ=Q'],
    ['one letter too many', 'QUJDQ'],
    ['a blank', 'QU JD'],
    ['a blank in place of a letter', 'QUJ '],
    ['a tab', 'QUJ\tDQ=='],
    ['the URL alphabet', 'QU-_'],
    ['a letter outside ASCII', 'QUJé'],
    ['a zero byte', 'QUJ\0'],
  ])('%s is rejected', (_, text) => {
    expect(decoded(text)).toBeUndefined();
  });

  test('without padding it is rejected whenever padding is due', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), (bytes) => {
        fc.pre(bytes.length % 3 !== 0);
        expect(decodeStdBase64(utf8(Buffer.from(bytes).toString('base64url')))).toBeUndefined();
      }),
    );
  });
});
