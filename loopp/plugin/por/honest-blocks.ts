import type { Blocks } from '../../../src/contract/external-adapter.ts';
import type { PorRules } from './rules.ts';

export interface HonestBlocks {
  readonly blocks: Blocks;
  readonly hasNewChain: boolean;
}

/**
 * By chain, a block that an honest oracle has seen or passed (docs/spec/por-plugin.md "Honest blocks"). Blocks never go
 * back and a chain that is tracked stays. Chains that oracles propose are added while there is room: upstream adds them
 * all, and with more than MaxChains its oracles could never send an observation again.
 */
export function honestBlocks(tracked: Blocks, observed: readonly Blocks[], rules: PorRules): HonestBlocks {
  const blocks = new Map<bigint, bigint>();
  for (const [selector, previous] of tracked) {
    blocks.set(selector, advanced(previous, selector, observed, rules));
  }
  const room = Math.max(0, rules.maxChains - tracked.size);
  const added = newChains(tracked, observed, rules.f).slice(0, room);
  for (const { selector, block } of added) blocks.set(selector, block);
  return { blocks, hasNewChain: added.length > 0 };
}

/**
 * The highest f may be lies; the next one is a block that an honest oracle has seen or passed. Upstream takes the place
 * n-f-1 from below, whoever was heard, and crashes when fewer than n-f were.
 */
function advanced(
  previous: bigint,
  selector: bigint,
  observed: readonly Blocks[],
  { n, f }: PorRules,
): bigint {
  const seen = observed.map((blocks) => blocks.get(selector) ?? 0n).toSorted(byValue);
  const honest = seen[Math.min(n - f - 1, seen.length - f - 1)] ?? 0n;
  return honest > previous ? honest : previous;
}

interface NewChain {
  readonly selector: bigint;
  readonly block: bigint;
  readonly proposers: number;
}

/** Those with most proposers first, then by selector: which are left out must not depend on an order. */
function newChains(tracked: Blocks, observed: readonly Blocks[], f: number): readonly NewChain[] {
  const proposed = new Map<bigint, bigint[]>();
  for (const [selector, block] of observed.flatMap((blocks) => [...blocks])) {
    if (tracked.has(selector)) continue;
    proposed.set(selector, [...(proposed.get(selector) ?? []), block]);
  }
  return [...proposed]
    .flatMap(([selector, seen]) => {
      // The top f may be lies; with f proposers or fewer nothing is left.
      const block = seen.toSorted(byValue)[seen.length - f - 1];
      return block === undefined ? [] : [{ selector, block, proposers: seen.length }];
    })
    .toSorted((a, b) => b.proposers - a.proposers || byValue(a.selector, b.selector));
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
