import { createHash } from 'node:crypto';
import type { Value, ValueMap } from '../src/codec/values.ts';
import { field, toBool, toBytes, toItems, toUint32, toUint64 } from './unwrap.ts';

/** What the aggregator reads of one OCR trigger event (G.2): digest and signatures are decoded, never looked at. */
export interface TriggerEvent {
  readonly seqNr: bigint;
  /** JSON of ReportWithInfo. */
  readonly report: Uint8Array;
  /** Solana accounts that came with the event, in order; empty in revisions without them. */
  readonly accounts: readonly Uint8Array[];
}

/** Where real Go crashes; ours answers this text instead (G.1, H.8 number 4). */
export class GoPanic extends Error {
  override readonly name = 'GoPanic';
}

const PUBLIC_KEY_LENGTH = 32;

/** 2025-07: the observation is the event. Undefined when Go skips it as undecodable. */
export function bareEvent(observation: Value): TriggerEvent | undefined {
  refuseNil(observation);
  return observation.kind === 'map' ? event(observation.entries, []) : undefined;
}

/** 2025-09: the observation is `{event, solana}`. Undefined when Go skips it as undecodable. */
export function wrappedEvent(observation: Value): TriggerEvent | undefined {
  refuseNil(observation);
  if (observation.kind !== 'map') return undefined;
  const accounts = accountKeys(field(observation.entries, 'solana'));
  const inner = field(observation.entries, 'event');
  // Anything but a map becomes a zero event, whose empty report is not JSON.
  return accounts === undefined || inner.kind !== 'map' ? undefined : event(inner.entries, accounts);
}

function refuseNil(observation: Value): void {
  if (observation.kind === 'nil') {
    throw new GoPanic('runtime error: invalid memory address or nil pointer dereference');
  }
}

/**
 * A rejected field makes the whole event zero (nested) or an error (bare): both are skipped, so one answer serves.
 */
function event(map: ValueMap, accounts: readonly Uint8Array[]): TriggerEvent | undefined {
  const seqNr = toUint64(field(map, 'SeqNr'));
  const report = toBytes(field(map, 'Report'));
  if (seqNr === undefined || report === undefined) return undefined;
  if (toBytes(field(map, 'ConfigDigest')) === undefined) return undefined;
  return areSignatures(field(map, 'Sigs')) ? { seqNr, report, accounts } : undefined;
}

function areSignatures(sigs: Value): boolean {
  return toItems(sigs)?.every(isSignature) ?? false;
}

function isSignature(sig: Value): boolean {
  if (sig.kind === 'nil') return true;
  if (sig.kind !== 'map') return false;
  return (
    toBytes(field(sig.entries, 'Signature')) !== undefined &&
    toUint32(field(sig.entries, 'Signer')) !== undefined
  );
}

/** Go stops at the first account it rejects, so a short key behind it does no harm. */
function accountKeys(solana: Value): readonly Uint8Array[] | undefined {
  const accounts = toItems(solana);
  if (accounts === undefined) return undefined;
  const keys: Uint8Array[] = [];
  for (const account of accounts) {
    const key = accountKey(account);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

function accountKey(account: Value): Uint8Array | undefined {
  if (account.kind === 'nil') return new Uint8Array(PUBLIC_KEY_LENGTH);
  if (account.kind !== 'map') return undefined;
  const key = publicKey(field(account.entries, 'PublicKey'));
  const flags = [field(account.entries, 'IsWritable'), field(account.entries, 'IsSigner')];
  return flags.every((flag) => toBool(flag) !== undefined) ? key : undefined;
}

function publicKey(value: Value): Uint8Array | undefined {
  if (value.kind === 'nil') return new Uint8Array(PUBLIC_KEY_LENGTH);
  const bytes = value.kind === 'bytes' ? value.value : value.kind === 'list' ? toBytes(value) : undefined;
  if (bytes === undefined) return undefined;
  if (value.kind === 'list') return bytes.length === PUBLIC_KEY_LENGTH ? bytes : undefined;
  if (bytes.length < PUBLIC_KEY_LENGTH) {
    throw new GoPanic(
      `reflect: cannot convert slice with length ${String(bytes.length)} to array with length ${String(PUBLIC_KEY_LENGTH)}`,
    );
  }
  return bytes.subarray(0, PUBLIC_KEY_LENGTH);
}

/** SHA-256 over the public keys in list order (H.6). */
export function accountContextHash(accounts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const key of accounts) hash.update(key);
  return hash.digest();
}
