import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { PLANTS, plant } from '../../harness/plants.ts';
import type { PlantName } from '../../harness/plants.ts';
import { compareOutcomes } from '../../harness/compare.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Round } from '../../src/contract/round.ts';
import type { FieldDifference } from '../../src/contract/verdict.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import { aggregate } from '../../legacy/aggregate.ts';
import { SELECTORS, plainRound } from '../helpers/arbitraries.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { errorOf, laneOf, outcomeOf } from './fakes.ts';

const NAMES: readonly PlantName[] = ['block-plus-one', 'swapped-packing', 'lost-report'];
const honest: Lane = laneOf((round) => aggregate(round), { name: 'honest' });

async function differences(name: PlantName, round: Round): Promise<readonly FieldDifference[]> {
  return compareOutcomes(bytesOf(aggregate(round)), bytesOf(await plant(honest, name).aggregate(round)));
}

function bytesOf(outcome: Outcome): Uint8Array {
  if (outcome.kind === 'error') throw new Error(outcome.error);
  return outcome.outcome;
}

const evm = plainRound({ fields: { block: 7n, mintable: 5n } });
const evmOf2025July = plainRound({ revision: '2025-07', fields: { block: 7n, mintable: 5n } });
const solana = plainRound({ fields: { selector: SELECTORS.solana, block: 7n, mintable: 5n } });

test('the lies have names', () => {
  expect(Object.keys(PLANTS)).toEqual(NAMES);
});

describe('on each kind of report', () => {
  test.each([
    ['EVM', evm, 'encodableOutcome.Reports[0].Answer'],
    ['EVM of 2025-07', evmOf2025July, 'encodableOutcome.Reports[0].Price'],
    ['Solana', solana, 'encodableOutcome.payload[0].answer'],
  ])('%s', async (_, round, path) => {
    const legacy = 'block 7, mintable 5';
    expect(await differences('block-plus-one', round)).toEqual([
      { path, kind: 'value', legacy, loopp: 'block 8, mintable 5' },
    ]);
    expect(await differences('swapped-packing', round)).toEqual([
      { path, kind: 'value', legacy, loopp: 'block 5, mintable 7' },
    ]);
    const lost = await differences('lost-report', round);
    expect(lost.map((difference) => difference.path)).toContain('encodableOutcome');
    expect(lost.map((difference) => difference.path)).toContain('shouldReport');
  });
});

let captured: readonly Round[];
beforeAll(async () => {
  // Every fourth round: they repeat the same few situations.
  captured = (await loadRounds(...CAPTURES)).filter((_, index) => index % 4 === 0);
});

describe.each(NAMES)('%s', (name) => {
  test('changes every report of the captures, and nothing but reports', async () => {
    const lane = plant(honest, name);
    const kinds = { reports: 0, others: 0 };
    for (const round of captured) {
      const truth = aggregate(round);
      const lie = await lane.aggregate(round);
      const reports = truth.kind === 'outcome' && AggregationOutcome.decode(truth.outcome).shouldReport;
      if (reports) {
        expect(compareOutcomes(truth.outcome, bytesOf(lie)).length).toBeGreaterThan(0);
        kinds.reports++;
      } else {
        expect(isDeepStrictEqual(lie, truth)).toBe(true);
        kinds.others++;
      }
    }
    expect(kinds.reports).toBeGreaterThan(300);
    expect(kinds.others).toBeGreaterThan(20);
  });

  test('lets errors and outcomes without a report pass', async () => {
    for (const outcome of [errorOf('why'), outcomeOf({ lastSeenAt: 5n })]) {
      expect(
        await plant(
          laneOf(() => outcome),
          name,
        ).aggregate(evm),
      ).toEqual(outcome);
    }
  });

  test('is a lane like the one it lies for', async () => {
    let closed = 0;
    const signals: unknown[] = [];
    const inner: Lane = {
      name: 'loopp',
      aggregate: (_, signal) => {
        signals.push(signal);
        return Promise.reject(new Error('gone'));
      },
      health: () => ({ ok: false, reason: 'gone' }),
      close: async () => void closed++,
    };
    const lane = plant(inner, name);
    const { signal } = new AbortController();
    await expect(lane.aggregate(evm, signal)).rejects.toThrow('gone');
    expect(signals).toEqual([signal]);
    expect(lane.name).toBe('loopp');
    expect(lane.health()).toEqual({ ok: false, reason: 'gone' });
    await lane.close();
    expect(closed).toBe(1);
  });
});
