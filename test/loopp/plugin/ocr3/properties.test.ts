import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateObservation } from '../../../../loopp/plugin/ocr3/observation.ts';
import { executionsOf } from '../../../../loopp/plugin/ocr3/query.ts';
import { CapabilityOutcome, Observations, Query } from '../../../../src/codec/capability.ts';
import type { Id } from '../../../../src/codec/capability.ts';
import { decodeValue } from '../../../../src/codec/values.ts';
import type { AttributedObservation } from '../../../../src/contract/reporting-plugin.ts';
import { observation, text } from '../../../helpers/arbitraries.ts';
import { configureSeed } from '../../../helpers/seed.ts';
import {
  SEQ_NR,
  aggregateInProcess,
  contextOf,
  entryOf,
  idOf,
  observationOf,
  outcomeBytes,
  outcomeOf,
  queryOf,
  rulesOf,
} from './builders.ts';
import type { Entry, OracleSays } from './builders.ts';

configureSeed();

const IDS = [idOf(1), idOf(2), idOf(3, 1)];
const QUERY = queryOf(...IDS);
const RULES = rulesOf();

const arbitraryEntry: fc.Arbitrary<Entry> = fc
  .record({
    id: fc.constantFrom(...IDS),
    observations: fc.array(
      fc.record({ mintable: fc.bigInt({ min: 0n, max: 9n }), seqNr: fc.bigInt({ min: 1n, max: 50n }) }),
      { maxLength: 2 },
    ),
    encoder: fc.constantFrom('', 'X', 'Y'),
  })
  .map(({ id, observations, encoder }) =>
    entryOf(id, {
      observations: observations.map((fields) => decodeValue(observation('2025-09', fields))),
      overriddenEncoderName: encoder,
      overriddenEncoderConfig: encoder === '' ? undefined : new Map([['abi', text(encoder)]]),
    }),
  );

const arbitrarySays: fc.Arbitrary<OracleSays> = fc.record({
  entries: fc.array(arbitraryEntry, { maxLength: 4 }),
  workflows: fc.array(fc.constantFrom(...IDS.map(({ workflowId }) => workflowId), 'other'), { maxLength: 4 }),
  seconds: fc.bigInt({ min: -5n, max: 2000n }),
  nanos: fc.nat({ max: 999_999_999 }),
});

const arbitraryObservations: fc.Arbitrary<readonly AttributedObservation[]> = fc
  .array(arbitrarySays, { minLength: 3, maxLength: 7 })
  .map((oracles) => oracles.map((says, oracle) => observationOf(oracle, says)));

const arbitraryContext = fc
  .dictionary(
    fc.constantFrom(...IDS.map(({ workflowId }) => workflowId), 'other'),
    fc.record({ lastSeenAt: fc.bigInt({ min: 0n, max: SEQ_NR }), shouldReport: fc.boolean() }),
  )
  .map(contextOf);

const arbitraryHeld = fc.record({
  context: arbitraryContext,
  query: fc.shuffledSubarray(IDS).map((ids) => queryOf(...ids)),
  observations: arbitraryObservations,
});

test('the order in which observations come changes no byte of the outcome', () => {
  const shuffled = arbitraryHeld.chain((held) =>
    fc.record({
      held: fc.constant(held),
      observations: fc.shuffledSubarray([...held.observations], { minLength: held.observations.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ held, observations }) => {
      expect(outcomeBytes({ ...held, observations })).toEqual(outcomeBytes(held));
    }),
  );
});

test('the aggregator in process gives the same bytes', () => {
  fc.assert(
    fc.property(arbitraryHeld, (held) => {
      const control = outcomeBytes({ ...held, rules: rulesOf({ aggregate: aggregateInProcess }) });
      expect(outcomeBytes(held)).toEqual(control);
    }),
  );
});

test('an outcome read and written again is the same', () => {
  fc.assert(
    fc.property(arbitraryHeld, (held) => {
      const outcome = outcomeBytes(held);
      expect(CapabilityOutcome.encode(CapabilityOutcome.decode(outcome))).toEqual(outcome);
    }),
  );
});

/**
 * What one faulty oracle of four may send: bytes that pass validation. Three honest ones agree. Which report is chosen
 * is not among what holds: the aggregator takes the first valid one, whoever sent it (docs/spec/aggregator.md H.8,
 * number 1).
 */
describe('one faulty oracle of four', () => {
  const HONEST_SECONDS = [1000n, 1003n, 1001n];
  const honest = (oracle: number, seconds: bigint): AttributedObservation =>
    observationOf(oracle, { entries: IDS.map((id) => entryOf(id)), seconds });

  const forgedId = fc.constantFrom<Id | undefined>(...IDS, idOf(1, 9), idOf(2, 1));
  const arbitraryFaulty = fc.oneof(
    arbitrarySays,
    fc.record({
      entries: fc.array(
        fc.tuple(arbitraryEntry, forgedId).map(([entry, id]) => ({ ...entry, id })),
        { maxLength: 30 },
      ),
      workflows: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 30 }),
      seconds: fc.constantFrom(-62_135_596_800n, 0n, 253_402_300_799n),
    }),
  );
  /** Its number among the four decides whether its reports are met first. */
  const arbitraryRound = fc.tuple(arbitraryFaulty, fc.nat({ max: 3 })).map(([says, place]) => {
    const faulty = observationOf(place, says);
    const others = [0, 1, 2, 3].filter((oracle) => oracle !== place);
    const observations = others.map((oracle, index) => honest(oracle, HONEST_SECONDS[index] ?? 0n));
    return { faulty, observations: [...observations, faulty] };
  });

  test('sends what validation lets through', () => {
    fc.assert(
      fc.property(arbitraryRound, ({ faulty }) => {
        expect(() => validateObservation(QUERY, faulty, RULES.limits)).not.toThrow();
      }),
    );
  });

  test('cannot prevent an execution, add one, or give it another id', () => {
    fc.assert(
      fc.property(arbitraryRound, ({ observations }) => {
        const { currentReports } = outcomeOf({ query: QUERY, observations });
        expect(currentReports.map(({ id }) => id)).toEqual(IDS);
      }),
    );
  });

  test('cannot name an encoder', () => {
    fc.assert(
      fc.property(arbitraryRound, ({ observations }) => {
        for (const { outcome } of outcomeOf({ query: QUERY, observations }).currentReports) {
          expect(outcome?.encoderName).toBe('');
        }
      }),
    );
  });

  test('cannot move the timestamp out of the honest range', () => {
    fc.assert(
      fc.property(arbitraryRound, ({ observations }) => {
        for (const { outcome } of outcomeOf({ query: QUERY, observations }).currentReports) {
          expect(outcome?.timestamp?.seconds).toBeGreaterThanOrEqual(1000n);
          expect(outcome?.timestamp?.seconds).toBeLessThanOrEqual(1003n);
        }
      }),
    );
  });

  test('cannot keep a workflow alive or have one pruned', () => {
    const context = contextOf({ unseen: { lastSeenAt: 1n }, [IDS[0]?.workflowId ?? '']: { lastSeenAt: 1n } });
    const rules = rulesOf({ offchain: { outcomePruningThreshold: 5n } });
    fc.assert(
      fc.property(arbitraryRound, ({ observations }) => {
        const { outcomes } = outcomeOf({ rules, context, query: QUERY, observations });
        expect([...outcomes.keys()]).toEqual([...new Set(IDS.map(({ workflowId }) => workflowId))]);
        for (const { lastSeenAt } of outcomes.values()) expect(lastSeenAt).toBe(SEQ_NR);
      }),
    );
  });

  test('changes nothing as long as an honest oracle’s report is met first', () => {
    const silent = { query: QUERY, observations: HONEST_SECONDS.map((s, oracle) => honest(oracle, s)) };
    fc.assert(
      fc.property(arbitraryFaulty, (says) => {
        const faulty = observationOf(3, { ...says, seconds: 1001n, nanos: 0 });
        const heard = outcomeOf({ ...silent, observations: [...silent.observations, faulty] });
        const alone = outcomeOf(silent);
        const encodables = (outcome: typeof heard): readonly unknown[] =>
          outcome.currentReports.map((report) => report.outcome?.encodableOutcome);
        expect(encodables(heard)).toEqual(encodables(alone));
      }),
    );
  });
});

test('whatever bytes come as an observation, validation refuses them or an outcome can be made with them', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(arbitrarySays, fc.nat(), fc.nat({ max: 255 })).map(([says, at, byte]) => {
      const { observation: good } = observationOf(3, says);
      return good.map((old, index) => (index === at % good.length ? byte : old));
    }),
  );
  fc.assert(
    fc.property(bytes, (observation3) => {
      const faulty = { observer: 3, observation: observation3 };
      let valid = true;
      try {
        validateObservation(QUERY, faulty, RULES.limits);
        Observations.decode(observation3);
      } catch {
        valid = false;
      }
      const honest = [0, 1, 2].map((oracle) =>
        observationOf(oracle, { entries: [entryOf(IDS[0] ?? idOf(1))] }),
      );
      const { currentReports } = outcomeOf({
        query: QUERY,
        observations: [...honest, ...(valid ? [faulty] : [])],
      });
      expect(currentReports[0]?.id).toEqual(IDS[0]);
    }),
  );
});

test('whatever a leader asks, every oracle takes the same executions from it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 60 }), (numbers) => {
      const ids = executionsOf(Query.encode({ ids: numbers.map((number) => idOf(number)) }), RULES.limits);
      expect(ids.length).toBeLessThanOrEqual(20);
      expect(ids).toEqual([...new Set(numbers)].slice(0, 20).map((number) => idOf(number)));
    }),
  );
});
