import { describe, expect, test } from 'vitest';
import type { ChainResult, LaneFate } from '../../src/cli/chain/fate.ts';
import { ChainTally } from '../../src/cli/chain/tally.ts';
import { chainLines, chainObjections } from '../../src/cli/chain/text.ts';

const STORED: LaneFate = { kind: 'stored', transaction: '0xaa', roundIds: new Map() };
const STALE: LaneFate = { kind: 'stale', transaction: '0xbb' };
const BEFORE: LaneFate = { kind: 'deliveredBefore' };
const NOTHING: LaneFate = { kind: 'nothingToReport' };
const REFUSED: LaneFate = { kind: 'refusedByEncoder', reason: 'negative' };

const filled = (...results: readonly ChainResult[]): ChainTally => {
  const tally = new ChainTally();
  for (const [at, result] of results.entries()) tally.add(`round ${String(at)}`, result);
  return tally;
};

describe('the summary', () => {
  const same: ChainResult = { kind: 'same', fates: { legacy: STORED, loopp: STORED }, caches: [] };
  test('counts every round once, and each lane\u2019s reports', () => {
    const summary = filled(
      same,
      { kind: 'same', fates: { legacy: STALE, loopp: STALE }, caches: [] },
      { kind: 'different', fates: { legacy: STORED, loopp: REFUSED }, caches: [], differences: ['a'] },
      { kind: 'outOfStep', fates: { legacy: STALE, loopp: STALE }, caches: [] },
      { kind: 'deliveredBefore', fates: { legacy: BEFORE, loopp: BEFORE }, caches: [] },
      { kind: 'notDelivered', reason: 'gone' },
      { kind: 'notDeliverable', reason: 'solana' },
      { kind: 'notDeliverable', reason: 'solana' },
      { kind: 'same', fates: { legacy: NOTHING, loopp: NOTHING }, caches: [] },
    ).summary();
    expect(summary).toEqual({
      rounds: 9,
      same: 3,
      different: 1,
      deliveredBefore: 1,
      outOfStep: 1,
      notDelivered: 1,
      notDeliverable: 2,
      reasons: { gone: 1, solana: 2 },
      legacy: { delivered: 4, stored: 2, stale: 2, refusedByEncoder: 0, nothingToReport: 1 },
      loopp: { delivered: 3, stored: 1, stale: 2, refusedByEncoder: 1, nothingToReport: 1 },
    });
  });

  test('keeps twenty reasons apart and no more', () => {
    const results = Array.from({ length: 50 }, (_, at): ChainResult => ({
      kind: 'notDelivered',
      reason: `r${String(at)}`,
    }));
    const { reasons, notDelivered } = filled(...results, ...results.slice(0, 5)).summary();
    expect(Object.keys(reasons)).toHaveLength(21);
    expect(reasons).toMatchObject({ r0: 2, 'other reasons': 30 });
    expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(notDelivered);
  });

  test.each<[string, readonly ChainResult[], number, readonly string[]]>([
    ['yes', [same], 0, []],
    [
      'differences',
      [same, { kind: 'different', fates: { legacy: STORED, loopp: STALE }, caches: [], differences: [] }],
      9,
      ['different on chain: 1'],
    ],
    [
      'not delivered',
      [same, { kind: 'notDelivered', reason: 'x' }],
      0,
      ['not delivered to the chain: 1, at most 0 allowed'],
    ],
    ['as many as are allowed', [same, { kind: 'notDelivered', reason: 'x' }], 1, []],
    [
      'nothing at all',
      [{ kind: 'notDeliverable', reason: 'x' }],
      0,
      ['nothing was delivered to the chain in 1 round'],
    ],
  ])('objects or not: %s', (_, results, allowed, objections) => {
    expect(chainObjections(filled(...results).summary(), allowed)).toEqual(objections);
  });

  test('shows the first differences whole, and how many there are', () => {
    const different: ChainResult = {
      kind: 'different',
      fates: { legacy: STORED, loopp: STORED },
      caches: [],
      differences: ['one', 'two'],
    };
    const tally = filled(...Array.from({ length: 7 }, () => different));
    const lines = chainLines(tally.summary(), tally.findings);
    const at = lines.indexOf('the first 5 of 7 differences on chain (chain.jsonl has all)');
    expect(lines.slice(at + 1, at + 4)).toEqual(['  round round 0', '    one', '    two']);
    expect(lines.slice(at + 1)).toHaveLength(15);
  });
});
