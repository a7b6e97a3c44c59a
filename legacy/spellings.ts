import type { Value, ValueMap } from '../src/codec/values.ts';
import { candidates, field } from './unwrap.ts';

/**
 * What the aggregator reads of a value. Of two keys that differ from a field's name only in case Go takes either, as its
 * map order has it (docs/spec/aggregator.md G.1 "key match"): a spelling of a value is one such choice for every field.
 */
export interface Shape {
  /** The fields of a struct, each with what is read inside it; null: it is taken as it is. */
  readonly fields?: readonly (readonly [name: string, inner: Shape | null])[];
  /** What is read of each item of a list. */
  readonly items?: Shape;
}

const SIGNATURE: Shape = struct({ Signature: null, Signer: null });
const ACCOUNT: Shape = struct({ PublicKey: null, IsWritable: null, IsSigner: null });

/** 2025-07 (G.2). */
export const BARE_EVENT = struct({
  ConfigDigest: null,
  SeqNr: null,
  Report: null,
  Sigs: { items: SIGNATURE },
});
/** 2025-09 (G.2). */
export const WRAPPED_EVENT = struct({ event: BARE_EVENT, solana: { items: ACCOUNT } });

export const NUMBER_CONFIG = struct({ targetChainSelector: null });
export const TEXT_CONFIG = struct({ targetChainSelector: null, dataID: null });

function struct(fields: Readonly<Record<string, Shape | null>>): Shape {
  return { fields: Object.entries(fields) };
}

/** How many spellings a value has; nearly always 1. */
export function countSpellings(value: Value, shape: Shape): number {
  let count = 1;
  if (value.kind === 'list' && shape.items !== undefined) {
    for (const item of value.items) count *= countSpellings(item, shape.items);
  }
  if (value.kind !== 'map' || shape.fields === undefined) return count;
  const mayHaveTwins = hasKeysOfOneLength(value.entries);
  for (const [name, inner] of shape.fields) {
    if (mayHaveTwins) count *= countCandidates(value.entries, name, inner);
    else if (inner !== null) count *= countSpellings(field(value.entries, name), inner);
  }
  return count;
}

function countCandidates(map: ValueMap, name: string, inner: Shape | null): number {
  const found = candidates(map, name);
  if (inner === null) return Math.max(found.length, 1);
  return found.reduce((sum, value) => sum + countSpellings(value, inner), found.length === 0 ? 1 : 0);
}

/** Keys that differ only in case have the same length; a look at the lengths is nearly all it ever takes. */
function hasKeysOfOneLength(map: ValueMap): boolean {
  let lengths = 0;
  for (const { length } of map.keys()) {
    const bit = 1 << (length & 31);
    if ((lengths & bit) !== 0) return true;
    lengths |= bit;
  }
  return false;
}

/** Every spelling, with the fields under their exact names and nothing else. */
export function* spellings(value: Value, shape: Shape): Generator<Value> {
  if (value.kind === 'map' && shape.fields !== undefined) {
    for (const entries of mapSpellings(value.entries, shape.fields))
      yield { kind: 'map', entries: new Map(entries) };
  } else if (value.kind === 'list' && shape.items !== undefined) {
    for (const items of listSpellings(value.items, shape.items)) yield { kind: 'list', items };
  } else yield value;
}

function* mapSpellings(
  map: ValueMap,
  fields: readonly (readonly [string, Shape | null])[],
): Generator<readonly [string, Value][]> {
  const [first, ...rest] = fields;
  if (first === undefined) {
    yield [];
    return;
  }
  const [name, inner] = first;
  const found = candidates(map, name);
  for (const others of mapSpellings(map, rest)) {
    if (found.length === 0) yield others;
    for (const candidate of found) {
      for (const value of inner === null ? [candidate] : spellings(candidate, inner))
        yield [[name, value], ...others];
    }
  }
}

function* listSpellings(items: readonly Value[], shape: Shape): Generator<readonly Value[]> {
  let choices: readonly (readonly Value[])[] = [[]];
  for (const item of items) {
    const spelled = [...spellings(item, shape)];
    choices = choices.flatMap((chosen) => spelled.map((value) => [...chosen, value]));
  }
  yield* choices;
}
