import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { PLANTS, PLANT_NAMES, plant, plantLanes } from '../../harness/plants.ts';
import type { PlantName } from '../../harness/plants.ts';
import { compareOutcomes } from '../../harness/compare.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Round } from '../../src/contract/round.ts';
import type { FieldDifference } from '../../src/contract/verdict.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import { aggregate } from '../../legacy/aggregate.ts';
import { SELECTORS, plainRound, previousOutcome } from '../helpers/arbitraries.ts';
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

describe('the table', () => {
  test('has at least 25 lies, each with a sentence of its own', () => {
    expect(PLANT_NAMES.length).toBeGreaterThanOrEqual(25);
    expect(new Set(PLANT_NAMES.map((name) => PLANTS[name].description)).size).toBe(PLANT_NAMES.length);
  });

  test('has at least five lies of code that both lanes share', async () => {
    const shared = PLANT_NAMES.filter((name) => PLANTS[name].lanes === 'both');
    expect(shared.length).toBeGreaterThanOrEqual(5);
    const lanes = plantLanes({ legacy: honest, loopp: honest }, 'codec-zigzag');
    expect(await lanes.legacy.aggregate(evm)).toEqual(await lanes.loopp.aggregate(evm));
    expect(await lanes.legacy.aggregate(evm)).not.toEqual(aggregate(evm));
  });

  test('leaves the control alone otherwise', () => {
    expect(plantLanes({ legacy: honest, loopp: honest }, 'lost-report').legacy).toBe(honest);
  });
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

/** What the loopp lane says with the lie: of an outcome's fields, as they differ from the truth's. */
const evmDifference = (name: PlantName): Promise<readonly FieldDifference[]> => differences(name, evm);

describe('what lies do to a report', () => {
  const answer = 'encodableOutcome.Reports[0].Answer';
  const timestamp = 'encodableOutcome.Reports[0].Timestamp';

  test.each<[PlantName, string, FieldDifference['kind']]>([
    ['block-minus-one', answer, 'value'],
    ['little-endian-answer', answer, 'value'],
    ['timestamp-in-milliseconds', timestamp, 'value'],
    ['field-type', timestamp, 'type'],
    ['missing-field', timestamp, 'missing'],
    ['data-id-byte', 'encodableOutcome.Reports[0].DataID', 'value'],
    ['extra-report', 'encodableOutcome.Reports[1]', 'extra'],
    ['metadata-byte', 'metadata', 'value'],
    ['lost-metadata', 'metadata', 'value'],
    ['wrong-should-report', 'shouldReport', 'value'],
    ['last-seen-behind', 'lastSeenAt', 'value'],
    ['encoder-named', 'encoderName', 'value'],
    ['unknown-field', 'bytes', 'value'],
    ['codec-field-order', 'bytes', 'order'],
  ])('%s', async (name, path, kind) => {
    const found = await evmDifference(name);
    expect(found.map((difference) => [difference.path, difference.kind])).toEqual([[path, kind]]);
  });

  test('amounts through a float, cut to 64 bits, and without their sign', async () => {
    const mintable = 2n ** 64n + 3n;
    const large = plainRound({ fields: { block: 7n, mintable } });
    expect((await differences('float-mintable', large))[0]?.loopp).toBe(
      `block 7, mintable ${String(2n ** 64n)}`,
    );
    expect((await differences('mintable-64-bits', large))[0]?.loopp).toBe('block 7, mintable 3');
    const negative = plainRound({ fields: { block: 7n, mintable: -5n } });
    expect((await differences('lost-sign', negative))[0]?.loopp).toBe('block 0, mintable 5');
    expect(await evmDifference('lost-sign')).toEqual([]);
    expect(await evmDifference('float-mintable')).toEqual([]);
  });
});

describe('lies about the round', () => {
  test('stale reports are accepted', async () => {
    const stale = plainRound({
      revision: '2025-07',
      fields: { seqNr: 10n },
      round: { previousOutcome: previousOutcome(10n) },
    });
    expect(aggregate(stale).kind).toBe('error');
    expect((await plant(honest, 'stale-accepted').aggregate(stale)).kind).toBe('outcome');
  });

  test('the lane is asked about another chain, and never about a changed round of the caller', async () => {
    const asked: Round[] = [];
    const lane = laneOf((round) => {
      asked.push(round);
      return aggregate(round);
    });
    const before = structuredClone(evm);
    expect((await plant(lane, 'wrong-chain').aggregate(evm)).kind).toBe('outcome');
    expect(evm).toEqual(before);
    expect(asked[0]?.config).not.toEqual(evm.config);
  });

  test('bytes that are no outcome, and rounds that are no protobuf, pass unchanged', async () => {
    const broken = Uint8Array.of(255);
    const unreadable = { ...evm, config: broken, observations: [{ oracle: 0, values: [broken] }] };
    for (const name of PLANT_NAMES.filter((one) => one !== 'late-answers')) {
      const lane = plant(
        laneOf(() => ({ kind: 'outcome', outcome: broken })),
        name,
      );
      expect(await lane.aggregate(unreadable)).toEqual({ kind: 'outcome', outcome: broken });
    }
  });

  test('the answer before', async () => {
    const lane = plant(honest, 'previous-answer');
    expect(await lane.aggregate(evm)).toEqual(aggregate(evm));
    expect(await lane.aggregate(solana)).toEqual(aggregate(evm));
    expect(await lane.aggregate(evm)).toEqual(aggregate(solana));
  });

  test('about one report in 500, always the same ones', async () => {
    const rounds = Array.from({ length: 5000 }, (_, index) =>
      plainRound({ fields: { block: BigInt(index) } }),
    );
    const wrong = async (): Promise<readonly number[]> => {
      const lane = plant(honest, 'one-in-500');
      const answers = await Promise.all(rounds.map((round) => lane.aggregate(round)));
      return answers.flatMap((answer, index) => {
        const round = rounds[index];
        return round !== undefined && isDeepStrictEqual(answer, aggregate(round)) ? [] : [index];
      });
    };
    const first = await wrong();
    expect(first.length).toBeGreaterThan(1);
    expect(first.length).toBeLessThan(30);
    expect(await wrong()).toEqual(first);
  });

  test('an aborted signal ends the wait for a late answer', async () => {
    const late = Array.from({ length: 400 }, (_, index) => plainRound({ fields: { block: BigInt(index) } }));
    const lane = plant(honest, 'late-answers');
    for (const round of late) {
      expect(await lane.aggregate(round, AbortSignal.abort())).toEqual(aggregate(round));
    }
  });
});
