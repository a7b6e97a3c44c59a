import type { ValueMap } from '../../src/codec/values.ts';

const KEY = 'targetchainselector';

/** The selector that an aggregator configuration names, in any form that says one; undefined when none is clear. */
export function targetSelector(config: ValueMap): bigint | undefined {
  const value = [...config].find(([key]) => key.toLowerCase() === KEY)?.[1];
  switch (value?.kind) {
    case 'int64':
    case 'uint64':
    case 'bigint':
      return value.value;
    case 'string':
      return digits(value.value);
    case 'bytes':
      return digits(Buffer.from(value.value).toString('latin1'));
    default:
      return undefined;
  }
}

function digits(text: string): bigint | undefined {
  return /^[0-9]{1,20}$/.test(text) ? BigInt(text) : undefined;
}
