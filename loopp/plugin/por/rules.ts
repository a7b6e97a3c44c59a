/** What a DON's configuration fixes for every round; the same on every oracle. */
export interface PorRules {
  readonly n: number;
  /** Tolerated faulty oracles. */
  readonly f: number;
  /** Chains that are tracked at most, uint32. */
  readonly maxChains: number;
}
