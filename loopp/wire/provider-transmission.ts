import type { Value } from '../../src/codec/values.ts';
import type { TransmittedReportDetails } from '../../src/contract/transmission.ts';
import { nanosecondsOf, parseTimestamp, timestampOf } from './provider-time.ts';

/**
 * The one read that Secure Mint needs of a contract reader: what the chain has of the DON's reports
 * (docs/spec/por-plugin.md "Types"). Names are those of the Go types, in any case of their letters.
 */

/** As upstream joins address, contract and read; without an address it is the contract that the provider is made over. */
export const LATEST_TRANSMISSION = '-SecureMint-LatestTransmittedReportDetails';

/** A value is not what the read takes or answers; the message names the member. */
export class TransmissionValueError extends Error {
  override readonly name = 'TransmissionValueError';

  constructor(name: string, expected: string, came: Value | undefined) {
    super(`${name}: expected ${expected}, got ${came?.kind ?? 'none'}`);
  }
}

const MAX_UINT64 = 2n ** 64n - 1n;
const DIGEST_LENGTH = 32;

/** The read's parameters. */
export const packQuery = (selector: bigint): Value => mapOf({ ChainSelector: uint64(selector) });

/** The chain selector. Throws `TransmissionValueError`. */
export const unpackQuery = (params: Value): bigint => uint64Member(params, 'ChainSelector');

export const packDetails = ({ configDigest, seqNr, latestTimestamp }: TransmittedReportDetails): Value =>
  mapOf({
    ConfigDigest: { kind: 'bytes', value: configDigest },
    SeqNr: uint64(seqNr),
    LatestTimestamp: { kind: 'time', ...timestampOf(latestTimestamp) },
  });

/** Throws `TransmissionValueError`. */
export function unpackDetails(value: Value): TransmittedReportDetails {
  return {
    configDigest: digestMember(value, 'ConfigDigest'),
    seqNr: uint64Member(value, 'SeqNr'),
    latestTimestamp: timeMember(value, 'LatestTimestamp'),
  };
}

const uint64 = (value: bigint): Value => ({ kind: 'uint64', value });

const mapOf = (members: Readonly<Record<string, Value>>): Value => ({
  kind: 'map',
  entries: new Map(Object.entries(members)),
});

/** As Go's readers match names: its own, else one that differs in case alone. */
function member(value: Value, name: string): Value | undefined {
  if (value.kind !== 'map') throw new TransmissionValueError('value', `a map with ${name}`, value);
  const folded = name.toLowerCase();
  return value.entries.get(name) ?? [...value.entries].find(([key]) => key.toLowerCase() === folded)?.[1];
}

/** A whole number; as a text where an encoding has numbers so. */
function uint64Member(value: Value, name: string): bigint {
  const found = member(value, name);
  const number = integerOf(found);
  if (number === undefined || number < 0n || number > MAX_UINT64) {
    throw new TransmissionValueError(name, 'a whole number below 2^64', found);
  }
  return number;
}

function integerOf(value: Value | undefined): bigint | undefined {
  switch (value?.kind) {
    case 'int64':
    case 'uint64':
    case 'bigint':
      return value.value;
    case 'string':
      return /^[0-9]+$/.test(value.value) ? BigInt(value.value) : undefined;
    default:
      return undefined;
  }
}

/** Bytes; in JSON 64 hex digits, base64 or a list of numbers, depending on the Go type. */
function digestMember(value: Value, name: string): Uint8Array {
  const found = member(value, name);
  const digest = bytesOf(found);
  if (digest?.length !== DIGEST_LENGTH) throw new TransmissionValueError(name, '32 bytes', found);
  return digest;
}

function bytesOf(value: Value | undefined): Uint8Array | undefined {
  switch (value?.kind) {
    case 'bytes':
      return value.value;
    case 'string':
      return Buffer.from(value.value, /^[0-9a-fA-F]{64}$/.test(value.value) ? 'hex' : 'base64');
    case 'list': {
      const numbers = value.items.map(integerOf);
      return numbers.every((byte) => byte !== undefined && byte < 256n)
        ? Uint8Array.from(numbers, Number)
        : undefined;
    }
    default:
      return undefined;
  }
}

const NS_PER_SECOND = 1_000_000_000n;

/** A time, RFC 3339 text, or whole seconds since 1970 as a contract has them. */
function timeMember(value: Value, name: string): bigint {
  const found = member(value, name);
  const seconds = integerOf(found);
  if (seconds !== undefined) return seconds * NS_PER_SECOND;
  if (found?.kind === 'time') return nanosecondsOf(found);
  const parsed = found?.kind === 'string' ? parseTimestamp(found.value) : undefined;
  if (parsed === undefined) throw new TransmissionValueError(name, 'a time', found);
  return parsed;
}
