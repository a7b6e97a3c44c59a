import type { Confidence } from '../../wire/provider-ports.ts';
import type { Finality } from './options.ts';

/** A block as JSON-RPC names it; `behind` is how many blocks lie between it and the newest one. */
export type BlockChoice = { readonly tag: 'latest' | 'safe' | 'finalized' } | { readonly behind: number };

/**
 * Which block a read of that confidence looks at. Safe is what the node calls so where final is its tag too; else, and
 * where the finality says less, it is what final is.
 */
export function blockFor(confidence: Confidence, finality: Finality): BlockChoice {
  if (confidence === 'unconfirmed') return { tag: 'latest' };
  if (typeof finality === 'object') return { behind: finality.depth };
  if (confidence === 'safe' && finality === 'finalized') return { tag: 'safe' };
  return { tag: finality };
}
