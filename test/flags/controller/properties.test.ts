import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Guard, Proof, ServiceView } from '../../../src/flags/controller/evidence.ts';
import type { Situation } from '../../../src/flags/controller/decide.ts';
import { PLAN, atStep, bucketsOf, decided, situationWith, viewWith } from './situations.ts';

const LAST = PLAN.steps.length - 1;

/** Near the limits more often than far from them. */
const count = fc.oneof(fc.constantFrom(0, 1, 19, 20, 30, 2999, 3000), fc.nat(20_000));

const rates = fc.record({
  compared: count,
  laneErrors: fc.nat(40),
  liveRounds: count,
  fallbacks: fc.nat(40),
});

const guards: fc.Arbitrary<Guard> = fc.record({
  disagreements: fc.constantFrom(0, 0, 0, 1),
  contradicted: fc.constantFrom(0, 0, 0, 1),
  looppDownMs: fc.constantFrom(0, 0, 0, 1, 30_000, 30_001),
  recent: rates,
});

const proofs: fc.Arbitrary<Proof> = fc
  .record({
    rates,
    forMs: fc.constantFrom(0, 3_600_000, 86_400_000, 1e9),
    distinct: count,
    notAgreeing: fc.nat(3),
    stageRounds: fc.record({ shadow: count, live: count }),
    pairedMeanMs: fc.constantFrom(undefined, -1, 0, 50, 51),
    served: fc.tuple(fc.nat(100), fc.constantFrom(5, 250, 500)),
  })
  .map(({ rates: counted, served: [rounds, ms], ...rest }) => {
    const buckets = bucketsOf(rounds, ms);
    return { ...counted, ...rest, served: { legacy: buckets, loopp: buckets } };
  });

const views: fc.Arbitrary<ServiceView> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ guard: guards, proof: proofs }).map(viewWith) },
  { weight: 1, arbitrary: guards.map((guard) => viewWith({ guard, proof: 'stale' })) },
  { weight: 1, arbitrary: fc.constant({ service: 'a', kind: 'unreachable', problem: 'none' } as const) },
);

const situations: fc.Arbitrary<Situation> = fc.record({
  position: fc.integer({ min: 0, max: LAST }).map((step) => atStep(step)),
  services: fc.oneof(fc.constant([viewWith()]), fc.array(views, { maxLength: 3 })),
  moves: fc.array(fc.constantFrom(undefined, 0, 0, 1), { maxLength: PLAN.steps.length }),
  rollBacks: fc.constantFrom(
    { count: 0, agoMs: undefined },
    { count: 1, agoMs: 0 },
    { count: 1, agoMs: 1e12 },
  ),
});

const RUNS = { numRuns: 2000 };

describe('whatever services show', () => {
  test('missing data never promotes', () => {
    const missing = fc.constantFrom<((situation: Situation) => Situation)[]>(
      (given) => ({ ...given, services: [] }),
      (given) => ({ ...given, moves: [] }),
      (given) => ({ ...given, position: { kind: 'unknown', problem: 'none' } }),
      (given) => ({
        ...given,
        services: [...given.services, { service: 'b', kind: 'unreachable', problem: 'none' }],
      }),
      (given) => ({ ...given, services: [...given.services, viewWith({ proof: 'stale' })] }),
      (given) => ({ ...given, services: [...given.services, viewWith({ proof: { distinct: 0 } })] }),
      (given) => ({
        ...given,
        services: [...given.services, viewWith({ proof: { pairedMeanMs: undefined } })],
      }),
    );
    fc.assert(
      fc.property(fc.oneof(situations, fc.constant(situationWith())), missing, (situation, without) => {
        expect(decided(without(situation)).kind).not.toBe('promote');
      }),
      RUNS,
    );
  });

  test('no step is passed over that moves anybody', () => {
    let promotions = 0;
    fc.assert(
      fc.property(situations, (situation) => {
        const decision = decided(situation);
        if (decision.kind !== 'promote' || situation.position.kind !== 'step') return;
        promotions++;
        const between = situation.moves.slice(situation.position.step + 1, decision.to);
        expect(decision.to).toBeGreaterThan(situation.position.step);
        expect(between.every((moved) => moved === 0)).toBe(true);
        expect(decision.skipped).toHaveLength(between.length);
        expect(situation.moves[decision.to]).toBeGreaterThan(0);
      }),
      RUNS,
    );
    expect(promotions).toBeGreaterThan(20);
  });

  test('a limit that is hit leads back from every step where loopp serves, and from no other', () => {
    const hits = fc.constantFrom<Partial<Guard>[]>(
      { looppDownMs: 30_001 },
      { disagreements: 1, looppDownMs: 30_001 },
    );
    fc.assert(
      fc.property(situations, hits, fc.nat(), (situation, hit, at) => {
        const services = situation.services.toSpliced(at % 4, 0, viewWith({ guard: hit }));
        const { kind } = decided({ ...situation, services });
        const isServing = situation.position.kind === 'step' && situation.position.step > 0;
        expect(kind === 'rollBack').toBe(isServing);
      }),
      RUNS,
    );
  });

  test('more agreement never makes a decision worse, more trouble never better', () => {
    fc.assert(
      fc.property(situations, guards, proofs, fc.nat(5000), (given, guard, proof, more) => {
        const withView = (changes: Parameters<typeof viewWith>[0]): number =>
          goodness({ ...given, services: [...given.services, viewWith(changes)] });
        const before = withView({ guard, proof });
        expect(withView({ guard, proof: agreeing(proof, more) })).toBeGreaterThanOrEqual(before);
        expect(withView({ guard: worse(guard), proof })).toBeLessThanOrEqual(before);
        const troubled = { ...proof, notAgreeing: proof.notAgreeing + 1, laneErrors: proof.laneErrors + 1 };
        expect(withView({ guard, proof: troubled })).toBeLessThanOrEqual(before);
      }),
      RUNS,
    );
  });
});

/** Back, stay, on. */
function goodness(situation: Situation): number {
  const { kind } = decided(situation);
  if (kind === 'rollBack') return 0;
  return kind === 'promote' ? 2 : 1;
}

function agreeing(proof: Proof, more: number): Proof {
  const { distinct, compared, forMs, stageRounds, liveRounds } = proof;
  return {
    ...proof,
    distinct: distinct + more,
    compared: compared + more,
    forMs: forMs + more,
    liveRounds: liveRounds + more,
    stageRounds: { shadow: stageRounds.shadow + more, live: stageRounds.live + more },
  };
}

function worse({ disagreements, contradicted, looppDownMs, recent }: Guard): Guard {
  return {
    disagreements: disagreements + 1,
    contradicted: contradicted + 1,
    looppDownMs: looppDownMs + 1000,
    recent: { ...recent, laneErrors: recent.laneErrors + 1 },
  };
}
