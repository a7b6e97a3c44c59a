import { AggregationOutcome } from '../src/codec/capability.ts';
import type { MapValue, Value } from '../src/codec/values.ts';
import { shortQuoted } from './text.ts';

/** Where a value stands in an outcome. */
export interface Place {
  /** Dotted, e.g. `encodableOutcome.Reports[0].Answer`; empty at the root. */
  readonly path: string;
  /** The nearest map key. */
  readonly key: string;
  /** Below a `payload` key, which is how Solana's reports are told from the EVM's. */
  readonly inPayload: boolean;
}

export interface PlacedValue {
  readonly place: Place;
  readonly value: Value;
}

export const ROOT: Place = { path: '', key: '', inPayload: false };

/**
 * A serialised `AggregationOutcome` (docs/spec/aggregator.md G.3) as one tree, so that its own fields are walked like
 * those of the values inside. Scalars are always there, with protobuf's defaults; messages when they are present.
 * Throws `ProtobufError`.
 */
export function outcomeTree(bytes: Uint8Array): MapValue {
  const { encodableOutcome, metadata, shouldReport, lastSeenAt, timestamp, encoderName, encoderConfig } =
    AggregationOutcome.decode(bytes);
  const entries = new Map<string, Value>();
  if (encodableOutcome !== undefined)
    entries.set('encodableOutcome', { kind: 'map', entries: encodableOutcome });
  entries.set('metadata', { kind: 'bytes', value: metadata });
  entries.set('shouldReport', { kind: 'bool', value: shouldReport });
  entries.set('lastSeenAt', { kind: 'uint64', value: lastSeenAt });
  if (timestamp !== undefined) entries.set('timestamp', { kind: 'time', ...timestamp });
  entries.set('encoderName', { kind: 'string', value: encoderName });
  if (encoderConfig !== undefined) entries.set('encoderConfig', { kind: 'map', entries: encoderConfig });
  return { kind: 'map', entries };
}

/** Keys that are not plain names stand in brackets and quotes, so that a path has one meaning. */
export function entryPlace(parent: Place, key: string): Place {
  const plain = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(key);
  const dotted = parent.path === '' ? key : `${parent.path}.${key}`;
  return {
    path: plain ? dotted : `${parent.path}[${shortQuoted(key)}]`,
    key,
    inPayload: parent.inPayload || key === 'payload',
  };
}

export function itemPlace(parent: Place, index: number): Place {
  return { ...parent, path: `${parent.path}[${String(index)}]` };
}

/** Everything in a tree that holds nothing else, empty maps and lists included, in order. Not recursive. */
export function* leaves(root: PlacedValue): Generator<PlacedValue, void> {
  const open: Iterator<PlacedValue>[] = [[root].values()];
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    const next = inner.next();
    if (next.done === true) open.pop();
    else if (isLeaf(next.value.value)) yield next.value;
    else open.push(children(next.value));
  }
}

function isLeaf(value: Value): boolean {
  if (value.kind === 'map') return value.entries.size === 0;
  return value.kind !== 'list' || value.items.length === 0;
}

function* children({ place, value }: PlacedValue): Generator<PlacedValue, void> {
  if (value.kind === 'map') {
    for (const [key, entry] of value.entries) yield { place: entryPlace(place, key), value: entry };
  } else if (value.kind === 'list') {
    for (const [index, item] of value.items.entries()) yield { place: itemPlace(place, index), value: item };
  }
}
