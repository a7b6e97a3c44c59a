import { describe, expect, test } from 'vitest';
import { Dice } from '../../../loopp/simulator/dice.ts';
import { seededWorld } from '../../../loopp/simulator/seeded-world.ts';
import { fixedWorld } from '../../../loopp/simulator/world.ts';
import { SELECTORS } from './chains.ts';

const { ethereum, arbitrum, solana } = SELECTORS;
const ROUNDS = Array.from({ length: 60 }, (_, at) => at + 1);

describe('a world by seed', () => {
  const world = seededWorld([ethereum, arbitrum, solana], new Dice(7));

  test('lists its chains by selector', () => {
    expect(world.chains).toEqual([solana, arbitrum, ethereum]);
  });

  test.each([0, 1, 2, 3])('goes on, and never goes back for oracle %i', (oracle) => {
    for (const selector of world.chains) {
      const seen = ROUNDS.map((round) => world.latestBlock(selector, round, oracle));
      expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(new Set(seen).size).toBeGreaterThan(30);
    }
  });

  test('has a slow chain without a new block in some rounds', () => {
    const seen = ROUNDS.map((round) => world.latestBlock(ethereum, round, 0));
    expect(new Set(seen).size).toBeLessThan(ROUNDS.length);
  });

  test('shows the newest blocks of fast chains to some oracles later than to others', () => {
    const seen = [0, 1, 2, 3].map((oracle) => world.latestBlock(solana, 5, oracle));
    expect(new Set(seen).size).toBeGreaterThan(1);
  });

  test('changes supply from block to block and reserves from round to round', () => {
    const block = world.latestBlock(arbitrum, 10, 0);
    const overBlocks = ROUNDS.map((at) => world.mintable(arbitrum, block + 100n * BigInt(at), 10));
    const overRounds = ROUNDS.map((round) => world.mintable(arbitrum, block, round));
    expect(new Set(overBlocks).size).toBeGreaterThan(30);
    expect(new Set(overRounds).size).toBe(7);
    expect(new Set(ROUNDS.map((round) => world.reserves(round).reserveAmount)).size).toBe(7);
  });

  test('has amounts that every chain can hold', () => {
    for (const [selector, bits] of [
      [ethereum, 128n],
      [solana, 91n],
    ] as const) {
      const amounts = ROUNDS.map((round) =>
        world.mintable(selector, world.latestBlock(selector, round, 0), round),
      );
      expect(amounts.every((amount) => amount > 0n && amount < 2n ** bits)).toBe(true);
    }
  });

  test('is another one by another seed', () => {
    const other = seededWorld([ethereum], new Dice(8));
    expect(other.latestBlock(ethereum, 1, 0)).not.toBe(world.latestBlock(ethereum, 1, 0));
  });

  test('has no other chains', () => {
    const refusal = `expected a chain of the world, got ${String(SELECTORS.base)}`;
    expect(() => world.latestBlock(SELECTORS.base, 1, 0)).toThrow(refusal);
  });
});

test('a fixed world stands still and has no other chains', () => {
  const world = fixedWorld(
    new Map([
      [ethereum, { block: 40n, mintable: 10n }],
      [solana, { block: 5n, mintable: 25n }],
    ]),
  );
  expect(world.chains).toEqual([solana, ethereum]);
  expect([1, 9].map((round) => world.latestBlock(ethereum, round, round))).toEqual([40n, 40n]);
  expect(world.mintable(solana, 5n, 3)).toBe(25n);
  expect(() => world.mintable(arbitrum, 1n, 1)).toThrow(
    `expected a chain of the world, got ${String(arbitrum)}`,
  );
});
