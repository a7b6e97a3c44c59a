import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkValue, checkValueMap } from '../../src/codec/values-check.ts';
import { encodeValue } from '../../src/codec/values-encode.ts';
import { decodeValue, decodeValueMap } from '../../src/codec/values.ts';
import { messageOf } from '../../src/errors.ts';
import { arbitraryValue } from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';
import { nestedLists } from '../helpers/wire.ts';

configureSeed();

/** What reading the bytes says: nothing, or the refusal. */
function verdictOf(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    read(bytes);
    return 'read';
  } catch (error) {
    return messageOf(error);
  }
}

/** A value's bytes, some of them changed, removed or put in. */
const damaged = fc
  .tuple(
    arbitraryValue,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 })), { maxLength: 3 }),
  )
  .map(([value, changes]) => {
    const bytes = [...encodeValue(value)];
    for (const [at, byte, how] of changes)
      bytes.splice(at % (bytes.length + 1), how, ...(how === 2 ? [] : [byte]));
    return Uint8Array.from(bytes);
  });

describe('the check says what reading says', () => {
  test('of values, whole and damaged', () => {
    fc.assert(
      fc.property(damaged, (bytes) => {
        expect(verdictOf(checkValue, bytes)).toBe(verdictOf(decodeValue, bytes));
      }),
      { numRuns: 3000 },
    );
  });

  test('of any bytes as a map', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(verdictOf(checkValueMap, bytes)).toBe(verdictOf(decodeValueMap, bytes));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([4999, 5000, 5001, 20_000])('of %i lists inside each other', (depth) => {
    const bytes = nestedLists(depth);
    expect(verdictOf(checkValue, bytes)).toBe(verdictOf(decodeValue, bytes));
  });
});
