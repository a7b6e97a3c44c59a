import { describe, expect, test } from 'vitest';
import { PackError, checkTimestamp, packUint128, packUint224 } from '../../legacy/pack.ts';

const MAX_128 = 2n ** 128n - 1n;
const MAX_91 = 2n ** 91n - 1n;
const MAX_36 = 2n ** 36n - 1n;
const report = (mintable: bigint | undefined, block: bigint): Parameters<typeof packUint224>[0] => ({
  seqNr: 1n,
  mintable,
  block,
});

// docs/spec/aggregator.md H.5.
describe('EVM uint224', () => {
  test.each([
    [99n, 1000n, (1000n << 128n) + 99n],
    [0n, 0n, 0n],
    [0n, 2n ** 64n - 1n, (2n ** 64n - 1n) << 128n],
    [MAX_128, 0n, MAX_128],
    [MAX_128, 2n ** 64n - 1n, 2n ** 192n - 1n],
    [5n, 2n ** 36n, ((2n ** 36n) << 128n) + 5n],
  ])('mintable %d and block %d', (mintable, block, answer) => {
    expect(packUint224(report(mintable, block), '')).toBe(answer);
  });

  test.each([-1n, -5n, -(2n ** 64n), -(2n ** 128n)])(
    'a negative mintable %d swallows the block',
    (mintable) => {
      expect(packUint224(report(mintable, 1000n), '')).toBe(mintable);
    },
  );

  test('below -2^128 bits of the block come back, as in two’s complement', () => {
    expect(packUint224(report(-(2n ** 128n) - 1n, 1n), '')).toBe(-1n);
    expect(packUint224(report(-(2n ** 129n), 1n), '')).toBe(-(2n ** 129n) + 2n ** 128n);
  });

  test.each<[bigint | undefined, string]>([
    [undefined, 'P: mintable cannot be nil'],
    [
      2n ** 128n,
      'P: mintable amount 340282366920938463463374607431768211456 exceeds maximum 128-bit value 340282366920938463463374607431768211455',
    ],
  ])('mintable %d is refused', (mintable, message) => {
    expect(() => packUint224(report(mintable, 0n), 'P: ')).toThrow(new PackError(message));
  });
});

describe('Solana u128', () => {
  test.each([
    [99n, 1000n, (1000n << 91n) + 99n],
    [0n, 0n, 0n],
    [MAX_91, MAX_36, 2n ** 127n - 1n],
  ])('mintable %d and block %d', (mintable, block, answer) => {
    expect(packUint128(report(mintable, block), '')).toBe(answer);
  });

  test.each([-1n, -(2n ** 91n)])('a negative mintable %d swallows the block', (mintable) => {
    expect(packUint128(report(mintable, 1000n), '')).toBe(mintable);
  });

  test.each<[bigint | undefined, bigint, string]>([
    [undefined, 2n ** 36n, 'P: mintable cannot be nil'],
    [
      2n ** 91n,
      2n ** 36n,
      'P: mintable amount 2475880078570760549798248448 exceeds maximum 91-bit value 2475880078570760549798248447',
    ],
    [0n, 2n ** 36n, 'P: block number 68719476736 exceeds maximum 36-bit value 68719476735'],
    [-1n, 2n ** 36n, 'P: block number 68719476736 exceeds maximum 36-bit value 68719476735'],
  ])('mintable %d and block %d are refused, the mintable first', (mintable, block, message) => {
    expect(() => packUint128(report(mintable, block), 'P: ')).toThrow(new PackError(message));
  });

  test('has a timestamp of 32 bits', () => {
    expect(checkTimestamp(2n ** 32n - 1n, 'P: ')).toBe(2n ** 32n - 1n);
    expect(() => checkTimestamp(2n ** 32n, 'P: ')).toThrow(
      new PackError('P: timestamp exceeds u32 bounds: 4294967296'),
    );
  });
});
