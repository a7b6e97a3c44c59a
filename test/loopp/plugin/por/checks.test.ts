import { describe, expect, test } from 'vitest';
import { MAX_AMOUNT } from '../../../../loopp/plugin/por/amount.ts';
import { ObservationError, checkObservation } from '../../../../loopp/plugin/por/checks.ts';
import type { Blocks, Mintables } from '../../../../src/contract/external-adapter.ts';
import { NONE, blocksOf, mintablesOf } from './builders.ts';

/** docs/spec/por-plugin.md "The seven methods", Checks. */

const TRACKED = blocksOf({ 9: 100, 10: 200 });
const LATEST = blocksOf({ 9: 101, 10: 0 });
const MINTABLES = mintablesOf({ 9: [100, 1], 10: [0, -2] });

const refusal = (mintables: Mintables, latestBlocks: Blocks, maxChains = 3): string | undefined => {
  try {
    checkObservation({ mintables, latestBlocks }, TRACKED, maxChains);
    return undefined;
  } catch (error) {
    if (error instanceof ObservationError) return error.message;
    throw error;
  }
};

describe('latest blocks', () => {
  test.each([
    ['of the tracked chains, lower ones too', LATEST],
    ['of as many chains as there may be', blocksOf({ 9: 101, 10: 0, 11: 5 })],
  ])('%s are taken', (_name, latest) => {
    expect(refusal(MINTABLES, latest)).toBeUndefined();
  });

  test('of too many chains are refused', () => {
    expect(refusal(NONE, blocksOf({ 9: 1, 10: 1, 11: 1, 12: 1 }))).toBe(
      "'latest blocks' contains too many chains (4), max allowed is 3",
    );
    expect(refusal(NONE, LATEST, 0)).toBe("'latest blocks' contains too many chains (2), max allowed is 0");
  });

  test('without a tracked chain are refused, for the first that is missing', () => {
    expect(refusal(NONE, blocksOf({ 9: 1, 11: 1 }))).toBe(
      "'latest blocks' missing info on tracked chain with ID: 10",
    );
    expect(refusal(NONE, new Map())).toBe("'latest blocks' missing info on tracked chain with ID: 9");
  });
});

describe('mintables', () => {
  test.each([
    ['none', NONE],
    ['of every tracked chain, at the honest block or before', MINTABLES],
    ['with the largest amounts', mintablesOf({ 9: [0, MAX_AMOUNT], 10: [0, -MAX_AMOUNT] })],
  ])('%s are taken', (_name, mintables) => {
    expect(refusal(mintables, LATEST)).toBeUndefined();
  });

  test('of a chain that is not tracked are refused, though its block is known', () => {
    const latest = blocksOf({ 9: 101, 10: 0, 11: 5 });
    expect(refusal(mintablesOf({ 9: [1, 1], 10: [1, 1], 11: [1, 1] }), latest)).toBe(
      "'mintables' includes info on untracked chain with ID: 11",
    );
  });

  test('above the honest block are refused', () => {
    expect(refusal(mintablesOf({ 9: [100, 1], 10: [201, 1] }), LATEST)).toBe(
      "'mintables' bad block number; expected no more than: 200, got: 201",
    );
  });

  test('without a tracked chain are refused', () => {
    expect(refusal(mintablesOf({ 10: [1, 1] }), LATEST)).toBe(
      "'mintables' missing info on tracked chain with ID: 9",
    );
  });

  test.each([MAX_AMOUNT + 1n, -MAX_AMOUNT - 1n])('of %s are refused', (mintable) => {
    expect(refusal(mintablesOf({ 9: [0, 0], 10: [0, mintable] }), LATEST)).toBe(
      "'mintables' amount too large on chain with ID: 10; expected no more digits than: 155",
    );
  });
});

test('the latest blocks are looked at first', () => {
  expect(refusal(mintablesOf({ 11: [1, 1] }), new Map())).toBe(
    "'latest blocks' missing info on tracked chain with ID: 9",
  );
});

test('every oracle finds the same fault, in whatever order the chains come', () => {
  const bad = mintablesOf({ 8: [1, 1], 10: [201, 1], 9: [101, 1] });
  const turned = new Map([...bad].toReversed());
  expect(refusal(bad, LATEST)).toBe("'mintables' includes info on untracked chain with ID: 8");
  expect(refusal(turned, LATEST)).toBe(refusal(bad, LATEST));
});
