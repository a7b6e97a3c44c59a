import { targetChain } from './target-chain.ts';

/** Of rounds whose chain nobody knows, and of those for chains beyond the limit. */
export const OTHER_CHAIN = 'other';

/** Chains that get a label of their own. */
const CHAINS = 31;
/** Configurations whose label is remembered: a service meets few, and may be sent a new one with every round. */
const REMEMBERED = 1000;

/**
 * The target chains of rounds as a metric's label: names of the product's own list and `other`, whatever a
 * configuration says, and so many of them at most that a scrape stays small.
 */
export class ChainLabels {
  private readonly chains = new Set<string>();
  private readonly byConfig = new Map<string, string>();
  private readonly limit: number;

  constructor(limit = CHAINS) {
    this.limit = limit;
  }

  of(config: Uint8Array): string {
    const key = Buffer.from(config.buffer, config.byteOffset, config.length).toString('latin1');
    const known = this.byConfig.get(key);
    if (known !== undefined) return known;
    const label = this.labelOf(targetChain(config));
    if (this.byConfig.size >= REMEMBERED) this.byConfig.clear();
    this.byConfig.set(key, label);
    return label;
  }

  /** `targetChain` has a sentence, or nothing, for a chain that is not in the list. */
  private labelOf(chain: string): string {
    if (chain === '' || chain.includes(' ')) return OTHER_CHAIN;
    if (this.chains.has(chain)) return chain;
    if (this.chains.size >= this.limit) return OTHER_CHAIN;
    this.chains.add(chain);
    return chain;
  }
}
