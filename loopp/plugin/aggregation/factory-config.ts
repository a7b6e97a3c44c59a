import { encodeValueMap } from '../../../src/codec/values-encode.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import { REVISIONS } from '../../../src/contract/round.ts';
import type { Revision } from '../../../src/contract/round.ts';

/** `securemint.SecureMintConfig` as `NewSecureMintFactory` brings it. */
export interface FactoryConfig {
  /** int64: the two's complement of a uint64 selector. */
  readonly targetChainSelector: bigint;
  /** Hex of 16 bytes; empty in 2025-07. */
  readonly dataId: string;
  /** Empty: 2025-07 without a data id, else 2025-09. */
  readonly revision: string;
}

/**
 * The aggregator config that a factory stands for: its revision and `values.v1.Map` bytes. Only the revision is checked
 * here, with a `RangeError`; what the aggregator refuses, `aggregate` answers.
 */
export function configFromFactory(config: FactoryConfig): {
  readonly revision: Revision;
  readonly config: Uint8Array;
} {
  const revision = revisionOf(config);
  return { revision, config: encodeValueMap(MAPS[revision](config)) };
}

function revisionOf({ revision, dataId }: FactoryConfig): Revision {
  if (revision === '') return dataId === '' ? '2025-07' : '2025-09';
  const known = REVISIONS.find((name) => name === revision);
  if (known !== undefined) return known;
  throw new RangeError(
    `revision: expected one of ${REVISIONS.join(', ')}, or none, got ${JSON.stringify(revision)}`,
  );
}

const MAPS: Readonly<Record<Revision, (config: FactoryConfig) => ValueMap>> = {
  '2025-07': ({ targetChainSelector }) =>
    new Map<string, Value>([['targetChainSelector', { kind: 'int64', value: targetChainSelector }]]),
  '2025-09': ({ targetChainSelector, dataId }) =>
    new Map<string, Value>([
      ['targetChainSelector', { kind: 'string', value: String(BigInt.asUintN(64, targetChainSelector)) }],
      ['dataID', { kind: 'string', value: dataId }],
    ]),
};
