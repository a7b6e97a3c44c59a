import type { Mintables, ReserveInfo } from '../../src/contract/external-adapter.ts';

/**
 * Chains and reserves that the adapters look at. Everything is pure: who asks again is answered the same. Rounds are
 * counted from 1; those before the first are the past, which late oracles see.
 */
export interface World {
  /** Selectors (uint64), ascending. */
  readonly chains: readonly bigint[];
  /** The newest block of a chain in a round, as an oracle's node has it. uint64. */
  latestBlock(selector: bigint, round: number, oracle: number): bigint;
  /** What may be minted on a chain at one of its blocks by the reserves of the round; in the token's smallest unit. */
  mintable(selector: bigint, block: bigint, round: number): bigint;
  reserves(round: number): ReserveInfo;
}

/** A world that stands still: every chain has one block, and one amount that may be minted there. */
export function fixedWorld(pairs: Mintables): World {
  const pairOf = (selector: bigint): { readonly block: bigint; readonly mintable: bigint } => {
    const pair = pairs.get(selector);
    if (pair === undefined) throw new RangeError(`expected a chain of the world, got ${String(selector)}`);
    return pair;
  };
  return {
    chains: ascending(pairs.keys()),
    latestBlock: (selector) => pairOf(selector).block,
    mintable: (selector) => pairOf(selector).mintable,
    reserves: () => ({ reserveAmount: 0n, timestampNs: 0n }),
  };
}

export const ascending = (selectors: Iterable<bigint>): readonly bigint[] =>
  [...selectors].toSorted((a, b) => (a < b ? -1 : 1));
