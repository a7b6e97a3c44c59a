import { describe, expect, test } from 'vitest';
import {
  decodeReport,
  decodeWithInfo,
  decodeWithSignedInfo,
} from '../../../../loopp/plugin/aggregation/report.ts';

const MAX_UINT64 = 18446744073709551615n;
const REFUSED = undefined;
const DIGEST = 'aB'.repeat(32);

const outer = (json: string): { report: string; info: bigint } | undefined => {
  const read = decodeWithInfo(Buffer.from(json));
  return read && { report: Buffer.from(read.report).toString('latin1'), info: read.info };
};
const info = (json: string): bigint | undefined => outer(json)?.info;
const report = (json: string): number[] | undefined => {
  const read = decodeWithInfo(Buffer.from(json));
  return read && [...read.report];
};
const inner = (json: string | Uint8Array): ReturnType<typeof decodeReport> => decodeReport(Buffer.from(json));

const nested = (levels: number): string =>
  `{"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)},"SeqNr":1}`;

const ZERO = { seqNr: 0n, block: 0n, mintable: null };

describe('the document', () => {
  test.each([
    ['keys of the parked revision', '{"ConfigDigest":null,"SeqNr":1,"Block":2,"Mintable":3}'],
    ['lower-camel keys', '{"configDigest":null,"seqNr":1,"block":2,"mintable":3}'],
    ['any case', '{"SEQNR":1,"bLoCk":2,"mINTABLE":3}'],
    ['long s and Kelvin', '{"\u017FeqNr":1,"bloc\u212A":2,"mintable":3}'],
    ['escaped keys', String.raw`{"\u0053eqNr":1,"Bloc\u212a":2,"Mintable":3}`],
    ['last of duplicate keys', '{"SeqNr":9,"Block":2,"seqnr":1,"Mintable":8,"mintable":3}'],
    ['unknown keys', '{"SeqNr":1,"Block":2,"Mintable":3,"x":{"SeqNr":[7,{}]},"SeqNr2":"a"}'],
    ['white space around', ' \t\r\n{"SeqNr":1,"Block":2,"Mintable":3} \n'],
  ])('%s', (_, json) => {
    expect(inner(json)).toEqual({ seqNr: 1n, block: 2n, mintable: '3' });
  });

  test.each([
    '[]',
    '1',
    '"x"',
    'true',
    '',
    '{',
    '{}x',
    '{}{}',
    '\uFEFF{}',
    '{/**/}',
    '{"a":01}',
    '{"a":NaN}',
  ])('refused: %j', (json) => {
    expect(inner(json)).toBe(REFUSED);
  });

  test('null is the zero struct', () => {
    expect(inner('null')).toEqual(ZERO);
    expect(outer('null')).toEqual({ report: '', info: 0n });
  });

  test('bad UTF-8 in strings and lone surrogates are accepted', () => {
    expect(inner(Buffer.from('{"x":"\xff","SeqNr":1}', 'latin1'))?.seqNr).toBe(1n);
    expect(inner(String.raw`{"x":"\ud800","SeqNr":1}`)?.seqNr).toBe(1n);
  });

  test('10,000 levels are accepted, 10,001 are not', () => {
    expect(inner(nested(10_000))?.seqNr).toBe(1n);
    expect(inner(nested(10_001))).toBe(REFUSED);
  });
});

describe('Info, SeqNr and Block', () => {
  test.each<[string, bigint | undefined]>([
    ['0', 0n],
    [String(MAX_UINT64), MAX_UINT64],
    [String(MAX_UINT64 + 1n), REFUSED],
    ['1.0', REFUSED],
    ['1e2', REFUSED],
    ['1E2', REFUSED],
    ['-1', REFUSED],
    // strconv.ParseUint takes no sign at all.
    ['-0', REFUSED],
    ['"1"', REFUSED],
    ['true', REFUSED],
    ['[1]', REFUSED],
    ['{}', REFUSED],
    ['null', 0n],
  ])('%s', (literal, expected) => {
    expect(info(`{"Info":${literal}}`)).toBe(expected);
    expect(inner(`{"SeqNr":${literal}}`)?.seqNr).toBe(expected);
    expect(inner(`{"Block":${literal}}`)?.block).toBe(expected);
  });

  test('null leaves what is there', () => {
    expect(info('{"Info":5,"Info":null}')).toBe(5n);
  });

  test('a bad one is not mended by a good one after it', () => {
    expect(info('{"Info":-1,"Info":5}')).toBe(REFUSED);
  });
});

// The selector type of 2025-07 is an int64 (H.1), and so is the field that encoding/json fills.
describe('Info in 2025-07 is an int64', () => {
  test.each<[string, bigint | undefined]>([
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775808', REFUSED],
    ['16015286601757825753', REFUSED],
    ['-5', -5n],
    // strconv.ParseInt takes the sign.
    ['-0', 0n],
    ['1.0', REFUSED],
    ['-9223372036854775808', -9223372036854775808n],
    ['-9223372036854775809', REFUSED],
  ])('%s', (literal, expected) => {
    expect(decodeWithSignedInfo(Buffer.from(`{"Info":${literal}}`))?.info).toBe(expected);
  });

  test('so a negative one may be replaced by a good one', () => {
    expect(decodeWithSignedInfo(Buffer.from('{"Info":-5,"Info":77}'))?.info).toBe(77n);
  });
});

describe('Report', () => {
  test.each<[string, number[] | undefined]>([
    ['"AQID"', [1, 2, 3]],
    ['"AQ=="', [1]],
    ['"AQI="', [1, 2]],
    ['"A\\nQ\\r=\\n="', [1]],
    ['"\\u0041Q=="', [1]],
    ['"AR=="', [1]], // trailing bits
    ['""', []],
    ['"\\n"', []],
    ['null', []],
    ['"AQ="', REFUSED],
    ['"AQ"', REFUSED],
    ['"AQ==AQ=="', REFUSED],
    ['"AQ=A"', REFUSED],
    ['"A==="', REFUSED],
    ['"=="', REFUSED],
    ['"AQID="', REFUSED],
    ['"AQ ="', REFUSED],
    ['"-_=="', REFUSED],
    ['"\u00e9A=="', REFUSED],
    ['[1,255,0]', [1, 255, 0]],
    ['[]', []],
    ['[256]', REFUSED],
    ['[-0]', REFUSED],
    ['[1.0]', REFUSED],
    ['["1"]', REFUSED],
    ['[[]]', REFUSED],
    ['{}', REFUSED],
    ['5', REFUSED],
    ['true', REFUSED],
  ])('%s', (literal, expected) => {
    expect(report(`{"Report":${literal}}`)).toEqual(expected);
  });

  // encoding/json decodes an array into the slice that is there; null leaves an element alone.
  test.each<[string, string, number[]]>([
    ['new memory', '[1,null,3]', [1, 0, 3]],
    ['what an earlier member left', '[1,2,3],"Report":[null,9,null]', [1, 9, 3]],
    ['also behind its end', '[1,2,3],"Report":[9],"report":[null,null,null,null]', [9, 2, 3, 0]],
    ['an earlier base64 text', '"AQI=","Report":[null,null,null,null]', [1, 2, 0, 0]],
    ['nothing after a null', '[1,2],"Report":null,"Report":[null]', [0]],
    ['nothing after an empty array', '[1,2],"Report":[],"Report":[null]', [0]],
  ])('null inside an array shows %s', (_, members, expected) => {
    expect(report(`{"Report":${members}}`)).toEqual(expected);
  });
});

describe('ConfigDigest', () => {
  test.each<[string, boolean]>([
    [`"${DIGEST}"`, true],
    [`"\\u0061${DIGEST.slice(1)}"`, true],
    ['null', true],
    [`"${DIGEST.slice(2)}"`, false],
    [`"${DIGEST}00"`, false],
    [`"0x${DIGEST.slice(2)}"`, false],
    [`"${'g'.repeat(64)}"`, false],
    ['""', false],
    ['5', false],
    ['{}', false],
    [`[${Array.from({ length: 32 }, () => '1').join(',')}]`, false],
  ])('%s', (literal, accepted) => {
    expect(inner(`{"ConfigDigest":${literal}}`)).toEqual(accepted ? ZERO : REFUSED);
  });
});

describe('Mintable', () => {
  test.each<[string, string | null | undefined]>([
    ['0', '0'],
    ['-0', '-0'],
    ['-5', '-5'],
    [`1${'0'.repeat(10_000)}`, `1${'0'.repeat(10_000)}`],
    ['null', null],
    ['1.5', REFUSED],
    ['1e3', REFUSED],
    ['"5"', REFUSED],
    ['true', REFUSED],
    ['{}', REFUSED],
    ['[]', REFUSED],
  ])('%.40s', (literal, expected) => {
    expect(inner(`{"Mintable":${literal}}`)?.mintable).toBe(expected);
  });

  test('null resets it', () => {
    expect(inner('{"Mintable":7,"Mintable":null}')).toEqual(ZERO);
  });
});
