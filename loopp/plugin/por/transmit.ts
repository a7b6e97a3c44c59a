import type { Call } from '../../../src/contract/call.ts';
import type {
  LatestTransmissionReader,
  TransmittedReportDetails,
} from '../../../src/contract/transmission.ts';
import { messageOf } from '../../../src/errors.ts';
import { digestText } from './messages.ts';

/** A report, and the protocol's configuration that made it. */
export interface Transmission {
  readonly configDigest: Uint8Array;
  readonly seqNr: bigint;
  readonly selector: bigint;
}

/** Whether a report should go out cannot be told; the message says why. */
export class TransmissionError extends Error {
  override readonly name = 'TransmissionError';
}

/** Whether the chain has neither this report nor a later one. Throws `TransmissionError`. */
export async function isNewToChain(
  { configDigest, seqNr, selector }: Transmission,
  reader: LatestTransmissionReader,
  call?: Call,
): Promise<boolean> {
  const latest = await latestOf(selector, reader, call);
  if (latest === undefined) return true;
  const [expected, got] = [digestText(configDigest), digestText(latest.configDigest)];
  if (expected === got) return latest.seqNr < seqNr;
  throw new TransmissionError(`config digest mismatch; expected: ${expected}, got: ${got}`);
}

async function latestOf(
  selector: bigint,
  reader: LatestTransmissionReader,
  call?: Call,
): Promise<TransmittedReportDetails | undefined> {
  try {
    return await reader.latestTransmission(selector, call);
  } catch (error) {
    const what = 'could not get latest transmission details from chain';
    throw new TransmissionError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
