import type { Value } from '../../../src/codec/values.ts';
import { bool, byteArray, byteSlice, sliceOf, struct, unsigned, zeroIfRejected } from './go-types.ts';
import { GoPanic, NIL_DEREFERENCE } from './go-panic.ts';

/** What the aggregator takes from one observation. */
export interface Observed {
  /** The trigger event's own number, not the report's. */
  readonly seqNr: bigint;
  /** JSON of ReportWithInfo. */
  readonly report: Uint8Array;
  /** 32-byte public keys in list order. */
  readonly accounts: readonly Uint8Array[];
}

/** Undefined when Go cannot unwrap the observation and skips it. Throws `GoPanic`. */
export type ReadObservation = (value: Value) => Observed | undefined;

/** docs/spec/aggregator.md G.2. ConfigDigest and Sigs are never looked at, but a bad one spoils the event. */
const TriggerEvent = struct({
  ConfigDigest: byteSlice,
  SeqNr: unsigned(64),
  Report: byteSlice,
  Sigs: sliceOf(struct({ Signature: byteSlice, Signer: unsigned(32) })),
});

const EventWithAccounts = struct({
  event: zeroIfRejected(TriggerEvent),
  solana: sliceOf(struct({ PublicKey: byteArray(32), IsWritable: bool, IsSigner: bool })),
});

/** 2025-07: the event itself. */
export function readBareEvent(value: Value): Observed | undefined {
  const event = TriggerEvent.read(notNil(value));
  return event && { seqNr: event.SeqNr, report: event.Report, accounts: [] };
}

/** 2025-09: `{event, solana}`. */
export function readEventWithAccounts(value: Value): Observed | undefined {
  const observation = EventWithAccounts.read(notNil(value));
  if (observation === undefined) return undefined;
  const { event, solana } = observation;
  return {
    seqNr: event.SeqNr,
    report: event.Report,
    accounts: solana.map((account) => account.PublicKey),
  };
}

function notNil(value: Value): Value {
  if (value.kind === 'nil') throw new GoPanic(NIL_DEREFERENCE);
  return value;
}
