import { describe, expect, test } from 'vitest';
import { INT64, UINT64, parseMintReport, parseReportWithInfo } from '../../legacy/report.ts';
import type { MintReport } from '../../legacy/report.ts';
import { CONFIG_DIGEST, mintJson, reportWithInfo, utf8 } from '../helpers/arbitraries.ts';

const mint = (json: string): MintReport | undefined => parseMintReport(utf8(json));
const ZERO: MintReport = { seqNr: 0n, block: 0n, mintable: undefined };

interface Outer {
  readonly report: string;
  readonly info: bigint;
}

/** The outer document with its report as text. */
function outer(json: string, range = UINT64): Outer | undefined {
  const parsed = parseReportWithInfo(utf8(json), range);
  return parsed && { report: Buffer.from(parsed.report).toString('latin1'), info: parsed.info };
}

const DEEP = (depth: number): string => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

// docs/spec/aggregator.md H.4, row by row.
describe('both documents', () => {
  test.each([
    ['null is all zero', 'null'],
    ['an empty object is all zero', '{}'],
    ['white space around it', ' \r\n\t{} \n'],
    ['unknown keys, whatever they hold', '{"other":[1.5,{"Block":7}],"":null}'],
    ['a name that only resembles', '{"Seq_Nr":5,"SeqNr ":5,"Blocks":5}'],
    ['a depth of 10,000', DEEP(10_000)],
  ])('%s', (_, json) => {
    expect(mint(json)).toEqual(ZERO);
    expect(outer(json)).toEqual({ report: '', info: 0n });
  });

  test.each([
    ['nothing', ''],
    ['white space', ' '],
    ['a list', '[]'],
    ['a number', '5'],
    ['a text', '"{}"'],
    ['true', 'true'],
    ['a byte order mark', '\uFEFF{}'],
    ['something behind it', '{}x'],
    ['a second document', '{}{}'],
    ['a comment', '{/**/}'],
    ['a comma too many', '{"a":1,}'],
    ['a leading zero in an unknown key', '{"a":01}'],
    ['hex in an unknown key', '{"a":0x1}'],
    ['NaN in an unknown key', '{"a":NaN}'],
    ['a control character in an unknown key', '{"a":"\u0001"}'],
    ['a depth of 10,001', DEEP(10_001)],
  ])('%s is rejected', (_, json) => {
    expect(mint(json)).toBeUndefined();
    expect(outer(json)).toBeUndefined();
  });
});

describe('the inner report', () => {
  const expected = { seqNr: 10n, block: 1000n, mintable: 99n };

  test('as both plugins write it', () => {
    expect(mint(mintJson())).toEqual(expected);
    expect(mint(mintJson({ keys: 'lowerCamel' }))).toEqual(expected);
  });

  test.each([
    ['any case', '{"SEQNR":10,"bLOCK":1000,"mintABLE":99}'],
    ['letters that fold', '{"\u017feqNr":10,"bloc\u212a":1000,"mintable":99}'],
    ['escapes', '{"\\u0053eqNr":10,"Bloc\\u212a":1000,"\\u004dintable":99}'],
    ['any order and white space', '{ "Mintable" : 99 ,\n"Block":\t1000,"SeqNr":10\r}'],
  ])('with names in %s', (_, json) => {
    expect(mint(json)).toEqual(expected);
  });

  test.each<[string, string, Partial<MintReport>]>([
    ['the last of duplicates', '{"SeqNr":1,"seqnr":2,"SEQNR":3}', { seqNr: 3n }],
    ['a number stays under a later null', '{"Block":5,"block":null}', { block: 5n }],
    ['null alone is 0', '{"SeqNr":null}', {}],
    ['an amount is gone after null', '{"Mintable":7,"mintable":null}', {}],
    ['an amount after null counts', '{"Mintable":null,"mintable":7}', { mintable: 7n }],
    ['the largest numbers', '{"SeqNr":18446744073709551615}', { seqNr: 2n ** 64n - 1n }],
    ['a negative amount', '{"Mintable":-5}', { mintable: -5n }],
    ['minus zero as an amount', '{"Mintable":-0}', { mintable: 0n }],
    [
      'an amount of 10,000 digits',
      `{"Mintable":${'7'.repeat(10_000)}}`,
      { mintable: BigInt('7'.repeat(10_000)) },
    ],
    ['texts that are not UTF-8 in unknown keys', '{"a":"\\ud800","Block":5}', { block: 5n }],
  ])('%s', (_, json, fields) => {
    expect(mint(json)).toEqual({ ...ZERO, ...fields });
  });

  describe.each(['SeqNr', 'Block'])('%s', (name) => {
    test.each([
      '1.0',
      '1e2',
      '-1',
      '-0',
      '18446744073709551616',
      '9'.repeat(30),
      '"5"',
      'true',
      '{}',
      '[]',
      '[5]',
    ])('as %s is rejected', (literal) => {
      expect(mint(`{"${name}":${literal}}`)).toBeUndefined();
      // Even where a later one is good.
      expect(mint(`{"${name}":${literal},"${name}":5}`)).toBeUndefined();
    });
  });

  test.each(['1.5', '1.0', '1e3', '"5"', 'true', '{}', '[]'])('Mintable as %s is rejected', (literal) => {
    expect(mint(`{"Mintable":${literal}}`)).toBeUndefined();
  });

  test.each([`"${CONFIG_DIGEST}"`, `"${'AB'.repeat(32)}"`, 'null', `"\\u0030${'0'.repeat(63)}"`])(
    'ConfigDigest as %s is read',
    (literal) => {
      expect(mint(`{"ConfigDigest":${literal}}`)).toEqual(ZERO);
    },
  );

  test.each([
    '""',
    `"${'0'.repeat(63)}"`,
    `"${'0'.repeat(65)}"`,
    `"0x${'0'.repeat(62)}"`,
    `"${'g'.repeat(64)}"`,
    '5',
    '[]',
    `[${'0,'.repeat(31)}0]`,
    'true',
    '{}',
  ])('ConfigDigest as %s is rejected', (literal) => {
    expect(mint(`{"ConfigDigest":${literal}}`)).toBeUndefined();
  });
});

describe('ReportWithInfo', () => {
  test('as Go writes it', () => {
    expect(outer(reportWithInfo('{}', 16015286601757825753n))).toEqual({
      report: '{}',
      info: 16015286601757825753n,
    });
  });

  test.each([
    ['base64', '"QUI="', 'AB'],
    ['base64 with line breaks', '"QU\\r\\nI="', 'AB'],
    ['base64 with escapes', '"\\u0051UI="', 'AB'],
    ['base64 with trailing bits', '"QUJ="', 'AB'],
    ['an empty text', '""', ''],
    ['null', 'null', ''],
    ['numbers', '[65, 66]', 'AB'],
    ['no numbers', '[]', ''],
    ['null among numbers', '[65,null,66]', 'A\0B'],
  ])('Report as %s', (_, literal, report) => {
    expect(outer(`{"Report":${literal},"Info":5}`)).toEqual({ report, info: 5n });
  });

  test.each([
    ['base64 without padding', '"QUI"'],
    ['base64 of the URL alphabet', '"QU-_"'],
    ['base64 with a blank', '"QU I="'],
    ['a number above 255', '[256]'],
    ['a negative number', '[-1]'],
    ['a fraction', '[1.0]'],
    ['a text among numbers', '["A"]'],
    ['a number', '5'],
    ['true', 'true'],
    ['an object', '{}'],
  ])('Report as %s is rejected', (_, literal) => {
    expect(outer(`{"Report":${literal},"Info":5}`)).toBeUndefined();
    // Even where a later one is good.
    expect(outer(`{"Report":${literal},"Report":"","Info":5}`)).toBeUndefined();
  });

  test.each([
    ['the last of duplicates', '{"Report":"QUI=","report":"QQ=="}', 'A'],
    ['null after a text', '{"Report":"QUI=","report":null}', ''],
    [
      'numbers into the memory of a text: null leaves what it finds',
      '{"Report":"QUI=","report":[null,67]}',
      'AC',
    ],
    ['fewer numbers', '{"Report":"QUI=","report":[67]}', 'C'],
  ])('%s', (_, json, report) => {
    expect(outer(json)).toEqual({ report, info: 0n });
  });

  test.each<[string, bigint]>([
    ['{"INFO":5}', 5n],
    ['{"Info":1,"info":2}', 2n],
    ['{"Info":5,"info":null}', 5n],
    ['{"Info":18446744073709551615}', 2n ** 64n - 1n],
  ])('Info of %s', (json, info) => {
    expect(outer(json)).toEqual({ report: '', info });
  });

  test.each(['1.0', '1e2', '-1', '18446744073709551616', '"5"', 'true', '{}', '[]'])(
    'Info as %s is rejected',
    (literal) => {
      expect(outer(`{"Info":${literal}}`)).toBeUndefined();
    },
  );

  test('in 2025-07 Info is signed', () => {
    expect(outer('{"Info":-9223372036854775808}', INT64)?.info).toBe(-(2n ** 63n));
    expect(outer('{"Info":-0}', INT64)?.info).toBe(0n);
    expect(outer('{"Info":9223372036854775807}', INT64)?.info).toBe(2n ** 63n - 1n);
    expect(outer('{"Info":9223372036854775808}', INT64)).toBeUndefined();
    expect(outer('{"Info":-9223372036854775809}', INT64)).toBeUndefined();
  });
});
