import type { Report } from './report.ts';

/** Mintable in the low bits, the block above them (docs/spec/aggregator.md H.5). */
export interface Layout {
  /** How errors name what is packed into. */
  readonly target: string;
  readonly mintableBits: number;
  /** 64 is no limit: the block is a uint64. */
  readonly blockBits: number;
}

/** The missing chain is upstream's. */
export const UINT224_2025_07: Layout = { target: 'into uint224', mintableBits: 128, blockBits: 64 };
export const EVM_UINT224: Layout = { target: 'evm into uint224', mintableBits: 128, blockBits: 64 };
export const SOLANA_U128: Layout = { target: 'solana into u128', mintableBits: 91, blockBits: 36 };

/** A report that cannot be formatted; the message is Go's cause. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/**
 * Packs mintable and block into one number. Only the upper bound of mintable is checked: a negative one is OR-ed in two's
 * complement, as Go does, so that down to -2^bits the block vanishes (H.5). Throws `FormatError`.
 */
export function pack({ mintable, block }: Report, layout: Layout): bigint {
  if (mintable === null) throw packError(layout, 'mintable cannot be nil');
  const amount = amountWithin(layout.mintableBits, mintable);
  if (amount === undefined)
    throw packError(layout, `mintable amount ${mintable} exceeds ${limit(layout.mintableBits)}`);
  if (block > largestOf(layout.blockBits))
    throw packError(layout, `block number ${String(block)} exceeds ${limit(layout.blockBits)}`);
  return amount | (block << BigInt(layout.mintableBits));
}

function packError(layout: Layout, cause: string): FormatError {
  return new FormatError(`failed to pack secure mint report for ${layout.target}: ${cause}`);
}

function limit(bits: number): string {
  return `maximum ${String(bits)}-bit value ${String(largestOf(bits))}`;
}

// A literal with more digits than the limit is larger: converting millions of digits would take seconds.
function amountWithin(bits: number, mintable: string): bigint | undefined {
  const largest = largestOf(bits);
  if (!mintable.startsWith('-') && mintable.length > bits) return undefined;
  const amount = BigInt(mintable);
  return amount <= largest ? amount : undefined;
}

function largestOf(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}
