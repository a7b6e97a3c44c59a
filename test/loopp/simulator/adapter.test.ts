import { expect, test } from 'vitest';
import { oracleAdapter } from '../../../loopp/simulator/adapter.ts';
import { Dice } from '../../../loopp/simulator/dice.ts';
import type { FaultName } from '../../../loopp/simulator/faults.ts';
import { seededWorld } from '../../../loopp/simulator/seeded-world.ts';
import type { Blocks, ExternalAdapterPayload } from '../../../src/contract/external-adapter.ts';
import { SELECTORS } from './chains.ts';

const { ethereum, arbitrum } = SELECTORS;
const dice = new Dice(7);
const world = seededWorld([ethereum, arbitrum], dice);

/** What an oracle's adapter answers in a round. */
const asked = (
  blocks: Blocks,
  { oracle = 0, round = 5, faults = [] as readonly FaultName[] } = {},
): Promise<ExternalAdapterPayload> => {
  const present = { round, faults: new Map([[oracle, new Set(faults)]]) };
  return oracleAdapter(oracle, world, dice, () => present).getPayload(blocks);
};

const blocksAt = (round: number, oracle = 0): Blocks =>
  new Map(world.chains.map((selector) => [selector, world.latestBlock(selector, round, oracle)]));

test('an honest adapter says what the world is like at the blocks that it is asked for', async () => {
  const blocks = blocksAt(4);
  expect(await asked(blocks)).toEqual({
    mintables: new Map(
      [...blocks].map(([selector, block]) => [
        selector,
        { block, mintable: world.mintable(selector, block, 5) },
      ]),
    ),
    latestBlocks: blocksAt(5),
    reserveInfo: world.reserves(5),
  });
});

test('has no mintables when it is asked for no blocks, or for one that its node does not have yet', async () => {
  expect((await asked(new Map())).mintables.size).toBe(0);
  expect((await asked(blocksAt(6))).mintables.size).toBe(0);
});

test('one that lags is where others were two rounds before', async () => {
  const { latestBlocks, mintables } = await asked(blocksAt(4), { faults: ['lagging'] });
  expect(latestBlocks).toEqual(blocksAt(3));
  expect(mintables.size).toBe(0);
});

test('liars say alike what is not so, about the chains and blocks that they are asked for', async () => {
  const blocks = blocksAt(4);
  const lies = await Promise.all([1, 2].map((oracle) => asked(blocks, { oracle, faults: ['lying'] })));
  const truth = await asked(blocks, { oracle: 1 });
  expect(lies[0]?.mintables).toEqual(lies[1]?.mintables);
  expect(lies[0]?.latestBlocks).toEqual(lies[1]?.latestBlocks);
  for (const [selector, { block, mintable }] of lies[0]?.mintables ?? []) {
    expect(block).toBe(blocks.get(selector));
    expect(mintable).not.toBe(truth.mintables.get(selector)?.mintable);
    expect(lies[0]?.latestBlocks.get(selector)).toBeGreaterThan(block);
  }
  expect(lies[0]?.mintables.size).toBe(2);
});
