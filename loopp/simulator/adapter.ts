import type {
  BlockMintablePair,
  Blocks,
  ExternalAdapter,
  ExternalAdapterPayload,
} from '../../src/contract/external-adapter.ts';
import type { Dice } from './dice.ts';
import type { FaultName, Faults } from './faults.ts';
import type { World } from './world.ts';

/** The round of OCR that is held now. */
export interface Present {
  /** From 1. */
  readonly round: number;
  readonly faults: Faults;
}

/** How many rounds behind an oracle is that lags. */
const LAG_ROUNDS = 2;
const NO_FAULTS: ReadonlySet<FaultName> = new Set();

/** The external adapter of one oracle over a world, as truthful and as up to date as the oracle is in that round. */
export function oracleAdapter(
  oracle: number,
  world: World,
  dice: Dice,
  present: () => Present,
): ExternalAdapter {
  return {
    getPayload: async (blocks): Promise<ExternalAdapterPayload> => {
      const { round, faults } = present();
      const own = faults.get(oracle) ?? NO_FAULTS;
      const seen = payloadOf(world, blocks, own.has('lagging') ? round - LAG_ROUNDS : round, oracle);
      return own.has('lying') ? lie(seen, blocks, round, dice) : seen;
    },
  };
}

/** No mintables when nothing was asked for, or a block that this oracle's node does not have yet. */
function payloadOf(world: World, blocks: Blocks, round: number, oracle: number): ExternalAdapterPayload {
  const latestBlocks = new Map(
    world.chains.map((selector) => [selector, world.latestBlock(selector, round, oracle)]),
  );
  const isBehind = [...blocks].some(([selector, block]) => block > (latestBlocks.get(selector) ?? -1n));
  const pairs = [...(isBehind ? [] : blocks)].map(([selector, block]): [bigint, BlockMintablePair] => [
    selector,
    { block, mintable: world.mintable(selector, block, round) },
  ]);
  return { mintables: new Map(pairs), reserveInfo: world.reserves(round), latestBlocks };
}

/** What its own plugin, and so every other, takes for honest; without the oracle's number, so that liars agree. */
function lie(
  truth: ExternalAdapterPayload,
  blocks: Blocks,
  round: number,
  dice: Dice,
): ExternalAdapterPayload {
  const latestBlocks = [...truth.latestBlocks.keys()].map((selector): [bigint, bigint] => {
    const ahead = 1n + dice.bigBelow(1000n, 'false block', selector, round);
    return [selector, (blocks.get(selector) ?? 0n) + ahead];
  });
  const pairs = [...blocks].map(([selector, block]): [bigint, BlockMintablePair] => [
    selector,
    { block, mintable: dice.bigBelow(10n ** 24n, 'false amount', selector, round) },
  ]);
  return { ...truth, mintables: new Map(pairs), latestBlocks: new Map(latestBlocks) };
}
