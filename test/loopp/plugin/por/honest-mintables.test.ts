import { expect, test } from 'vitest';
import { honestMintables } from '../../../../loopp/plugin/por/honest-mintables.ts';
import { NONE, blocksOf, mintablesOf } from './builders.ts';

/** docs/spec/por-plugin.md "Honest mintables". */

const TRACKED = blocksOf({ 9: 100, 10: 200 });
const A = mintablesOf({ 9: [100, 1], 10: [200, 2] });
const B = mintablesOf({ 9: [100, 1], 10: [200, 3] });

test('more than f oracles have to have seen them alike', () => {
  expect(honestMintables(TRACKED, [A, A, NONE], 1)).toEqual(A);
  expect(honestMintables(TRACKED, [A, B, NONE], 1)).toBeUndefined();
  expect(honestMintables(TRACKED, [A, A, B, B, B], 2)).toEqual(B);
  expect(honestMintables(TRACKED, [], 0)).toBeUndefined();
});

test('alike is by value, in whatever order the chains come', () => {
  const turned = new Map([...A].toReversed());
  expect(honestMintables(TRACKED, [A, turned], 1)).toEqual(A);
});

test('one chain of them is not enough', () => {
  const other = mintablesOf({ 9: [100, 1], 10: [199, 2] });
  expect(honestMintables(TRACKED, [A, other, NONE], 1)).toBeUndefined();
});

test('of several the one with most votes', () => {
  expect(honestMintables(TRACKED, [A, A, B, B, B], 1)).toEqual(B);
  expect(honestMintables(TRACKED, [B, B, B, A, A], 1)).toEqual(B);
});

test('of as many votes the first text', () => {
  expect(honestMintables(TRACKED, [B, B, A, A], 1)).toEqual(A);
  // As texts 10 comes before 9.
  const high = mintablesOf({ 9: [100, 1], 10: [200, 10] });
  const low = mintablesOf({ 9: [100, 1], 10: [200, 9] });
  expect(honestMintables(TRACKED, [low, low, high, high], 1)).toEqual(high);
});

test('those of fewer chains do not count, nor does having none', () => {
  const fewer = mintablesOf({ 9: [100, 1] });
  expect(honestMintables(TRACKED, [fewer, fewer, fewer], 1)).toBeUndefined();
  expect(honestMintables(TRACKED, [NONE, NONE, NONE], 1)).toBeUndefined();
});

test('there are none while nothing is tracked', () => {
  expect(honestMintables(new Map(), [NONE, NONE, NONE], 1)).toBeUndefined();
});
