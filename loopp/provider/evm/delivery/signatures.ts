import { SigningKey, computeAddress, concat, getBytes, keccak256 } from 'ethers';
import { DeliveryError } from './errors.ts';
import { encodeReportContext } from './report-context.ts';
import type { ReportContext } from './report-context.ts';

/** One oracle's signature under a report, as OCR3 collects them. */
export interface AttributedOnchainSignature {
  /** 65 bytes: r, s, and 0 or 1. */
  readonly signature: Uint8Array;
  /** 0 to 255: the oracle. */
  readonly signer: number;
}

/** What an oracle signs reports with. */
export interface OnchainKeyring {
  /** The address that the forwarder knows the oracle by. */
  readonly address: string;
  /** Throws `DeliveryError` of kind `report`. */
  sign(report: Uint8Array, context: ReportContext): Uint8Array;
}

/** A keyring over a private key of 32 bytes, hex with 0x. */
export function onchainKeyring(privateKey: string): OnchainKeyring {
  const key = new SigningKey(privateKey);
  return {
    address: computeAddress(key.publicKey),
    sign: (report, context) => {
      const { r, s, yParity } = key.sign(reportDigest(report, context));
      return getBytes(concat([r, s, new Uint8Array([yParity])]));
    },
  };
}

/** What is signed: keccak256 of the report's keccak256 and the report context. Hex with 0x. */
export function reportDigest(report: Uint8Array, context: ReportContext): string {
  return keccak256(concat([keccak256(report), encodeReportContext(context)]));
}

/**
 * The signatures that a forwarder wants: exactly f + 1, each of another oracle; more would be refused as too few are.
 * The oracles with the lowest numbers are taken. Throws `DeliveryError` of kind `signatures`.
 */
export function chooseSignatures(
  f: number,
  signatures: readonly AttributedOnchainSignature[],
): readonly Uint8Array[] {
  const byOracle = new Map(signatures.toReversed().map(({ signer, signature }) => [signer, signature]));
  const chosen = [...byOracle].toSorted(([a], [b]) => a - b).slice(0, f + 1);
  if (chosen.length <= f) {
    throw new DeliveryError(
      'signatures',
      `expected signatures of ${String(f + 1)} oracles, got ${String(chosen.length)}`,
    );
  }
  return chosen.map(([, signature]) => signature);
}
