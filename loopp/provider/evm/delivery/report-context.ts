import { DeliveryError } from './errors.ts';

/** Which agreement of the DON made a report. */
export interface ReportContext {
  /** 32 bytes: of the protocol's configuration. */
  readonly configDigest: Uint8Array;
  /** uint64, of the outcome that the report is of. */
  readonly seqNr: bigint;
}

const WORD = 32;
/** An epoch is 4 bytes and a round 1, at the end of the second word. */
const EPOCH_AT = 2 * WORD - 5;
const EPOCH_BITS = 32;

/**
 * The 96 bytes that are signed and sent with a report, in the form that OCR2 had: configuration digest, epoch and
 * round, extra hash. OCR3 has neither epochs nor rounds here: its sequence number modulo 2^32 stands for the epoch, the
 * rest is zero. Throws `DeliveryError` of kind `report`.
 */
export function encodeReportContext({ configDigest, seqNr }: ReportContext): Uint8Array {
  if (configDigest.length !== WORD) {
    throw new DeliveryError(
      'report',
      `expected a configuration digest of ${String(WORD)} bytes, got ${String(configDigest.length)} bytes`,
    );
  }
  const context = Buffer.alloc(3 * WORD);
  context.set(configDigest);
  context.writeUInt32BE(Number(BigInt.asUintN(EPOCH_BITS, seqNr)), EPOCH_AT);
  return context;
}
