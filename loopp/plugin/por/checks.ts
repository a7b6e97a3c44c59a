import type { Blocks, Mintables } from '../../../src/contract/external-adapter.ts';
import { MAX_AMOUNT_DIGITS, isAmount } from './amount.ts';
import type { Observation } from './messages.ts';

/** An adapter's answer or an oracle's observation that does not fit the chains that are tracked. */
export class ObservationError extends Error {
  override readonly name = 'ObservationError';
}

/**
 * Throws `ObservationError` for what no honest oracle sends: each makes these checks before it sends anything
 * (docs/spec/por-plugin.md "The seven methods").
 */
export function checkObservation(
  { mintables, latestBlocks }: Observation,
  tracked: Blocks,
  maxChains: number,
): void {
  checkLatestBlocks(latestBlocks, tracked, maxChains);
  checkMintables(mintables, tracked);
}

/** Chains beyond the tracked ones are allowed: that is how a chain is proposed. */
function checkLatestBlocks(latestBlocks: Blocks, tracked: Blocks, maxChains: number): void {
  if (latestBlocks.size > maxChains) {
    const count = String(latestBlocks.size);
    throw new ObservationError(
      `'latest blocks' contains too many chains (${count}), max allowed is ${String(maxChains)}`,
    );
  }
  requireTracked('latest blocks', latestBlocks, tracked);
}

/** None at all are allowed: the adapter is behind, or a chain is being added. */
function checkMintables(mintables: Mintables, tracked: Blocks): void {
  if (mintables.size === 0) return;
  for (const selector of ascending(mintables)) {
    const most = tracked.get(selector);
    const pair = mintables.get(selector);
    if (most === undefined || pair === undefined) {
      throw new ObservationError(`'mintables' includes info on untracked chain with ID: ${String(selector)}`);
    }
    if (pair.block > most) {
      throw new ObservationError(
        `'mintables' bad block number; expected no more than: ${String(most)}, got: ${String(pair.block)}`,
      );
    }
    if (!isAmount(pair.mintable)) {
      throw new ObservationError(
        `'mintables' amount too large on chain with ID: ${String(selector)}; expected no more digits than: ${String(MAX_AMOUNT_DIGITS)}`,
      );
    }
  }
  requireTracked('mintables', mintables, tracked);
}

function requireTracked(what: string, map: ReadonlyMap<bigint, unknown>, tracked: Blocks): void {
  const missing = ascending(tracked).find((selector) => !map.has(selector));
  if (missing === undefined) return;
  throw new ObservationError(`'${what}' missing info on tracked chain with ID: ${String(missing)}`);
}

/** So that every oracle finds the same fault first. */
const ascending = (map: ReadonlyMap<bigint, unknown>): readonly bigint[] =>
  [...map.keys()].toSorted((a, b) => (a < b ? -1 : 1));
