import { lowerBound } from '../../../harness/statistics.ts';
import { decide } from '../../../src/flags/controller/decide.ts';
import type { Situation } from '../../../src/flags/controller/decide.ts';
import type { Guard, Proof, ServiceView } from '../../../src/flags/controller/evidence.ts';
import { DEFAULT_PLAN, sharesAt } from '../../../src/flags/controller/plan.ts';
import type { Plan } from '../../../src/flags/controller/plan.ts';
import type { Position } from '../../../src/flags/controller/position.ts';
import type { PilotDecision } from '../../../src/flags/controller/reasons.ts';

export const PLAN = DEFAULT_PLAN;
export const DAY_MS = 24 * 3_600_000;

export const QUIET: Guard = {
  disagreements: 0,
  contradicted: 0,
  looppDownMs: 0,
  recent: { compared: 1000, laneErrors: 0, liveRounds: 1000, fallbacks: 0 },
};

export const CONVINCING: Proof = {
  forMs: 30 * DAY_MS,
  distinct: 10_000,
  compared: 12_000,
  laneErrors: 0,
  notAgreeing: 0,
  liveRounds: 6000,
  fallbacks: 0,
  stageRounds: { shadow: 6000, live: 6000 },
  pairedMeanMs: 1,
  served: { legacy: bucketsOf(6000, 5), loopp: bucketsOf(6000, 5) },
};

/** So many answers, all within `ms`. */
export function bucketsOf(count: number, ms: number): ReadonlyMap<number, number> {
  return new Map([1, 5, 10, 250, 500, Infinity].map((bound) => [bound, bound >= ms ? count : 0]));
}

export interface ViewChanges {
  readonly service?: string;
  readonly guard?: Partial<Guard>;
  readonly proof?: Partial<Proof> | string;
  readonly workflows?: readonly string[];
}

export function viewWith({ service = 'a', guard, proof, workflows = ['w'] }: ViewChanges = {}): ServiceView {
  return {
    service,
    kind: 'seen',
    guard: { ...QUIET, ...guard },
    proof: typeof proof === 'string' ? proof : { ...CONVINCING, ...proof },
    workflows,
  };
}

export function atStep(step: number, plan: Plan = PLAN): Position {
  const given = plan.steps[step];
  if (given === undefined) throw new Error(`expected a step of the plan, got ${String(step)}`);
  return { kind: 'step', step, shares: sharesAt(given) };
}

/** Everything speaks for going on, but what is changed. */
export function situationWith(changes: Partial<Situation> = {}): Situation {
  return {
    position: atStep(0),
    services: [viewWith()],
    moves: PLAN.steps.map(() => 1),
    rollBacks: { count: 0, agoMs: undefined },
    ...changes,
  };
}

export function decided(changes: Partial<Situation> = {}, plan: Plan = PLAN): PilotDecision {
  return decide(plan, situationWith(changes), lowerBound);
}

/** e.g. `promote to 1: proven`. */
export function inShort(decision: PilotDecision): string {
  const reasons = [...new Set(decision.because.map(({ reason }) => reason))].join(', ');
  const to = decision.kind === 'promote' ? ` to ${String(decision.to)}` : '';
  return `${decision.kind}${to}: ${reasons}`;
}
