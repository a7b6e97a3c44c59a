import type { Blocks, Mintables } from '../../../src/contract/external-adapter.ts';
import { mintablesText } from './messages.ts';

/**
 * The mintables that more than f oracles saw alike, so that an honest one did; undefined when there are none
 * (docs/spec/por-plugin.md "Honest mintables"). Only those of as many chains as are tracked count. Of several, where
 * upstream takes the first of a Go map, the most voted for, then the first text.
 */
export function honestMintables(
  tracked: Blocks,
  observed: readonly Mintables[],
  f: number,
): Mintables | undefined {
  // Nothing was asked for: the first round, or no chain has been agreed on yet.
  if (tracked.size === 0) return undefined;
  const votes = new Map<string, Vote>();
  for (const mintables of observed) {
    if (mintables.size !== tracked.size) continue;
    const text = mintablesText(mintables);
    votes.set(text, { text, mintables, count: (votes.get(text)?.count ?? 0) + 1 });
  }
  return [...votes.values()].filter(({ count }) => count > f).toSorted(byVotes)[0]?.mintables;
}

interface Vote {
  readonly text: string;
  readonly mintables: Mintables;
  readonly count: number;
}

const byVotes = (a: Vote, b: Vote): number => b.count - a.count || (a.text < b.text ? -1 : 1);
