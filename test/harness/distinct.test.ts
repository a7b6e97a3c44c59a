import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FingerprintSet, FingerprintTable } from '../../harness/distinct.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Sixteen bytes that differ in few places, so that keys share slots and words. */
const crowdedKey = fc
  .tuple(fc.nat(15), fc.nat(3))
  .map(([at, byte]) => new Uint8Array(16).map((_, index) => (index === at ? byte : 0)));

describe('a fingerprint table', () => {
  test('tells new, same and different', () => {
    const table = new FingerprintTable();
    expect(table.put(digest('id 1'), digest('round 1'))).toBe('new');
    expect(table.put(digest('id 1'), digest('round 1'))).toBe('same');
    expect(table.put(digest('id 1'), digest('round 2'))).toBe('different');
    expect(table.put(digest('id 1'), digest('round 1'))).toBe('same');
    expect(table.put(digest('id 2'), digest('round 1'))).toBe('new');
    expect(table.size).toBe(2);
  });

  test('does what a map does, also with crowded keys and the key of zeros', () => {
    const commands = fc.array(fc.tuple(crowdedKey, crowdedKey), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(commands, (puts) => {
        const table = new FingerprintTable();
        const model = new Map<string, string>();
        for (const [key, value] of puts) {
          const [k, v] = [key.join(), value.join()];
          const before = model.get(k);
          if (before === undefined) model.set(k, v);
          expect(table.put(key, value)).toBe(
            before === undefined ? 'new' : before === v ? 'same' : 'different',
          );
        }
        expect(table.size).toBe(model.size);
      }),
    );
  });

  test('forgets nothing while it grows', () => {
    const table = new FingerprintTable();
    const keys = Array.from({ length: 40_000 }, (_, i) => digest(`id ${String(i)}`));
    const other = digest('other');
    expect(keys.filter((key) => table.put(key, key) !== 'new')).toEqual([]);
    expect(keys.filter((key) => table.put(key, key) !== 'same')).toEqual([]);
    expect(keys.filter((key) => table.put(key, other) !== 'different')).toEqual([]);
    expect(table.size).toBe(keys.length);
  });

  test('takes 32 bytes an entry and the index', () => {
    const table = new FingerprintTable();
    for (let i = 0; i < 100_000; i++) table.put(digest(String(i)), digest('round'));
    expect(table.byteLength / table.size).toBeGreaterThan(32);
    expect(table.byteLength / table.size).toBeLessThan(32 + 14 + 6);
  });

  test('copies what it is given', () => {
    const table = new FingerprintTable();
    const key = new Uint8Array(digest('id'));
    table.put(key, digest('round'));
    key.fill(0);
    expect(table.put(digest('id'), digest('round'))).toBe('same');
  });

  test('looks at the first 16 bytes, and refuses fewer', () => {
    const table = new FingerprintTable();
    table.put(digest('id'), digest('round'));
    expect(table.put(digest('id').subarray(0, 16), digest('round').subarray(0, 16))).toBe('same');
    expect(() => table.put(new Uint8Array(15), digest('round'))).toThrow(
      new RangeError('digest: expected 16 bytes or more, got 15'),
    );
    expect(() => table.put(digest('id 2'), new Uint8Array())).toThrow(RangeError);
    expect(table.size).toBe(1);
  });
});

describe('a fingerprint set', () => {
  test('does what a set does', () => {
    fc.assert(
      fc.property(fc.array(crowdedKey, { maxLength: 300 }), (digests) => {
        const set = new FingerprintSet();
        const model = new Set<string>();
        for (const key of digests) {
          expect(set.add(key)).toBe(!model.has(key.join()));
          model.add(key.join());
        }
        expect(set.size).toBe(model.size);
      }),
    );
  });

  test('forgets nothing while it grows, and takes half of the memory of a table', () => {
    const set = new FingerprintSet();
    const digests = Array.from({ length: 40_000 }, (_, i) => digest(String(i)));
    expect(digests.filter((each) => !set.add(each))).toEqual([]);
    expect(digests.filter((each) => set.add(each))).toEqual([]);
    expect(set.size).toBe(digests.length);
    expect(set.byteLength / set.size).toBeLessThan(16 + 14 + 8);
  });
});
