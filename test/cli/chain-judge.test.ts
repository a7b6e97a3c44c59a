import { describe, expect, test } from 'vitest';
import type { Draft } from '../../src/cli/chain/draft.ts';
import { fateOf } from '../../src/cli/chain/fate.ts';
import type { CacheAnswers, ChainResult, LaneFate } from '../../src/cli/chain/fate.ts';
import { areInStep, judgeOnChain } from '../../src/cli/chain/judge.ts';
import type { StoredAnswer } from '../../loopp/provider/evm/delivery/cache.ts';

const FEED = '01c50000000000000000000000000000';

const answer = (mintable: bigint, timestamp: bigint, roundId = 1n): StoredAnswer => ({
  answer: (1000n << 128n) | mintable,
  timestamp,
  roundId,
});

const draft = (mintable: bigint, timestamp: number): Draft => ({
  kind: 'report',
  report: new Uint8Array(),
  rows: [{ dataId: Buffer.from(FEED, 'hex'), timestamp, answer: (1000n << 128n) | mintable }],
});

const STORED: LaneFate = { kind: 'stored', transaction: '0xaa', roundIds: new Map([[FEED, 1n]]) };
const STALE: LaneFate = { kind: 'stale', transaction: '0xbb' };
const BEFORE: LaneFate = { kind: 'deliveredBefore' };
const LOST: LaneFate = { kind: 'answerLost' };
const NOTHING: LaneFate = { kind: 'nothingToReport' };
const REFUSED: LaneFate = { kind: 'refusedByEncoder', reason: 'negative' };

const cachesWith = (legacy?: StoredAnswer, loopp?: StoredAnswer): readonly CacheAnswers[] => [
  { dataId: FEED, legacy, loopp },
];

interface Side {
  readonly fate: LaneFate;
  readonly has?: StoredAnswer;
  readonly draft?: Draft;
}

function judged(legacy: Side, loopp: Side, wereInStep = true): ChainResult {
  const caches = cachesWith(legacy.has, loopp.has);
  const drafts = { legacy: legacy.draft ?? draft(99n, 7), loopp: loopp.draft ?? draft(99n, 7) };
  return judgeOnChain({ drafts, fates: { legacy: legacy.fate, loopp: loopp.fate }, wereInStep, caches });
}

const differences = (result: ChainResult): readonly string[] =>
  result.kind === 'different' ? result.differences : [];

describe('what the chain says of a round', () => {
  test.each<[string, Side, Side, boolean, ChainResult['kind']]>([
    [
      'both stored',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STORED, has: answer(99n, 7n, 5n) },
      true,
      'same',
    ],
    [
      'both stored, out of step before',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STORED, has: answer(99n, 7n) },
      false,
      'same',
    ],
    ['both stale', { fate: STALE, has: answer(1n, 9n) }, { fate: STALE, has: answer(1n, 9n) }, true, 'same'],
    ['both refused by the encoder', { fate: REFUSED }, { fate: REFUSED }, true, 'same'],
    ['nothing to report', { fate: NOTHING }, { fate: NOTHING }, true, 'same'],
    [
      'one stored, one stale',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STALE, has: answer(99n, 7n) },
      true,
      'different',
    ],
    [
      'one stored, one stale, out of step before',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STALE, has: answer(99n, 7n) },
      false,
      'outOfStep',
    ],
    [
      'one refused by the encoder',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: REFUSED },
      true,
      'different',
    ],
    [
      'other amounts',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STORED, has: answer(98n, 7n), draft: draft(98n, 7) },
      true,
      'different',
    ],
    [
      'other times',
      { fate: STORED, has: answer(99n, 7n) },
      { fate: STORED, has: answer(99n, 8n), draft: draft(99n, 8) },
      true,
      'different',
    ],
    [
      'stored and not there, in both',
      { fate: STORED, has: answer(5n, 7n) },
      { fate: STORED, has: answer(5n, 7n) },
      true,
      'different',
    ],
    [
      'delivered before, the same now',
      { fate: BEFORE, has: answer(5n, 70n) },
      { fate: BEFORE, has: answer(5n, 70n) },
      true,
      'deliveredBefore',
    ],
    [
      'delivered before by one lane',
      { fate: BEFORE, has: answer(5n, 70n) },
      { fate: STALE, has: answer(5n, 70n) },
      true,
      'deliveredBefore',
    ],
    [
      'delivered before, other answers now',
      { fate: BEFORE, has: answer(5n, 70n) },
      { fate: BEFORE, has: answer(6n, 70n) },
      true,
      'outOfStep',
    ],
    [
      'an answer that was lost: stored',
      { fate: LOST, has: answer(99n, 7n) },
      { fate: STORED, has: answer(99n, 7n) },
      true,
      'same',
    ],
    [
      'an answer that was lost: stale',
      { fate: LOST, has: answer(1n, 9n) },
      { fate: STALE, has: answer(1n, 9n) },
      true,
      'same',
    ],
  ])('%s', (_, legacy, loopp, wereInStep, kind) => {
    expect(judged(legacy, loopp, wereInStep).kind).toBe(kind);
  });

  test('names what differs', () => {
    const stored = { fate: STORED, has: answer(99n, 7n) };
    expect(differences(judged(stored, { fate: STALE, has: answer(98n, 8n) }))).toEqual([
      'legacy is stored, loopp is stale',
      `feed ${FEED}: legacy has mintable 99 at block 1000 under time 7, loopp has mintable 98 at block 1000 under time 8`,
    ]);
    expect(differences(judged(stored, { fate: STORED, draft: draft(99n, 7) }))).toEqual([
      `feed ${FEED}: legacy has mintable 99 at block 1000 under time 7, loopp has nothing`,
      `feed ${FEED}: loopp reported mintable 99 at block 1000 under time 7, its cache has nothing`,
    ]);
    const odd = { answer: 2n ** 223n, timestamp: 7n, roundId: 1n };
    expect(differences(judged(stored, { fate: STORED, has: odd }))[0]).toContain(
      `answer ${String(2n ** 223n)}`,
    );
  });

  test('caches are in step when each feed has the same answer and time, whatever came before', () => {
    expect(areInStep([])).toBe(true);
    expect(areInStep(cachesWith())).toBe(true);
    expect(areInStep(cachesWith(answer(1n, 1n, 4n), answer(1n, 1n, 9n)))).toBe(true);
    expect(areInStep(cachesWith(answer(1n, 1n)))).toBe(false);
    expect(areInStep(cachesWith(answer(1n, 1n), answer(1n, 2n)))).toBe(false);
  });
});

describe('the fate of a report', () => {
  const dataId = Buffer.from(FEED, 'hex');
  const row = { kind: 'stored', dataId, answer: 1n, timestamp: 1n, roundId: 3n } as const;
  const stale = { kind: 'stale', dataId, timestamp: 1n, latestTimestamp: 2n } as const;
  const transaction = '0xaa';

  test('is stored when a row is, and stale when none is', () => {
    expect(fateOf({ kind: 'delivered', transaction, rows: [stale, row] }, false)).toEqual({
      kind: 'stored',
      transaction,
      roundIds: new Map([[FEED, 3n]]),
    });
    expect(fateOf({ kind: 'delivered', transaction, rows: [stale] }, false)).toEqual({
      kind: 'stale',
      transaction,
    });
  });

  test('is told by the caches when its answer may have been lost', () => {
    const delivery = { kind: 'alreadyDelivered', transmitter: '0x1' } as const;
    expect(fateOf(delivery, false)).toEqual({ kind: 'deliveredBefore' });
    expect(fateOf(delivery, true)).toEqual({ kind: 'answerLost' });
  });

  test.each([
    [
      { kind: 'receiverReverted', transaction } as const,
      'the cache reverted in transaction 0xaa: gasLimit may be too low',
    ],
    [{ kind: 'invalidReceiver' } as const, 'there is no cache at its address'],
    [
      {
        kind: 'delivered',
        transaction,
        rows: [row, { kind: 'notPermitted', dataId, workflowOwner: '0x1', workflowName: '0x2' }],
      } as const,
      `the cache lets this workflow not write feed ${FEED}: allow it through this forwarder`,
    ],
  ])('is that it is not delivered: $kind', (delivery, reason) => {
    expect(fateOf(delivery, false)).toEqual({ kind: 'notDelivered', reason });
  });
});
