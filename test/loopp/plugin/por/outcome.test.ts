import { describe, expect, test } from 'vitest';
import { NO_OUTCOME, nextOutcome } from '../../../../loopp/plugin/por/outcome.ts';
import type { Observation, PorOutcome } from '../../../../loopp/plugin/por/messages.ts';
import { NONE, blocksOf, mintablesOf } from './builders.ts';

/** docs/spec/por-plugin.md "The seven methods", Outcome. */

const RULES = { n: 4, f: 1, maxChains: 3 };
const BLOCKS = blocksOf({ 9: 100, 10: 200 });
const LATER = blocksOf({ 9: 101, 10: 202 });
const MINTABLES = mintablesOf({ 9: [100, 1], 10: [200, 2] });
const PREVIOUS: PorOutcome = { changed: new Set(), mintables: NONE, honestBlocks: BLOCKS };

const all = (observation: Observation): readonly Observation[] => Array<Observation>(4).fill(observation);

test('the first round has blocks and no mintables', () => {
  expect(nextOutcome(NO_OUTCOME, all({ mintables: NONE, latestBlocks: BLOCKS }), RULES)).toEqual({
    changed: new Set(),
    mintables: NONE,
    honestBlocks: BLOCKS,
  });
});

test('the next one has the mintables at those blocks, all of them new, and newer blocks', () => {
  expect(nextOutcome(PREVIOUS, all({ mintables: MINTABLES, latestBlocks: LATER }), RULES)).toEqual({
    changed: new Set([9n, 10n]),
    mintables: MINTABLES,
    honestBlocks: LATER,
  });
});

/** What is changed when these mintables follow MINTABLES. */
const after = (mintables: PorOutcome['mintables']): ReadonlySet<bigint> =>
  nextOutcome({ ...PREVIOUS, mintables: MINTABLES }, all({ mintables, latestBlocks: LATER }), RULES).changed;

describe('changed', () => {
  test('is by value: what is the same is not', () => {
    expect(after(mintablesOf({ 9: [100, 1], 10: [200, 2] }))).toEqual(new Set());
  });

  test.each([
    ['amount', mintablesOf({ 9: [100, 1], 10: [200, 3] })],
    ['block', mintablesOf({ 9: [100, 1], 10: [199, 2] })],
  ])('is another %s', (_name, mintables) => {
    expect(after(mintables)).toEqual(new Set([10n]));
  });

  test('is a chain that was not there', () => {
    const previous = { ...PREVIOUS, mintables: mintablesOf({ 9: [100, 1] }) };
    const observations = all({ mintables: MINTABLES, latestBlocks: LATER });
    expect(nextOutcome(previous, observations, RULES).changed).toEqual(new Set([10n]));
  });
});

describe('a round without honest mintables', () => {
  const previous: PorOutcome = { changed: new Set([9n]), mintables: MINTABLES, honestBlocks: BLOCKS };

  test('keeps mintables and blocks, and changes nothing', () => {
    expect(nextOutcome(previous, all({ mintables: NONE, latestBlocks: LATER }), RULES)).toEqual({
      changed: new Set(),
      mintables: MINTABLES,
      honestBlocks: BLOCKS,
    });
  });

  test('in which a chain is added has newer blocks all the same', () => {
    const latestBlocks = blocksOf({ 9: 101, 10: 202, 11: 7 });
    expect(nextOutcome(previous, all({ mintables: NONE, latestBlocks }), RULES)).toEqual({
      changed: new Set(),
      mintables: MINTABLES,
      honestBlocks: latestBlocks,
    });
  });
});

test('a chain may be added while the others go on', () => {
  const latestBlocks = blocksOf({ 9: 101, 10: 202, 11: 7 });
  expect(nextOutcome(PREVIOUS, all({ mintables: MINTABLES, latestBlocks }), RULES)).toEqual({
    changed: new Set([9n, 10n]),
    mintables: MINTABLES,
    honestBlocks: latestBlocks,
  });
});
