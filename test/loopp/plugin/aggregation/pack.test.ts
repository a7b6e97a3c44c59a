import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EVM_UINT224,
  FormatError,
  SOLANA_U128,
  UINT224_2025_07,
  pack,
} from '../../../../loopp/plugin/aggregation/pack.ts';
import type { Layout } from '../../../../loopp/plugin/aggregation/pack.ts';
import { configureSeed } from '../../../helpers/seed.ts';

configureSeed();

const packed = (layout: Layout, mintable: bigint | null, block: bigint): bigint =>
  pack({ seqNr: 0n, block, mintable: mintable === null ? null : String(mintable) }, layout);

const MAX_UINT64 = 2n ** 64n - 1n;
const ERROR = 'failed to pack secure mint report for';

test.each([
  ['EVM', EVM_UINT224, 128n, MAX_UINT64],
  ['Solana', SOLANA_U128, 91n, 2n ** 36n - 1n],
])('%s: mintable below, the block from its bit on', (_, layout, bits, maxBlock) => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** bits - 1n }),
      fc.bigInt({ min: 0n, max: maxBlock }),
      (mintable, block) => {
        const answer = packed(layout, mintable, block);
        expect([answer % 2n ** bits, answer / 2n ** bits]).toEqual([mintable, block]);
      },
    ),
  );
});

describe('a negative mintable is not rejected', () => {
  test.each([
    [EVM_UINT224, 128n],
    [SOLANA_U128, 91n],
  ])('down to -2^bits the block vanishes', (layout, bits) => {
    expect(packed(layout, -5n, 1000n)).toBe(-5n);
    expect(packed(layout, -(2n ** bits), 1000n)).toBe(-(2n ** bits));
  });

  test("below it, the OR is two's complement", () => {
    expect(packed(EVM_UINT224, -(2n ** 129n), 1n)).toBe(-(2n ** 129n) + 2n ** 128n);
  });

  test('minus zero is zero', () => {
    expect(pack({ seqNr: 0n, block: 0n, mintable: '-0' }, EVM_UINT224)).toBe(0n);
  });
});

describe('what does not fit is refused', () => {
  test.each<[string, Layout, bigint | null, bigint, string]>([
    ['nil', EVM_UINT224, null, 0n, `${ERROR} evm into uint224: mintable cannot be nil`],
    ['nil on Solana', SOLANA_U128, null, 2n ** 40n, `${ERROR} solana into u128: mintable cannot be nil`],
    ['nil in 2025-07', UINT224_2025_07, null, 0n, `${ERROR} into uint224: mintable cannot be nil`],
    [
      'an amount of 129 bits',
      EVM_UINT224,
      2n ** 128n,
      0n,
      `${ERROR} evm into uint224: mintable amount 340282366920938463463374607431768211456 exceeds maximum 128-bit value 340282366920938463463374607431768211455`,
    ],
    [
      'an amount of 92 bits on Solana, before its block',
      SOLANA_U128,
      2n ** 91n,
      2n ** 36n,
      `${ERROR} solana into u128: mintable amount 2475880078570760549798248448 exceeds maximum 91-bit value 2475880078570760549798248447`,
    ],
    [
      'a block of 37 bits on Solana',
      SOLANA_U128,
      5n,
      2n ** 36n,
      `${ERROR} solana into u128: block number 68719476736 exceeds maximum 36-bit value 68719476735`,
    ],
  ])('%s', (_, layout, mintable, block, message) => {
    expect(() => packed(layout, mintable, block)).toThrow(new FormatError(message));
  });

  test('the largest that fit', () => {
    expect(packed(EVM_UINT224, 2n ** 128n - 1n, MAX_UINT64)).toBe(2n ** 192n - 1n);
    expect(packed(SOLANA_U128, 2n ** 91n - 1n, 2n ** 36n - 1n)).toBe(2n ** 127n - 1n);
  });

  test('ten thousand digits, shown in full', () => {
    const mintable = '9'.repeat(10_000);
    expect(() => pack({ seqNr: 0n, block: 0n, mintable }, EVM_UINT224)).toThrow(
      `mintable amount ${mintable} exceeds`,
    );
  });
});
