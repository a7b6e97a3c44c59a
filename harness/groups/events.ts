import { jsonMembers, jsonNumber, jsonString, parseJson } from '../../src/codec/json.ts';
import type { JsonToken } from '../../src/codec/json.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { decodeValue } from '../../src/codec/values.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';

/**
 * One trigger event as people read it (docs/spec/aggregator.md G.2, H.4). Members are undefined where the event has none
 * of the usual form: this only shows and sorts, what an event means is for the lanes to say.
 */
export interface ShownEvent {
  /** Why it is no event; the other members are undefined then. */
  readonly trouble?: string;
  readonly configDigest?: Uint8Array;
  readonly seqNr?: bigint;
  readonly signatures?: number;
  /** Accounts that came beside the event, of 2025-09. */
  readonly accounts?: readonly Uint8Array[];
  readonly report?: ShownReport;
}

/** The JSON in an event: which chain it is for, and what it says. */
export interface ShownReport {
  readonly trouble?: string;
  /** The chain selector as written. */
  readonly info?: string;
  readonly inner?: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One observation. Never throws for what it holds. */
export function shownEvent(observation: Uint8Array): ShownEvent {
  let value: Value;
  try {
    value = decodeValue(observation);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return { trouble: error.message };
  }
  if (value.kind !== 'map') return { trouble: `a ${value.kind}, not a map` };
  const wrapped = member(value.entries, 'event');
  if (wrapped !== undefined && wrapped.kind !== 'map') return { trouble: `event is a ${wrapped.kind}` };
  const event = wrapped?.entries ?? value.entries;
  const accounts = accountsOf(member(value.entries, 'solana'));
  return { ...eventMembers(event), ...(accounts === undefined ? {} : { accounts }) };
}

function eventMembers(event: ValueMap): ShownEvent {
  const digest = member(event, 'configDigest');
  const seqNr = member(event, 'seqNr');
  const sigs = member(event, 'sigs');
  const report = member(event, 'report');
  return {
    ...(digest?.kind === 'bytes' ? { configDigest: digest.value } : {}),
    ...(seqNr !== undefined && isInteger(seqNr) ? { seqNr: seqNr.value } : {}),
    ...(sigs?.kind === 'list' ? { signatures: sigs.items.length } : {}),
    ...(report?.kind === 'bytes' ? { report: shownReport(report.value) } : {}),
  };
}

function isInteger(value: Value): value is Extract<Value, { kind: 'int64' | 'uint64' | 'bigint' }> {
  return value.kind === 'int64' || value.kind === 'uint64' || value.kind === 'bigint';
}

/** The exact name, else the first that differs in case alone. */
function member(entries: ValueMap, name: string): Value | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  return [...entries].find(([key]) => key.toLowerCase() === lower)?.[1];
}

function accountsOf(value: Value | undefined): readonly Uint8Array[] | undefined {
  if (value?.kind !== 'list') return undefined;
  return value.items.flatMap((item) => {
    const key = item.kind === 'map' ? member(item.entries, 'publicKey') : undefined;
    return key?.kind === 'bytes' ? [key.value] : [];
  });
}

function shownReport(bytes: Uint8Array): ShownReport {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const members = jsonObject(bytes);
  if (members === undefined) return { trouble: 'no JSON object', text };
  const info = members['info'];
  const report = members['report'];
  const inner = report === undefined ? undefined : jsonObject(Buffer.from(report, 'base64'));
  return {
    ...(info === undefined ? {} : { info }),
    ...(inner === undefined ? { trouble: 'no JSON object in its Report' } : { inner }),
    text,
  };
}

/** The members of a JSON object by their lower-case names: texts as they are, anything else as it is written. */
function jsonObject(bytes: Uint8Array): Readonly<Record<string, string>> | undefined {
  const token = parseJson(bytes);
  if (token?.kind !== 'object') return undefined;
  return Object.fromEntries(
    jsonMembers(bytes, token).map(({ key, value }) => [key.toLowerCase(), written(bytes, value)]),
  );
}

function written(bytes: Uint8Array, token: JsonToken): string {
  return token.kind === 'string' ? jsonString(bytes, token) : jsonNumber(bytes, token);
}
