import { chainName } from '../src/chains/selectors.ts';
import { decodeValueMap } from '../src/codec/values.ts';
import type { Value } from '../src/codec/values.ts';

const KEY = 'targetchainselector';

/** The chain that an aggregator configuration aims at, for people: its name, else its selector; empty when unclear. */
export function targetChain(config: Uint8Array): string {
  let selector: bigint | undefined;
  try {
    const entry = [...decodeValueMap(config)].find(([key]) => key.toLowerCase() === KEY);
    selector = entry === undefined ? undefined : selectorOf(entry[1]);
  } catch {
    return '';
  }
  return selector === undefined ? '' : (chainName(selector) ?? `chain selector ${String(selector)}`);
}

function selectorOf(value: Value): bigint | undefined {
  if (value.kind === 'int64' || value.kind === 'uint64' || value.kind === 'bigint') return value.value;
  return value.kind === 'string' && /^[0-9]{1,20}$/.test(value.value) ? BigInt(value.value) : undefined;
}
