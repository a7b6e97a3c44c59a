import { SigningKey, Signature, keccak256 } from 'ethers/crypto';

/** Which agreement of the DON made a report. */
export interface ReportContext {
  /** 32 bytes: of the protocol's configuration. */
  readonly configDigest: Uint8Array;
  /** uint64. */
  readonly seqNr: bigint;
}

/** One oracle's signature under a report. */
export interface AttributedSignature {
  /** 0 to 255: the oracle. */
  readonly signer: number;
  /** 65 bytes: r, s, and 0 or 1. */
  readonly signature: Uint8Array;
}

/** What an oracle signs reports with for EVM chains. */
export interface Keyring {
  /** 20 bytes, hex with 0x, lower case. */
  readonly address: string;
  /** The same bytes for the same report (RFC 6979). */
  sign(report: Uint8Array, context: ReportContext): Uint8Array;
}

const WORD = 32;

/** `privateKey`: 32 bytes. */
export function newKeyring(privateKey: Uint8Array): Keyring {
  const key = new SigningKey(hex(privateKey));
  return {
    address: addressOf(key.publicKey),
    sign: (report, context) => {
      const { r, s, yParity } = key.sign(digestOf(report, context));
      return Buffer.concat([bytesOf(r), bytesOf(s), Uint8Array.of(yParity)]);
    },
  };
}

/** Whether the key behind the address signed the report, as whoever receives the signature finds out. */
export function isSignature(
  signature: Uint8Array,
  address: string,
  report: Uint8Array,
  context: ReportContext,
): boolean {
  try {
    const publicKey = SigningKey.recoverPublicKey(digestOf(report, context), Signature.from(hex(signature)));
    return addressOf(publicKey) === address;
  } catch {
    // Most bytes are no point of the curve.
    return false;
  }
}

/**
 * What is signed: the report's keccak256 and the report context that OCR2 had, in which OCR3's sequence number, modulo
 * 2^32, stands for the epoch; round and extra hash are zero. Hex with 0x.
 */
function digestOf(report: Uint8Array, { configDigest, seqNr }: ReportContext): string {
  const signed = Buffer.alloc(4 * WORD);
  signed.set(bytesOf(keccak256(report)));
  signed.set(configDigest, WORD);
  signed.writeUInt32BE(Number(BigInt.asUintN(32, seqNr)), 3 * WORD - 5);
  return keccak256(signed);
}

/** The last 20 bytes of the hash of the point, which comes as 65 bytes, the first of them a tag. */
const addressOf = (publicKey: string): string =>
  `0x${keccak256(`0x${publicKey.slice('0x04'.length)}`).slice(-40)}`;

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const bytesOf = (text: string): Uint8Array => Buffer.from(text.slice('0x'.length), 'hex');
