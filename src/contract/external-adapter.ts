import type { Call } from './call.ts';

/**
 * Where a Secure Mint reporting plugin gets what it reports: supply and reserves, from outside the chain
 * (docs/spec/por-plugin.md "Types"). A node serves it to its plugin.
 */
export interface ExternalAdapter {
  /**
   * What can be minted at the given blocks, the reserves, and the newest blocks. Not pure: every oracle asks at its own
   * time. Without blocks there may be no mintables yet. `call` is on whose behalf; calls may overlap. Rejects when the
   * adapter has no answer.
   */
  getPayload(blocks: Blocks, call?: Call): Promise<ExternalAdapterPayload>;
}

/** Block numbers by chain selector; both are uint64. */
export type Blocks = ReadonlyMap<bigint, bigint>;

/** How much may be minted on a chain, as of one of its blocks. */
export interface BlockMintablePair {
  /** uint64. */
  readonly block: bigint;
  /** Of any size, negative too; in the token's smallest unit. */
  readonly mintable: bigint;
}

/** Mintables by chain selector (uint64). */
export type Mintables = ReadonlyMap<bigint, BlockMintablePair>;

export interface ReserveInfo {
  /** Of any size, negative too; in the token's smallest unit. */
  readonly reserveAmount: bigint;
  /** Nanoseconds since 1970; an adapter that does not say has 0. */
  readonly timestampNs: bigint;
}

export interface ExternalAdapterPayload {
  readonly mintables: Mintables;
  readonly reserveInfo: ReserveInfo;
  readonly latestBlocks: Blocks;
}
