import type { MintReport } from './report.ts';

/** Packing a report fails the whole aggregation; the message is Go's text behind `failed to create outcome: `. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

const MAX_128_BITS = 2n ** 128n - 1n;
const MAX_91_BITS = 2n ** 91n - 1n;
const MAX_36_BITS = 2n ** 36n - 1n;
const MAX_UINT32 = 2n ** 32n - 1n;

/** EVM uint224: mintable in bits 0 to 127, block above. A negative mintable swallows the block, as in Go (H.5). */
export function packUint224(report: MintReport, prefix: string): bigint {
  const mintable = checkMintable(report.mintable, MAX_128_BITS, 128, prefix);
  return mintable | (report.block << 128n);
}

/** Solana u128: mintable in bits 0 to 90, block in bits 91 to 126. */
export function packUint128(report: MintReport, prefix: string): bigint {
  const mintable = checkMintable(report.mintable, MAX_91_BITS, 91, prefix);
  if (report.block > MAX_36_BITS) {
    throw new PackError(
      `${prefix}block number ${String(report.block)} exceeds maximum 36-bit value ${String(MAX_36_BITS)}`,
    );
  }
  return mintable | (report.block << 91n);
}

/** Solana's timestamp is checked where EVM's is cut (H.8 number 7). */
export function checkTimestamp(seqNr: bigint, prefix: string): bigint {
  if (seqNr > MAX_UINT32) throw new PackError(`${prefix}timestamp exceeds u32 bounds: ${String(seqNr)}`);
  return seqNr;
}

function checkMintable(mintable: bigint | undefined, max: bigint, bits: number, prefix: string): bigint {
  if (mintable === undefined) throw new PackError(`${prefix}mintable cannot be nil`);
  if (mintable > max) {
    throw new PackError(
      `${prefix}mintable amount ${String(mintable)} exceeds maximum ${String(bits)}-bit value ${String(max)}`,
    );
  }
  return mintable;
}
