import { hash } from 'node:crypto';
import type { Round } from '../src/contract/round.ts';
import { decodeValueMap } from '../src/codec/values.ts';
import type { Value, ValueMap } from '../src/codec/values.ts';

/** Of rounds without a workflow whose configuration says nothing: they share one stage. */
const NOTHING_KNOWN = 'unknown';
/** A longer key is cut to its digest: keys are remembered, and hashed for every round. */
const KEY_CHARACTERS = 256;

/**
 * What a round's stage is sticky by: its workflow, without one `selector:dataID` of its configuration, in one spelling
 * whatever the node's. Rounds of one workflow have one key, so that they are moved together.
 */
export function stickyKey(round: Round): string {
  const key = wholeKey(round);
  return key.length <= KEY_CHARACTERS ? key : hash('sha256', key, 'hex');
}

function wholeKey({ workflow, config }: Round): string {
  if (workflow !== undefined && workflow !== '') return workflow;
  const entries = entriesOf(config);
  const selector = entryOf(entries, 'targetchainselector');
  const dataId = entryOf(entries, 'dataid');
  if (selector === undefined && dataId === undefined) return NOTHING_KNOWN;
  return `${selectorText(selector)}:${dataIdText(dataId)}`;
}

function entriesOf(config: Uint8Array): ValueMap {
  try {
    return decodeValueMap(config);
  } catch {
    return new Map();
  }
}

/** Nodes take these keys in any case (docs/spec/aggregator.md H.2). */
function entryOf(entries: ValueMap, lowerCase: string): Value | undefined {
  for (const [key, value] of entries) if (key.toLowerCase() === lowerCase) return value;
  return undefined;
}

function selectorText(value: Value | undefined): string {
  if (value === undefined) return '';
  if (value.kind === 'int64' || value.kind === 'uint64' || value.kind === 'bigint')
    return String(value.value);
  const text = textOf(value);
  return /^[0-9]{1,40}$/.test(text) ? String(BigInt(text)) : text;
}

const dataIdText = (value: Value | undefined): string =>
  value === undefined ? '' : textOf(value).replace(/^0x/, '').toLowerCase();

function textOf(value: Value): string {
  if (value.kind === 'string') return value.value;
  return value.kind === 'bytes' ? Buffer.from(value.value).toString('utf8') : '';
}
