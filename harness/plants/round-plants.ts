import type { Value } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import { roundDigest } from '../digest.ts';
import { editEntries } from './edit-outcome.ts';
import { withConfig, withEachList, withEachValue } from './edit-round.ts';
import type { Plants } from './plant.ts';
import { REPORT_PLANTS } from './report-plants.ts';

const LATE_MS = 50;

/** Lies about the round, about its neighbours, and lies that are rare. */
export const ROUND_PLANTS = {
  'stale-accepted': {
    description: 'a report is accepted that the previous outcome has already seen',
    ask: (round) => ({ ...round, previousOutcome: null }),
  },
  'wrong-chain': {
    description: 'the report of another chain is taken',
    ask: (round) =>
      withConfig(round, (key, value) =>
        key.toLowerCase() === 'targetchainselector' ? otherChain(value) : value,
      ),
  },
  'missing-solana-account': {
    description: "the last of Solana's accounts is missing",
    ask: (round) => withEachValue(round, withoutLastAccount),
  },
  'last-event-first': {
    description: "each oracle's events are taken from the end of its list",
    ask: (round) => withEachList(round, (values) => values.toReversed()),
  },
  'previous-answer': {
    description: 'every answer is that of the round before',
    tell: (truth, { previous }) => previous ?? truth,
  },
  'one-in-500': {
    description: 'one answer in 500 has a block number that is one too high',
    tell: (truth, context) =>
      isDrawn(context.round, 500) ? REPORT_PLANTS['block-plus-one'].tell(truth, context) : truth,
  },
  'late-answers': {
    description: `one answer in 100 comes ${String(LATE_MS)} ms late; all are true`,
    lateMs: (round) => (isDrawn(round, 100) ? LATE_MS : 0),
  },
} as const satisfies Plants;

/** One round in `n`, by its digest: the same rounds every time. */
function isDrawn(round: Round, n: number): boolean {
  return Buffer.from(roundDigest(round)).readUInt32LE() % n === 0;
}

/** Ethereum, Arbitrum, Sepolia, Solana's devnet; every other chain is taken for the first. */
const CHAINS: readonly bigint[] = [
  5009297550715157269n,
  4949039107694359620n,
  16015286601757825753n,
  16423721717087811551n,
];

function otherChain(selector: Value): Value {
  if (selector.kind === 'string') return { kind: 'string', value: String(chainAfter(selector.value)) };
  if (selector.kind !== 'int64') return selector;
  // What an int64 cannot hold is written as its two's complement, which no chain has.
  return { kind: 'int64', value: BigInt.asIntN(64, chainAfter(String(selector.value))) };
}

function chainAfter(selector: string): bigint {
  const at = CHAINS.findIndex((chain) => String(chain) === selector);
  return CHAINS[(at + 1) % CHAINS.length] ?? 0n;
}

function withoutLastAccount(observation: Value): Value {
  if (observation.kind !== 'map') return observation;
  const entries = editEntries(observation.entries, (key, value) =>
    key.toLowerCase() === 'solana' && value.kind === 'list'
      ? { kind: 'list', items: value.items.slice(0, -1) }
      : value,
  );
  return { kind: 'map', entries };
}
