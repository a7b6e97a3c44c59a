import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { selectors } from '../../src/chains/selectors.generated.ts';
import { chainFamily, chainName } from '../../src/chains/selectors.ts';

describe('a chain selector tells the family of its chain', () => {
  test.each([
    ['evm', 5009297550715157269n, 'ethereum-mainnet'],
    ['evm', 16015286601757825753n, 'ethereum-testnet-sepolia'], // above 2^63-1
    ['evm', 8953668971247136127n, 'bitcoin-testnet-rootstock'],
    ['evm', 729797994450396300n, 'telos-evm-testnet'],
    ['evm', 1546563616611573946n, 'tron-mainnet-evm'], // the same chain id as tron-mainnet, one selector on
    ['tron', 1546563616611573945n, 'tron-mainnet'],
    ['solana', 124615329519749607n, 'solana-mainnet'],
    ['solana', 6302590918974934319n, 'solana-testnet'],
    ['solana', 16423721717087811551n, 'solana-devnet'],
    ['aptos', 4741433654826277614n, 'aptos-mainnet'],
    ['sui', 17529533435026248318n, 'sui-mainnet'],
    ['ton', 16448340667252469081n, 'ton-mainnet'],
  ])('%s: %d is %s', (family, selector, name) => {
    expect(chainFamily(selector)).toBe(family);
    expect(chainName(selector)).toBe(name);
  });

  test('test chains count, and are called by their chain id when they have no name', () => {
    expect([chainFamily(909606746561742123n), chainName(909606746561742123n)]).toEqual(['evm', '90000001']);
    expect([chainFamily(12922642891491394802n), chainName(12922642891491394802n)]).toEqual([
      'evm',
      'geth-devnet-2',
    ]);
    expect(chainFamily(12463857294658392847n)).toBe('solana');
  });

  test.each([0n, 1n, 5009297550715157268n, 2n ** 64n - 1n, 5009297550715157269n - 2n ** 64n])(
    '%d is nobody',
    (selector) => {
      expect(chainFamily(selector)).toBeUndefined();
      expect(chainName(selector)).toBeUndefined();
    },
  );
});

describe('the generated facts', () => {
  test('hold at least what they held when they were first generated', () => {
    const counts = new Map<string, number>();
    for (const [, family] of selectors) counts.set(family, (counts.get(family) ?? 0) + 1);
    const first = {
      evm: 385,
      solana: 6,
      tron: 4,
      canton: 4,
      aptos: 3,
      sui: 3,
      ton: 3,
      stellar: 3,
      starknet: 2,
    };
    for (const [family, count] of Object.entries(first))
      expect(counts.get(family), family).toBeGreaterThanOrEqual(count);
  });

  test('give every selector once, as an unsigned 64-bit number, ascending', () => {
    const keys = selectors.map(([selector]) => selector);
    expect(keys.filter((key) => key <= 0n || key !== BigInt.asUintN(64, key))).toEqual([]);
    expect(keys).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('are all found', () => {
    for (const [selector, family, chainId, name] of selectors) {
      expect(chainFamily(selector)).toBe(family);
      expect(chainName(selector)).toBe(name || chainId);
    }
  });

  test('say where they come from, under which licence', () => {
    const text = readFileSync('src/chains/selectors.generated.ts', 'utf8');
    const named = [...text.matchAll(/^\/\/ - (\S+) \S+, (\S+): (\d+)$/gm)];
    expect(named.map(([, source, licence]) => [source, licence])).toEqual([
      ['@chainlink/ccip-sdk', 'MIT'],
      ['github.com/smartcontractkit/chain-selectors', 'MIT'],
    ]);
    const given = named.reduce((sum, [, , , count]) => sum + Number(count), 0);
    expect(given).toBeGreaterThanOrEqual(selectors.length);
  });
});
