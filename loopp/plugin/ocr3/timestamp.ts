import type { Message } from '../../../src/codec/message.ts';
import type { Timestamp as TimestampType } from '../../../src/codec/capability.ts';

/** `google.protobuf.Timestamp`: seconds and nanoseconds since 1970. */
export type Timestamp = Message<typeof TimestampType>;

const NANOS = 1e9;
/** 0001-01-01 and 9999-12-31, the range of protobuf's Timestamp. */
const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;

/** `milliseconds` since 1970. */
export function timestampOf(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / 1000);
  const nanos = Math.floor((milliseconds - seconds * 1000) * 1e6);
  return { seconds: BigInt(seconds), nanos };
}

/** Whether protobuf allows it. */
export function isTimestamp({ seconds, nanos }: Timestamp): boolean {
  return seconds >= MIN_SECONDS && seconds <= MAX_SECONDS && nanos >= 0 && nanos < NANOS;
}

/**
 * The median that oracles agree on (docs/spec/aggregator.md G.3): of an odd number the middle one as it is, of an even
 * number whole seconds halfway between the two in the middle. At most half of the timestamps can be faulty without the
 * result leaving the range of the others. Undefined of none.
 */
export function medianTimestamp(timestamps: readonly Timestamp[]): Timestamp | undefined {
  const sorted = timestamps.toSorted(compareTimestamps);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined || sorted.length % 2 === 1) return upper;
  return { seconds: lower.seconds + (upper.seconds - lower.seconds) / 2n, nanos: 0 };
}

function compareTimestamps(a: Timestamp, b: Timestamp): number {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanos - b.nanos;
}
