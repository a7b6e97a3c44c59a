import type { Mintables } from '../../../src/contract/external-adapter.ts';
import { honestBlocks } from './honest-blocks.ts';
import { honestMintables } from './honest-mintables.ts';
import type { Observation, PorOutcome } from './messages.ts';
import type { PorRules } from './rules.ts';

/** Before the first round: nothing is tracked. */
export const NO_OUTCOME: PorOutcome = { changed: new Set(), mintables: new Map(), honestBlocks: new Map() };

/**
 * What the oracles agree on after `previous` (docs/spec/por-plugin.md "Outcome"). Pure, and the order of the observations
 * decides nothing. A round without honest mintables keeps what there is: blocks that moved on would be asked for before
 * anyone has seen the mintables of those that were.
 */
export function nextOutcome(
  previous: PorOutcome,
  observations: readonly Observation[],
  rules: PorRules,
): PorOutcome {
  const tracked = previous.honestBlocks;
  const seenBlocks = observations.map(({ latestBlocks }) => latestBlocks);
  const seenMintables = observations.map((observation) => observation.mintables);
  const { blocks, hasNewChain } = honestBlocks(tracked, seenBlocks, rules);
  const mintables = honestMintables(tracked, seenMintables, rules.f);
  if (mintables === undefined) {
    return { ...previous, changed: new Set(), honestBlocks: hasNewChain ? blocks : tracked };
  }
  return { changed: changedChains(previous.mintables, mintables), mintables, honestBlocks: blocks };
}

/** Compared by value; upstream compares pointers to the amounts, so that to it every chain is always another. */
function changedChains(before: Mintables, after: Mintables): ReadonlySet<bigint> {
  const changed = [...after].filter(([selector, { block, mintable }]) => {
    const earlier = before.get(selector);
    return earlier?.block !== block || earlier.mintable !== mintable;
  });
  return new Set(changed.map(([selector]) => selector));
}
