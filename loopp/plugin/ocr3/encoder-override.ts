import { compareUtf8, encodeValueMap } from '../../../src/codec/values-encode.ts';
import type { ValueMap } from '../../../src/codec/values.ts';
import { quorum } from './observation.ts';
import type { OracleObservation } from './tally.ts';

/** An encoder that is to be used instead of the capability's own. */
export interface EncoderOverride {
  readonly name: string;
  readonly config: ValueMap | undefined;
}

/**
 * The encoder that at least 2f+1 oracles name for an execution, each oracle counted once (docs/spec/aggregator.md G.3,
 * as corrected in b805098ea). Go compares SHA-256 of name ++ config; here the pair is compared, which is the same for
 * honest oracles and does not let another split of the same bytes count. Of several with 2f+1 votes, which takes more
 * than 3f+1 oracles, Go's map order would choose; here the one with most votes, then the smallest.
 */
export function encoderOverride(
  observations: readonly OracleObservation[],
  f: number,
): EncoderOverride | undefined {
  const votes = new Map<string, { readonly override: EncoderOverride; count: number }>();
  for (const { observation } of observations) {
    const { overriddenEncoderName: name, overriddenEncoderConfig: config } = observation;
    if (name === '') continue;
    const key = `${Buffer.from(encodeValueMap(config ?? new Map())).toString('hex')} ${name}`;
    const vote = votes.get(key) ?? { override: { name, config }, count: 0 };
    vote.count++;
    votes.set(key, vote);
  }
  const [winner] = [...votes]
    .filter(([, { count }]) => count >= quorum(f))
    .toSorted(([a, x], [b, y]) => y.count - x.count || compareUtf8(a, b));
  return winner?.[1].override;
}
