import type { Round } from '../src/contract/round.ts';

/** Bytes that the round's input holds in memory, but for a small constant. */
export function roundBytes({ config, previousOutcome, observations }: Round): number {
  let bytes = config.length + (previousOutcome?.length ?? 0);
  for (const { values } of observations) for (const value of values) bytes += value.length;
  return bytes;
}
