import type { Blocks } from '../../../src/contract/external-adapter.ts';

/** What the plugin's host wants to know of an external adapter. */
export interface Subject {
  /** The adapter's name for the token. */
  readonly token: string;
  /** The adapter's name for the source of reserves. */
  readonly reserves: string;
  /** Chain selectors (uint64). */
  readonly chains: readonly bigint[];
}

/**
 * The request data (docs/spec/por-plugin.md "Around it"), wrapped in `data` as a node's bridge task does: every chain of
 * ours, block 0 where the plugin named none. Chains of the plugin's that are not ours are not asked for, as upstream.
 * Numbers keep every digit.
 */
export function encodeRequest({ token, reserves, chains }: Subject, blocks: Blocks): string {
  const members = [`"token":${JSON.stringify(token)}`, `"reserves":${JSON.stringify(reserves)}`];
  if (chains.length > 0) {
    const numbers = chains.map((chain) => String(blocks.get(chain) ?? 0n));
    members.push(`"supplyChains":[${chains.map((chain) => `"${String(chain)}"`).join(',')}]`);
    members.push(`"supplyChainBlocks":[${numbers.join(',')}]`);
  }
  return `{"data":{${members.join(',')}}}`;
}
