import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lowerBound } from '../../../harness/statistics.ts';
import { decide } from '../../../src/flags/controller/decide.ts';
import { viewsOf } from '../../../src/flags/controller/evidence.ts';
import { PLAN_SCHEMA, sharesAt } from '../../../src/flags/controller/plan.ts';
import { NOTHING_SEEN, watch } from '../../../src/flags/controller/watch.ts';
import { parse } from 'valibot';
import { FLAG } from '../builders.ts';
import { lookWith } from './samples.ts';
import { atStep } from './situations.ts';

const CONDITIONS = {
  minDistinctRounds: 20,
  minTimeMs: 2000,
  minParityLowerBound: 0.8,
  maxLaneErrorRate: 0.1,
};
const PLAN = parse(PLAN_SCHEMA, {
  maxLooppDownMs: 1000,
  holdAfterRollBackMs: 5000,
  maxRollBacks: 1000,
  steps: [
    { stage: 'shadow', ...CONDITIONS },
    ...[1, 50, 100].map((sharePercent) => ({ stage: 'live', sharePercent, ...CONDITIONS })),
  ],
});

/** What happens between two looks, a second apart. */
const EVENTS = [
  'agree',
  'agree',
  'agree',
  'agree',
  'replay',
  'mismatch',
  'lag',
  'away',
  'restart',
  'down',
] as const;
type Event = (typeof EVENTS)[number];

/** A service, its flag and a controller that acts, in memory; keeps the truth to hold promotions against. */
class World {
  step = 0;
  promotions = 0;
  private memory = NOTHING_SEEN;
  private atMs = 0;
  private life = 0;
  private distinct = 0;
  private rounds = 0;
  private mismatches = 0;
  private rolledBackAtMs: number | undefined;
  /** Distinct inputs since the step began, in this life of the service. */
  private sinceStep = 0;
  private stepAtMs = 0;

  happen(event: Event): void {
    this.atMs += 1000;
    if (event === 'agree') this.compare(12);
    if (event === 'replay') this.rounds += 100;
    if (event === 'mismatch') this.mismatches++;
    if (event === 'restart') this.restart();
    this.look(event);
  }

  private compare(count: number): void {
    this.distinct += count;
    this.rounds += count;
    this.sinceStep += count;
  }

  private restart(): void {
    this.life++;
    this.distinct = this.rounds = this.mismatches = this.sinceStep = 0;
  }

  private look(event: Event): void {
    const shares = sharesAt(PLAN.steps[this.step] ?? { stage: 'complete' });
    const { distinct, rounds, mismatches } = this;
    const seen = lookWith(
      event === 'away'
        ? 'no answer'
        : {
            startedAt: String(this.life),
            shares,
            distinct,
            live: this.step === 0 ? 0 : rounds,
            verdicts: { match: rounds, mismatch: mismatches },
            polling: event === 'lag' ? 'stale' : 'ready',
            plugin: event === 'down' ? 'backingOff' : 'ready',
          },
    );
    const at = { atMs: this.atMs, windowMs: PLAN.recentWindowMs };
    this.memory = watch(this.memory, [seen], { name: FLAG, shares }, at);
    this.decide();
  }

  private decide(): void {
    const agoMs = this.rolledBackAtMs === undefined ? undefined : this.atMs - this.rolledBackAtMs;
    const decision = decide(
      PLAN,
      {
        position: atStep(this.step, PLAN),
        services: viewsOf(this.memory),
        moves: PLAN.steps.map(() => 1),
        rollBacks: { count: agoMs === undefined ? 0 : 1, agoMs },
      },
      lowerBound,
    );
    if (decision.kind === 'promote') this.promote(decision.to);
    if (decision.kind === 'rollBack') {
      expect(this.step).toBeGreaterThan(0);
      this.rolledBackAtMs = this.atMs;
      this.begin(0);
    }
  }

  private promote(to: number): void {
    this.promotions++;
    expect(to).toBe(this.step + 1);
    expect(this.sinceStep).toBeGreaterThanOrEqual(CONDITIONS.minDistinctRounds);
    expect(this.atMs - this.stepAtMs).toBeGreaterThanOrEqual(CONDITIONS.minTimeMs);
    if (this.rolledBackAtMs !== undefined) {
      expect(this.atMs - this.rolledBackAtMs).toBeGreaterThanOrEqual(PLAN.holdAfterRollBackMs);
    }
    this.begin(to);
  }

  private begin(step: number): void {
    this.step = step;
    this.stepAtMs = this.atMs;
    this.sinceStep = 0;
  }
}

test('whatever happens, each step has its own evidence, and a roll back its hold time', () => {
  let promotions = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { minLength: 20, maxLength: 80 }), (events) => {
      const world = new World();
      for (const event of events) world.happen(event);
      promotions += world.promotions;
    }),
    { numRuns: 500 },
  );
  expect(promotions).toBeGreaterThan(100);
});

test('a mismatch in live leads back at the very next look', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('agree', 'replay', 'lag', 'away')), (events) => {
      const world = new World();
      for (let wait = 0; world.step === 0 && wait < 10; wait++) world.happen('agree');
      for (const event of events) world.happen(event);
      expect(world.step).toBeGreaterThan(0);
      world.happen('mismatch');
      expect(world.step).toBe(0);
    }),
    { numRuns: 200 },
  );
});
