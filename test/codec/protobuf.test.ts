import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BYTES, ProtobufError, Reader, ReverseWriter, VARINT } from '../../src/codec/protobuf.ts';
import { arbitraryText } from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';
import { compact, concat, field, toHex, unhex, varint } from '../helpers/wire.ts';

configureSeed();

const MAX = 2n ** 64n - 1n;
const arbitraryUint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc.constantFrom(...[7n, 14n, 32n, 53n, 63n].flatMap((n) => [2n ** n - 1n, 2n ** n, 2n ** n + 1n]), MAX),
);

function written(write: (writer: ReverseWriter) => void, capacity?: number): Uint8Array {
  const writer = new ReverseWriter(capacity);
  write(writer);
  return writer.finish();
}

describe('varints', () => {
  test('of 64 bits are read and written exactly', () => {
    fc.assert(
      fc.property(arbitraryUint64, (value) => {
        const bytes = varint(value);
        expect(toHex(written((writer) => writer.varint(value)))).toBe(toHex(bytes));
        expect(new Reader(bytes).uint64()).toBe(value);
        expect(new Reader(bytes).int64()).toBe(BigInt.asIntN(64, value));
        expect(new Reader(bytes).uint32()).toBe(Number(BigInt.asUintN(32, value)));
        expect(new Reader(bytes).int32()).toBe(Number(BigInt.asIntN(32, value)));
        expect(new Reader(bytes).bool()).toBe(value !== 0n);
      }),
    );
  });

  test('negative numbers take ten bytes', () => {
    expect(toHex(written((writer) => writer.varint(-1n)))).toBe('ffffffffffffffffff01');
    expect(toHex(written((writer) => writer.varint(-(2n ** 63n))))).toBe('80808080808080808001');
  });

  test('as doubles are exact below 2^53 and never fall below it above', () => {
    fc.assert(
      fc.property(arbitraryUint64, (value) => {
        const read = new Reader(varint(value)).varintNumber();
        if (value < 2n ** 53n) expect(BigInt(read)).toBe(value);
        else expect(read).toBeGreaterThanOrEqual(2 ** 53);
      }),
    );
  });

  test('numbers are written as their varint', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(toHex(written((writer) => writer.varintNumber(value)))).toBe(toHex(varint(BigInt(value))));
      }),
    );
  });
});

/** A group around one field of a number. */
const groupAround = (number: bigint): Uint8Array => concat(unhex('0b'), varint(number << 3n), unhex('050c'));

describe('the reader', () => {
  test('answers field number and wire type of a tag', () => {
    expect(new Reader(unhex('0a')).tag()).toBe(1 * 8 + BYTES);
    expect(new Reader(unhex('f8ffffff0f')).tag()).toBe((2 ** 29 - 1) * 8 + VARINT);
  });

  test('never looks past its end', () => {
    const reader = new Reader(unhex('0a 02 6162 ff'), 0, 3);
    reader.tag();
    expect(() => reader.span()).toThrow(new ProtobufError('length reaches past the end', 1));
  });

  test('answers views, not copies', () => {
    const bytes = unhex('026162');
    expect(new Reader(bytes).span().buffer).toBe(bytes.buffer);
  });

  test('keeps a byte order mark in a text', () => {
    expect(new Reader(unhex('03efbbbf')).string()).toBe('\uFEFF');
  });

  test('reads doubles at any offset', () => {
    const bytes = concat(Uint8Array.of(0), unhex('000000000000f83f'));
    expect(new Reader(bytes, 1).double()).toBe(1.5);
    expect(new Reader(bytes.subarray(1)).double()).toBe(1.5);
  });

  test('skips each wire type to its end', () => {
    for (const wire of ['08ff01', '090000000000000000', '0a0161', '0d00000000', '0b1001 1b 0a01ff 1c 0c']) {
      const reader = new Reader(unhex(`${wire}99`));
      reader.skip(reader.tag());
      expect(reader.pos).toBe(unhex(wire).length);
    }
  });

  test('inside a skipped group takes field numbers to 2^31-1, as protobuf-go does', () => {
    const reader = new Reader(groupAround(2n ** 31n - 1n));
    reader.skip(reader.tag());
    expect(reader.pos).toBe(reader.end);
    const refused = new Reader(groupAround(2n ** 31n));
    expect(() => refused.skip(refused.tag())).toThrow('invalid field number at byte 1');
  });
});

describe('the reverse writer', () => {
  test('writes fields that are handed over last first', () => {
    const bytes = written((writer) => {
      writer.double(3, 1.5);
      writer.bytes(2, unhex('ff'));
      writer.string(1, 'é');
    });
    expect(toHex(bytes)).toBe(compact('0a02c3a9 1201ff 19000000000000f83f'));
  });

  test('knows the length of what it encloses', () => {
    const bytes = written((writer) => {
      writer.uint(9, 5n);
      const mark = writer.size;
      writer.string(1, 'a');
      writer.close(4, mark);
    });
    expect(toHex(bytes)).toBe(compact('2203 0a0161 4805'));
  });

  test('grows from any capacity', () => {
    fc.assert(
      fc.property(fc.array(arbitraryText, { maxLength: 8 }), fc.nat({ max: 64 }), (texts, capacity) => {
        const bytes = written((writer) => {
          for (const text of texts.toReversed()) writer.string(7, text);
        }, capacity);
        expect(toHex(bytes)).toBe(toHex(concat(...texts.map((text) => field(7, Buffer.from(text))))));
      }),
    );
  });

  test('answers a copy', () => {
    const writer = new ReverseWriter();
    writer.string(1, 'a');
    const first = writer.finish();
    writer.string(1, 'b');
    expect(toHex(first)).toBe('0a0161');
  });
});
