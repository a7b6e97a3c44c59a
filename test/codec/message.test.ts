import { describe, expect, test } from 'vitest';
import {
  bool,
  bytes,
  int32,
  int64,
  message,
  nested,
  optionalBytes,
  optionalString,
  repeated,
  repeatedBytes,
  repeatedString,
  string,
  stringMap,
  textMap,
  uint32,
  uint32BytesMap,
  uint64,
} from '../../src/codec/message.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { compact, toHex, unhex } from '../helpers/wire.ts';

const Inner = message({ a: uint32(1), b: string(2) });
const Everything = message({
  text: string(1),
  raw: bytes(2),
  flag: bool(3),
  u32: uint32(4),
  u64: uint64(5),
  i32: int32(6),
  i64: int64(7),
  maybeBytes: optionalBytes(8),
  maybeText: optionalString(9),
  inner: nested(10, Inner),
  inners: repeated(11, Inner),
  texts: repeatedString(12),
  raws: repeatedBytes(13),
  byText: stringMap(14, Inner),
  byNumber: uint32BytesMap(15),
  textByText: textMap(16),
});
const DEFAULTS = Everything.decode(new Uint8Array());

describe('a described message', () => {
  test('has protobuf defaults for what is missing', () => {
    expect(DEFAULTS).toEqual({
      text: '',
      raw: new Uint8Array(),
      flag: false,
      u32: 0,
      u64: 0n,
      i32: 0,
      i64: 0n,
      maybeBytes: undefined,
      maybeText: undefined,
      inner: undefined,
      inners: [],
      texts: [],
      raws: [],
      byText: new Map(),
      byNumber: new Map(),
      textByText: new Map(),
    });
    expect(Everything.encode(DEFAULTS).length).toBe(0);
    expect(Everything.encode({}).length).toBe(0);
  });

  test('is written field by field in ascending order', () => {
    const value = {
      textByText: new Map([['k', 'v']]),
      i32: -1,
      i64: -1n,
      text: 'é',
      raw: unhex('00'),
      flag: true,
      u32: 2 ** 32 - 1,
      u64: 2n ** 64n - 1n,
      inner: { a: 1, b: '' },
      inners: [
        { a: 0, b: '' },
        { a: 0, b: 'x' },
      ],
      texts: ['', 'y'],
      raws: [unhex(''), unhex('ff')],
      byText: new Map([['k', { a: 0, b: '' }]]),
      byNumber: new Map([[0, unhex('')]]),
    };
    const bytes1 = [
      '0a02c3a9',
      '120100',
      '1801',
      '20ffffffff0f',
      '28ffffffffffffffffff01',
      '30ffffffffffffffffff01',
      '38ffffffffffffffffff01',
      '52020801',
      '5a00 5a03120178',
      '6200 620179',
      '6a00 6a01ff',
      '7205 0a016b 1200',
      '7a04 0800 1200',
      '820106 0a016b 120176',
    ].join('');
    expect(toHex(Everything.encode(value))).toBe(compact(bytes1));
    expect(Everything.decode(unhex(bytes1))).toEqual({ ...DEFAULTS, ...value });
  });

  test('tells an optional member that is empty from one that is absent', () => {
    expect(toHex(Everything.encode({ maybeBytes: new Uint8Array(), maybeText: '' }))).toBe(
      compact('4200 4a00'),
    );
    expect(Everything.decode(unhex('42004a00'))).toMatchObject({
      maybeBytes: new Uint8Array(),
      maybeText: '',
    });
  });

  test('takes the last of scalars, merges messages, appends to lists', () => {
    const decoded = Everything.decode(unhex('0a0161 0a0162 52020801 5203120178 620179 62017a'));
    expect(decoded).toMatchObject({ text: 'b', inner: { a: 1, b: 'x' }, texts: ['y', 'z'] });
  });

  test('skips unknown fields and known ones with another wire type', () => {
    expect(Everything.decode(unhex('0801 1001 1a0161 aa0600'))).toEqual(DEFAULTS);
  });

  test('decoding one message leaves no trace in the next', () => {
    Everything.decode(unhex('620179 7205 0a016b 1200'));
    expect(Everything.decode(new Uint8Array())).toEqual(DEFAULTS);
  });

  test.each([
    ['a cut field', '0a0261'],
    ['text that is not UTF-8', '0a01ff'],
    ['text in a list that is not UTF-8', '6201ff'],
    ['a cut message inside', '52020a'],
  ])('%s is refused', (_, wire) => {
    expect(() => Everything.decode(unhex(wire))).toThrow(ProtobufError);
  });
});

describe('map fields', () => {
  test('are sorted by key: texts as UTF-8, numbers as numbers', () => {
    const textByText = new Map(['\u{1F600}', '\uFFFD', 'b', 'a'].map((key) => [key, '']));
    expect([...Everything.decode(Everything.encode({ textByText })).textByText.keys()]).toEqual([
      'a',
      'b',
      '\uFFFD',
      '\u{1F600}',
    ]);
    const byNumber = new Map([10, 9, 2 ** 32 - 1, 0].map((key) => [key, unhex('')]));
    expect([...Everything.decode(Everything.encode({ byNumber })).byNumber.keys()]).toEqual([
      0,
      9,
      10,
      2 ** 32 - 1,
    ]);
  });

  test('the last entry of a key counts, an entry may lack key and value', () => {
    const decoded = Everything.decode(unhex('7207 0a016b 12020801 7203 0a016b 7a00'));
    expect(decoded.byText).toEqual(new Map([['k', { a: 0, b: '' }]]));
    expect(decoded.byNumber).toEqual(new Map([[0, new Uint8Array()]]));
  });
});
