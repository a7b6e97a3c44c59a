import { chainFamily, chainName } from '../../src/chains/selectors.ts';
import type { Dice } from './dice.ts';
import { ascending } from './world.ts';
import type { World } from './world.ts';

/** Between two rounds of OCR, on average; a slow chain has no new block in some of them. */
const ROUND_MS = 12_000;
/** How much later than that a round may be. */
const JITTER_MS = 8000;
/** How late a block may reach a node. With the jitter less than a round, so that no node ever sees a chain go back. */
const PROPAGATION_MS = 1500;
/** A token's supply changes so often, */
const SUPPLY_MS = 30_000;
/** and its reserves after so many rounds. */
const RESERVE_ROUNDS = 9;
/** When round 0 is. */
const START_MS = Date.UTC(2025, 8, 15);

const ETHEREUM_BLOCK_MS = 12_000;
const SOLANA_BLOCK_MS = 400;
const OTHER_BLOCK_MS = [250, 1000, 2000, 3000] as const;
const EVM_UNIT = 10n ** 18n;
/** Amounts have to fit into 91 bits there (docs/spec/aggregator.md H.5). */
const SOLANA_UNIT = 10n ** 9n;

interface Chain {
  readonly blockMs: number;
  readonly firstBlock: number;
  /** The token's smallest unit: so many of them make a whole one. */
  readonly unit: bigint;
  /** About how much of the token there is, in its smallest unit. */
  readonly supply: bigint;
}

/**
 * Chains whose blocks go on and tokens whose supply and reserves change, drawn by seed. Reserves are a quarter more than
 * the supply, give or take 1 %.
 */
export function seededWorld(selectors: readonly bigint[], dice: Dice): World {
  const chains = new Map(selectors.map((selector) => [selector, newChain(selector, dice)]));
  const chainOf = (selector: bigint): Chain => {
    const chain = chains.get(selector);
    if (chain === undefined) throw new RangeError(`expected a chain of the world, got ${String(selector)}`);
    return chain;
  };
  const timeOf = (round: number): number => round * ROUND_MS + dice.below(JITTER_MS, 'round', round);
  const reserve = (selector: bigint, round: number): bigint => {
    const { supply } = chainOf(selector);
    const epoch = Math.floor(round / RESERVE_ROUNDS);
    return (supply * 5n) / 4n + dice.bigBelow(supply / 100n, 'reserve', selector, epoch);
  };
  const minted = (selector: bigint, block: bigint): bigint => {
    const { supply, blockMs } = chainOf(selector);
    const epoch = block / BigInt(Math.ceil(SUPPLY_MS / blockMs));
    return supply + dice.bigBelow(supply / 1000n, 'supply', selector, epoch);
  };
  const inEvmUnits = (selector: bigint, amount: bigint): bigint =>
    (amount * EVM_UNIT) / chainOf(selector).unit;
  return {
    chains: ascending(selectors),
    latestBlock: (selector, round, oracle) => {
      const { blockMs, firstBlock } = chainOf(selector);
      const late = dice.below(PROPAGATION_MS, 'propagation', selector, round, oracle);
      return BigInt(firstBlock + Math.floor((timeOf(round) - late) / blockMs));
    },
    mintable: (selector, block, round) => reserve(selector, round) - minted(selector, block),
    reserves: (round) => ({
      reserveAmount: selectors.reduce(
        (sum, selector) => sum + inEvmUnits(selector, reserve(selector, round)),
        0n,
      ),
      timestampNs: BigInt(START_MS + timeOf(round)) * 1_000_000n,
    }),
  };
}

function newChain(selector: bigint, dice: Dice): Chain {
  const isSolana = chainFamily(selector) === 'solana';
  const unit = isSolana ? SOLANA_UNIT : EVM_UNIT;
  const tokens = 10_000n + dice.bigBelow(10_000_000n, 'tokens', selector);
  return {
    blockMs: blockMsOf(selector, dice),
    firstBlock: 1_000_000 + dice.below(400_000_000, 'first block', selector),
    unit,
    supply: tokens * unit + dice.bigBelow(unit, 'fraction', selector),
  };
}

function blockMsOf(selector: bigint, dice: Dice): number {
  if (chainFamily(selector) === 'solana') return SOLANA_BLOCK_MS;
  if (/^ethereum-(mainnet|testnet-[a-z]+)$/.test(chainName(selector) ?? '')) return ETHEREUM_BLOCK_MS;
  return dice.pick(OTHER_BLOCK_MS, 'block time', selector);
}
