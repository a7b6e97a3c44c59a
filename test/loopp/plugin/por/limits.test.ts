import { describe, expect, test } from 'vitest';
import { MAX_AMOUNT } from '../../../../loopp/plugin/por/amount.ts';
import { porLimits } from '../../../../loopp/plugin/por/limits.ts';
import { encodeObservation, encodeOutcome, encodeReport } from '../../../../loopp/plugin/por/messages.ts';

const MAX = 2n ** 64n - 1n;

/** The longest of everything, by selectors that differ from those that the limits are measured with. */
function longest(maxChains: number): { observation: number; outcome: number } {
  const selectors = Array.from({ length: maxChains }, (_, chain) => 10n ** 19n + BigInt(chain));
  const mintables = new Map(selectors.map((selector) => [selector, { block: MAX, mintable: -MAX_AMOUNT }]));
  const blocks = new Map(selectors.map((selector) => [selector, MAX]));
  return {
    observation: encodeObservation({ mintables, latestBlocks: blocks }).length,
    outcome: encodeOutcome({ changed: new Set(selectors), mintables, honestBlocks: blocks }).length,
  };
}

describe.each([0, 1, 2, 3, 5, 64, 1000])('limits for %i chains', (maxChains) => {
  const limits = porLimits(maxChains);

  test('are what the longest of our encodings takes, and no more', () => {
    const { observation, outcome } = longest(maxChains);
    expect(limits.maxObservationLength).toBe(BigInt(observation));
    expect(limits.maxOutcomeLength).toBe(BigInt(outcome));
  });

  test('allow no query and one report a chain', () => {
    expect(limits.maxQueryLength).toBe(0n);
    expect(limits.maxReportCount).toBe(BigInt(maxChains));
  });
});

test('the longest report fits', () => {
  const configDigest = new Uint8Array(32);
  const report = encodeReport({ configDigest, seqNr: MAX, block: MAX, mintable: -MAX_AMOUNT });
  expect(report).toHaveLength(309);
  expect(porLimits(1).maxReportLength).toBe(1024n);
});

test('as many chains as libocr allows reports stay within what libocr allows', () => {
  const { maxObservationLength, maxOutcomeLength } = porLimits(2000);
  expect(maxObservationLength).toBeLessThan(2n ** 20n);
  expect(maxOutcomeLength).toBeLessThan(5n * 2n ** 20n);
});

test('the most chains that an offchain config can ask for have limits of 64 bits', () => {
  const { maxObservationLength, maxOutcomeLength } = porLimits(2 ** 32 - 1);
  expect(maxObservationLength).toBe(36n + 266n * (2n ** 32n - 1n));
  expect(maxOutcomeLength).toBeLessThan(2n ** 63n);
});
