import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { compareUtf8, encodeValue, encodeValueList, encodeValueMap } from '../../src/codec/values-encode.ts';
import { bigintFromBytes, decodeValue, decodeValueList, decodeValueMap } from '../../src/codec/values.ts';
import type { Value } from '../../src/codec/values.ts';
import {
  arbitraryText,
  arbitraryValue,
  bigint,
  bytes,
  int64,
  list,
  map,
  nil,
  repeatByte,
  text,
} from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';
import { concat, field, nestedGroups, nestedLists, toHex, unhex } from '../helpers/wire.ts';

configureSeed();

/** A values.v1.Map with one key. */
const inMap = (value: Uint8Array): Uint8Array => field(1, concat(unhex('0a016b'), field(2, value)));
const DATA_ID = concat(unhex('01c5'), new Uint8Array(14));

describe('the golden bytes of real Go code (docs/spec/aggregator.md G.4)', () => {
  const evm =
    '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e80000000000000000000000000000006310010a1c' +
    '0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a';
  const solana =
    '0a3a0a146163636f756e745f636f6e746578745f6861736812221a200500000000000000000000000000000000000000000000000000000000' +
    '0000000a4e0a077061796c6f616412432a41123f223d0a0c0a06616e7377657212024a000a1c0a0664617461496412121a1001c50000000000' +
    '0000000000000000000a0f0a0974696d657374616d7012023800';
  const evmMap = {
    Reports: list(
      map({ Timestamp: int64(10n), DataID: bytes(DATA_ID), Answer: bigint((1000n << 128n) + 99n) }),
    ),
  };
  const solanaMap = {
    payload: list(map({ timestamp: int64(0n), answer: bigint(0n), dataId: bytes(DATA_ID) })),
    account_context_hash: bytes(concat(Uint8Array.of(5), new Uint8Array(31))),
  };

  test.each([
    ['EVM', evm, evmMap],
    ['Solana', solana, solanaMap],
  ])('%s', (_, golden, tree) => {
    const entries = new Map(Object.entries(tree));
    expect(toHex(encodeValueMap(entries))).toBe(golden);
    expect(decodeValueMap(unhex(golden))).toEqual(entries);
  });

  test.each<[string, string, Value]>([
    ['BigInt -5', '4a0e0a010510ffffffffffffffffff01', bigint(-5n)],
    ['[32]byte{1}', `1a2001${'00'.repeat(31)}`, bytes(concat(Uint8Array.of(1), new Uint8Array(31)))],
    ['int64 0', '3800', int64(0n)],
    ['BigInt 0', '4a00', bigint(0n)],
    ['an empty map', '2200', map({})],
    ['an empty list', '2a00', list()],
    ['an empty text', '0a00', text('')],
    ['false', '1000', { kind: 'bool', value: false }],
    ['float64 0', `59${'00'.repeat(8)}`, { kind: 'float64', value: 0 }],
    ['uint64 of ten bytes', '60ffffffffffffffffff01', { kind: 'uint64', value: 2n ** 64n - 1n }],
    ['int64 -1', '38ffffffffffffffffff01', int64(-1n)],
    ['time zero', '5200', { kind: 'time', seconds: 0n, nanos: 0 }],
    ['decimal zero', '32020a00', { kind: 'decimal', coefficient: 0n, exponent: 0 }],
    [
      'decimal 5e-1',
      '32120a050a0105100110ffffffffffffffffff01',
      { kind: 'decimal', coefficient: 5n, exponent: -1 },
    ],
    ['nil', '', nil],
  ])('%s', (_, golden, value) => {
    expect(toHex(encodeValue(value))).toBe(golden);
    expect(decodeValue(unhex(golden))).toEqual(value);
  });
});

describe('what was written is what is read', () => {
  test('for every tree', () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        expect(decodeValue(encodeValue(value))).toEqual(value);
      }),
    );
  });

  test('and reading and writing again gives the same bytes', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue, { maxLength: 3 }), (items) => {
        const first = encodeValueList(items);
        expect(toHex(encodeValueList(decodeValueList(first)))).toBe(toHex(first));
      }),
    );
  });

  test('the order in which a map was filled leaves no trace', () => {
    fc.assert(
      fc.property(fc.uniqueArray(arbitraryText), (keys) => {
        const entries = keys.map((key): [string, Value] => [key, text(key)]);
        expect(toHex(encodeValueMap(new Map(entries.toReversed())))).toBe(
          toHex(encodeValueMap(new Map(entries))),
        );
      }),
    );
  });
});

describe('map keys', () => {
  test('are sorted as their UTF-8 bytes, not as UTF-16', () => {
    fc.assert(
      fc.property(arbitraryText, arbitraryText, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  test('astral characters come after U+E000 to U+FFFF', () => {
    const keys = ['\u{1F600}', '\uFFFD', '\uE000', '\u{10FFFF}', 'z', '\uD7FF', ''];
    const written = decodeValueMap(encodeValueMap(new Map(keys.map((key) => [key, nil]))));
    expect([...written.keys()]).toEqual(['', 'z', '\uD7FF', '\uE000', '\uFFFD', '\u{1F600}', '\u{10FFFF}']);
  });

  test('that come twice: the last entry counts', () => {
    const entries = concat(field(1, unhex('0a016b 12023805')), field(1, unhex('0a016b 12023806')));
    expect(decodeValueMap(entries)).toEqual(new Map([['k', int64(6n)]]));
  });
});

// Every answer here was given by protobuf-go 1.36.7.
describe('nesting', () => {
  test('10,000 messages are read and written without recursion', () => {
    const deepest = nestedLists(4999, unhex('2a00'));
    expect(toHex(encodeValue(decodeValue(deepest)))).toBe(toHex(deepest));
    const inMapEntry = inMap(nestedLists(4999));
    expect(toHex(encodeValueMap(decodeValueMap(inMapEntry)))).toBe(toHex(inMapEntry));
  });

  test.each([
    ['a big integer', nestedLists(4999, unhex('4a00'))],
    ['a decimal', nestedLists(4999, unhex('3200'))],
    ['a time', nestedLists(4999, unhex('5200'))],
  ])('%s may be the 10,000th message', (_, bytes10000) => {
    expect(decodeValue(bytes10000).kind).toBe('list');
  });

  test.each([
    ['a value', (): unknown => decodeValue(nestedLists(5000))],
    ["a decimal's coefficient", (): unknown => decodeValue(nestedLists(4999, unhex('32020a00')))],
    ['a big integer', (): unknown => decodeValueMap(inMap(nestedLists(4999, unhex('4a00'))))],
    ['a time', (): unknown => decodeValueMap(inMap(nestedLists(4999, unhex('5200'))))],
  ])('%s as the 10,001st message is refused', (_, decode) => {
    expect(decode).toThrow(/^exceeded the recursion limit of 10000 messages at byte [0-9]+$/);
  });

  test('is written deeper than it is read', () => {
    let tree = nil;
    for (let depth = 0; depth < 20_000; depth++) tree = list(tree);
    expect(() => decodeValue(encodeValue(tree))).toThrow(ProtobufError);
  });
});

// Every answer here was given by protobuf-go 1.36.7.
describe('members that come more than once', () => {
  test.each<[string, string, Value]>([
    ['the last scalar counts', '3805 3806', int64(6n)],
    ['the last kind counts', '3805 2a0412023807', list(int64(7n))],
    ['lists are joined', '2a0412023806 2a0412023807', list(int64(6n), int64(7n))],
    ['but not over another kind', '2a0412023806 3805 2a0412023807', list(int64(7n))],
    ['maps are joined', '22070a050a01611200 22070a050a01621200', map({ a: nil, b: nil })],
    ['parts of a big integer are joined', '4a030a0105 4a0b10ffffffffffffffffff01', bigint(-5n)],
    ['but not over another kind', '4a030a0105 3805 4a021001', bigint(0n)],
    [
      'parts of a decimal are joined',
      '32050a030a0105 32021003 320d0a0b10ffffffffffffffffff01',
      { kind: 'decimal', coefficient: -5n, exponent: 3 },
    ],
    [
      'but not over another kind',
      '32050a030a0105 0a00 32021003',
      { kind: 'decimal', coefficient: 0n, exponent: 3 },
    ],
    ['parts of a time are joined', '52020805 52021007', { kind: 'time', seconds: 5n, nanos: 7 }],
    ['but not over another kind', '52020805 0a00 52021007', { kind: 'time', seconds: 0n, nanos: 7 }],
  ])('%s: %s', (_, wire, value) => {
    expect(decodeValue(unhex(wire))).toEqual(value);
  });

  test.each<[string, string, Value]>([
    ['an empty one leaves what is there', '0a016b 12023805 1200', int64(5n)],
    ['lists are joined', '0a016b 12062a0412023806 12062a0412023807', list(int64(6n), int64(7n))],
    [
      'parts of a big integer are joined',
      '0a016b 12054a030a0105 120d4a0b10ffffffffffffffffff01',
      bigint(-5n),
    ],
  ])('values of one map entry, %s', (_, wire, value) => {
    expect(decodeValueMap(field(1, unhex(wire)))).toEqual(new Map([['k', value]]));
  });

  test('two big integers side by side do not share anything', () => {
    const items = unhex('12054a030a0105 12024a00 120d4a0b10ffffffffffffffffff01 12054a030a0107');
    expect(decodeValueList(items)).toEqual([bigint(5n), bigint(0n), bigint(0n), bigint(7n)]);
  });
});

// Every answer here was given by protobuf-go 1.36.7.
describe('what is not known is skipped', () => {
  test.each<[string, string, Value]>([
    ['the reserved field', '4001 3805', int64(5n)],
    ['a known field with another wire type', '3805 3a0106', int64(5n)],
    ['a group, and what looks like a member in it', '3805 7b 3806 7c', int64(5n)],
    ['text that is not UTF-8', '3805 fa0101ff', int64(5n)],
    ['fields of 4 and 8 bytes', '3805 7d00000000 790000000000000000', int64(5n)],
    ['members of a big integer', '4a080a0105 1801 2201ff', bigint(5n)],
    ['members of a list', '2a06 0801 12023807', list(int64(7n))],
    ['members of a map', '2206 12027878 1801', map({})],
  ])('%s', (_, wire, value) => {
    expect(decodeValue(unhex(wire))).toEqual(value);
  });

  test.each<[string, string, string, Value]>([
    ['a key with another wire type', '0801 12023805', '', int64(5n)],
    ['a value with another wire type', '0a016b 1005', 'k', nil],
    ['members of an entry', '0a016b 12023805 1a00 2801', 'k', int64(5n)],
    ['an entry without members', '', '', nil],
  ])('%s', (_, wire, key, value) => {
    expect(decodeValueMap(field(1, unhex(wire)))).toEqual(new Map([[key, value]]));
  });

  test('groups to a depth of 10,001', () => {
    expect(decodeValue(nestedGroups(10_001))).toEqual(nil);
    expect(() => decodeValue(nestedGroups(10_002))).toThrow(/^groups nested too deeply at byte [0-9]+$/);
  });
});

describe('loose spellings are read', () => {
  test.each<[string, string, Value]>([
    ['bool 2 is true', '1002', { kind: 'bool', value: true }],
    ['bool of ten bytes is true', '10ffffffffffffffffff01', { kind: 'bool', value: true }],
    ['a varint with idle bytes', '388000', int64(0n)],
    ['a tag with idle bytes', 'b8800005', int64(5n)],
    ['leading zeros of a magnitude', '4a040a020005', bigint(5n)],
    ['any negative sign', '4a0e0a010510feffffffffffffffff01', bigint(-5n)],
    ['any other sign', '4a050a01051009', bigint(5n)],
    ['no sign', '4a030a0105', bigint(5n)],
    [
      'a 32-bit integer of which the low bits count',
      '320610ffffffff1f',
      { kind: 'decimal', coefficient: 0n, exponent: -1 },
    ],
  ])('%s', (_, wire, value) => {
    expect(decodeValue(unhex(wire))).toEqual(value);
  });
});

describe('what protobuf-go refuses is refused', () => {
  test.each([
    ['a varint of eleven bytes', '38ffffffffffffffffffff01', 'varint overflows 64 bits at byte 1'],
    ['a varint above 64 bits', '38ffffffffffffffffff02', 'varint overflows 64 bits at byte 1'],
    ['a varint that stops', '38ff', 'unexpected end of a varint at byte 1'],
    ['a length past the end', '0a0261', 'length reaches past the end at byte 1'],
    ['a list item past the end of its list', '2a0212053805', 'length reaches past the end at byte 3'],
    ['a fixed-size value that stops', '5900', 'unexpected end of a fixed-size value at byte 1'],
    ['field number 0', '0001', 'invalid field number at byte 0'],
    ['a field number above 2^29-1', '808080801005', 'invalid field number at byte 0'],
    ['wire type 6', '0e', 'unknown wire type at byte 1'],
    ['a group that ends unopened', '0c', 'mismatching end of a group at byte 1'],
    ['a group that ends as another', '0b14', 'mismatching end of a group at byte 2'],
    ['a group that does not end', '0b', 'unexpected end of a varint at byte 1'],
    ['text that is not UTF-8', '0a01ff', 'string is not valid UTF-8 at byte 2'],
    ['a surrogate as text', '0a03eda080', 'string is not valid UTF-8 at byte 2'],
    ['long text that is not UTF-8', `0a20${'61'.repeat(31)}c3`, 'string is not valid UTF-8 at byte 2'],
  ])('%s', (_, wire, message) => {
    const decode = (): Value => decodeValue(unhex(wire));
    expect(decode).toThrow(ProtobufError);
    expect(decode).toThrow(message);
  });

  test('a map key that is not UTF-8', () => {
    expect(() => decodeValueMap(field(1, unhex('0a01ff 12023805')))).toThrow(
      'string is not valid UTF-8 at byte 4',
    );
  });

  test('a message that stops anywhere', () => {
    fc.assert(
      fc.property(arbitraryValue, fc.nat(), (value, at) => {
        const whole = encodeValue(value);
        fc.pre(whole.length > 1);
        const part = whole.subarray(0, 1 + (at % (whole.length - 1)));
        expect(() => decodeValue(part)).toThrow(ProtobufError);
      }),
    );
  });

  test('no bytes make the reader fail in another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        try {
          decodeValue(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('bytes', () => {
  test('are views into what was decoded', () => {
    const wire = encodeValue(bytes(repeatByte(7, 5)));
    const value = decodeValue(wire);
    expect(value.kind === 'bytes' && value.value.buffer === wire.buffer).toBe(true);
  });

  test('are big-endian magnitudes', () => {
    expect(bigintFromBytes(unhex(''))).toBe(0n);
    expect(bigintFromBytes(unhex('00'))).toBe(0n);
    expect(bigintFromBytes(unhex('0100'))).toBe(256n);
    const million = new Uint8Array(1_000_000).fill(0xff);
    expect(bigintFromBytes(million)).toBe(2n ** 8_000_000n - 1n);
  });
});
