import type { ChainFamily } from '../../src/chains/selectors.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { Revision } from '../../src/contract/round.ts';

/** How the events and workflows of a revision are written (docs/spec/aggregator.md G.1, G.2, H.1). */
export interface RevisionRules {
  /** What Go makes of a uint64. */
  readonly uint64: (value: bigint) => Value;
  /** What a workflow observes of an event; `accounts`: of the event's chain, absent but on Solana. */
  readonly observation: (outputs: Value, accounts: Value | undefined) => Value;
  /** The aggregator's configuration; `dataId` is 16 bytes in hex with 0x. */
  readonly config: (selector: bigint, dataId: string) => ValueMap;
  /** Chains that a workflow can write to. */
  readonly families: readonly ChainFamily[];
  /** The largest selector that the configuration holds. */
  readonly largestSelector: bigint;
  /**
   * The consensus sequence number that a workflow saw last takes the place of the outcome's own `lastSeenAt` (G.3); the
   * migration plan meant the outcome's own to stay.
   */
  readonly overwritesLastSeenAt: boolean;
}

const map = (entries: ValueMap): Value => ({ kind: 'map', entries });

export const RULES: Readonly<Record<Revision, RevisionRules>> = {
  '2025-07': {
    uint64: (value) => (value < 2n ** 63n ? { kind: 'int64', value } : { kind: 'bigint', value }),
    observation: (outputs) => outputs,
    config: (selector) =>
      new Map<string, Value>([['targetChainSelector', { kind: 'int64', value: selector }]]),
    families: ['evm'],
    largestSelector: 2n ** 63n - 1n,
    overwritesLastSeenAt: false,
  },
  '2025-09': {
    uint64: (value) => ({ kind: 'uint64', value }),
    observation: (outputs, accounts) =>
      map(new Map([['event', outputs], ...(accounts === undefined ? [] : [['solana', accounts] as const])])),
    config: (selector, dataId) =>
      new Map<string, Value>([
        ['targetChainSelector', { kind: 'string', value: String(selector) }],
        ['dataID', { kind: 'string', value: dataId }],
      ]),
    families: ['evm', 'solana'],
    largestSelector: 2n ** 64n - 1n,
    overwritesLastSeenAt: true,
  },
};
