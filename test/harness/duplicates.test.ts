import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Duplicates } from '../../harness/duplicates.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

describe('duplicates', () => {
  test('an id is new, then the same, and different with other bytes', () => {
    const duplicates = new Duplicates();
    expect(duplicates.put('a', digest(1))).toBe('new');
    expect(duplicates.put('a', digest(1))).toBe('same');
    expect(duplicates.put('a', digest(2))).toBe('different');
    expect(duplicates.put('a', digest(1))).toBe('same');
    expect(duplicates.put('b', digest(1))).toBe('new');
  });

  test('are what a map would say they are', () => {
    const put = fc.record({
      id: fc.oneof(fc.constantFrom('', 'a', 'A', 'a\u0000', 'é', 'e\u0301'), fc.string({ unit: 'grapheme' })),
      byte: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(put, { maxLength: 100 }), (puts) => {
        const duplicates = new Duplicates();
        const known = new Map<string, number>();
        for (const { id, byte } of puts) {
          const before = known.get(id);
          const expected = before === undefined ? 'new' : before === byte ? 'same' : 'different';
          if (before === undefined) known.set(id, byte);
          expect(duplicates.put(id, digest(byte))).toBe(expected);
        }
      }),
    );
  });
});
