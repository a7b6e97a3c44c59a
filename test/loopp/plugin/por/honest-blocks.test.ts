import { describe, expect, test } from 'vitest';
import { honestBlocks } from '../../../../loopp/plugin/por/honest-blocks.ts';
import { blocksOf } from './builders.ts';

/** docs/spec/por-plugin.md "Honest blocks". */

const RULES = { n: 4, f: 1, maxChains: 3 };

/** What becomes of chain 9 when the oracles have seen it at these blocks. */
const advanced = (from: number, seen: readonly number[], rules = RULES): bigint | undefined => {
  const blocks = honestBlocks(
    blocksOf({ 9: from }),
    seen.map((block) => blocksOf({ 9: block })),
    rules,
  );
  expect(blocks.hasNewChain).toBe(false);
  return blocks.blocks.get(9n);
};

describe('a tracked chain', () => {
  test.each([
    ['takes the place n-f-1 from below', [10, 40, 20, 30], 30n],
    ['leaves out the highest', [10, 10, 10, 999], 10n],
    ['leaves out one alone at the bottom', [0, 10, 10, 10], 10n],
  ])('%s', (_name, seen, expected) => {
    expect(advanced(5, seen)).toBe(expected);
  });

  test('of seven oracles, two faulty', () => {
    const rules = { n: 7, f: 2, maxChains: 3 };
    expect(advanced(5, [1, 2, 3, 4, 50, 60, 70], rules)).toBe(50n);
    expect(advanced(5, [1, 2, 3, 4, 5, 60, 70], rules)).toBe(5n);
  });

  test('never goes back', () => {
    expect(advanced(35, [10, 40, 20, 30])).toBe(35n);
  });

  test('counts from those that were heard when they are fewer than n-f', () => {
    const rules = { n: 10, f: 1, maxChains: 3 };
    expect(advanced(5, [10, 20, 30], rules)).toBe(20n);
    expect(advanced(5, [10], rules)).toBe(5n);
    expect(advanced(5, [], rules)).toBe(5n);
  });

  test('that an oracle does not mention is at 0 to it', () => {
    const seen = [blocksOf({ 9: 10 }), blocksOf({ 9: 20 }), blocksOf({}), blocksOf({})];
    expect(honestBlocks(blocksOf({ 9: 5 }), seen, RULES).blocks.get(9n)).toBe(10n);
  });

  test('stays when nobody mentions it', () => {
    const seen = [blocksOf({}), blocksOf({}), blocksOf({})];
    expect(honestBlocks(blocksOf({ 9: 5 }), seen, RULES)).toEqual({
      blocks: blocksOf({ 9: 5 }),
      hasNewChain: false,
    });
  });
});

/** Chain 10 beside the tracked chain 9. */
const added = (proposed: readonly number[]): ReturnType<typeof honestBlocks> =>
  honestBlocks(
    blocksOf({ 9: 5 }),
    Array.from({ length: 4 }, (_, oracle) => {
      const block = proposed[oracle];
      return blocksOf(block === undefined ? { 9: 5 } : { 9: 5, 10: block });
    }),
    RULES,
  );

describe('a new chain', () => {
  test.each([
    ['nobody', []],
    ['f oracles', [70]],
  ])('that %s proposed is not added', (_name, proposed) => {
    expect(added(proposed)).toEqual({ blocks: blocksOf({ 9: 5 }), hasNewChain: false });
  });

  test.each([
    ['f+1', [70, 60], 60],
    ['2f+1', [50, 70, 60], 60],
    ['all', [70, 50, 60, 80], 70],
  ])('that %s oracles proposed starts at the highest but f', (_name, proposed, block) => {
    expect(added(proposed)).toEqual({ blocks: blocksOf({ 9: 5, 10: block }), hasNewChain: true });
  });
});

/** Each oracle proposes chains of its own beside the tracked chain 9. */
const proposals = (...chains: readonly number[][]): ReturnType<typeof honestBlocks> =>
  honestBlocks(
    blocksOf({ 9: 5 }),
    chains.map((own) => blocksOf(Object.fromEntries([9, ...own].map((chain) => [chain, 5])))),
    RULES,
  );

describe('more new chains than there is room for', () => {
  test('are added by how many oracles proposed them, then by selector', () => {
    const { blocks } = proposals([30, 20], [30, 40], [30, 20], [10, 40]);
    expect([...blocks.keys()]).toEqual([9n, 30n, 20n]);
  });

  test('whatever the order of the oracles', () => {
    const { blocks } = proposals([10, 40], [20, 30], [30, 40], [20, 30]);
    expect([...blocks.keys()]).toEqual([9n, 30n, 20n]);
  });

  test('are not added at all when there is none', () => {
    const tracked = blocksOf({ 7: 1, 8: 1, 9: 1 });
    const seen = [1, 2, 3, 4].map(() => blocksOf({ 7: 1, 8: 1, 9: 1, 10: 1 }));
    expect(honestBlocks(tracked, seen, RULES)).toEqual({ blocks: tracked, hasNewChain: false });
    expect(honestBlocks(tracked, seen, { ...RULES, maxChains: 0 }).blocks).toEqual(tracked);
  });
});
