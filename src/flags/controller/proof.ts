import type { Proof, ServiceView } from './evidence.ts';
import { atMost, fallbacks, laneErrors } from './limits.ts';
import type { Plan, ProvingStep } from './plan.ts';
import type { Because, HoldReason, InconclusiveReason } from './reasons.ts';
import { merge, quantile } from './served.ts';

/** Exact one-sided 95 % lower bound of a proportion; NaN without trials. */
export type LowerBound = (successes: number, trials: number) => number;

/** What keeps a step from being proven. */
export interface Objections {
  readonly unknown: readonly Because<InconclusiveReason>[];
  readonly wrong: readonly Because<HoldReason>[];
}

/** Every service has to prove the step for itself: inputs that two have seen are counted by both and never added up. */
export function objectionsTo(
  plan: Plan,
  step: ProvingStep,
  services: readonly ServiceView[],
  bound: LowerBound,
): Objections {
  if (services.length === 0) return NO_SERVICES;
  const all = services.map((view) => ofService(plan, step, view, bound));
  const proofs = services.flatMap((view) =>
    view.kind === 'seen' && typeof view.proof !== 'string' ? [view.proof] : [],
  );
  // What all of them show together is only known when all of them do.
  const fleet = proofs.length < services.length ? NOTHING : ofFleet(step, proofs);
  return {
    unknown: [...all.flatMap(({ unknown }) => unknown), ...fleet.unknown],
    wrong: [...all.flatMap(({ wrong }) => wrong), ...fleet.wrong],
  };
}

const NOTHING: Objections = { unknown: [], wrong: [] };

const NO_SERVICES: Objections = {
  unknown: [{ reason: 'no services', text: 'expected services to look at, got none' }],
  wrong: [],
};

function ofService(plan: Plan, step: ProvingStep, view: ServiceView, bound: LowerBound): Objections {
  const { service } = view;
  if (view.kind === 'unreachable') {
    return { unknown: [{ reason: 'service unreachable', text: `${service}: ${view.problem}` }], wrong: [] };
  }
  const { proof, guard } = view;
  const against = [
    ...atMost('disagreements', guard.disagreements, step.maxDisagreements),
    ...atMost('witness contradicted', guard.contradicted, step.maxWitnessContradicted),
    ...notDown(guard.looppDownMs, plan),
  ];
  if (typeof proof === 'string') {
    return {
      unknown: [{ reason: 'service does not follow', text: `${service}: ${proof}` }],
      wrong: against.map(named(service)),
    };
  }
  return {
    unknown: gaps(step, proof).map(named(service)),
    wrong: [...against, ...shortfalls(step, proof, bound)].map(named(service)),
  };
}

const named =
  (service: string) =>
  <Reason extends string>({ reason, text }: Because<Reason>): Because<Reason> => {
    return { reason, text: `${service}: ${text}` };
  };

/** Nobody moves towards a plugin that is away at this moment. */
function notDown(looppDownMs: number, { maxLooppDownMs }: Plan): Because<HoldReason>[] {
  if (looppDownMs === 0) return [];
  const text = `expected the plugin to be ready, got ${String(Math.round(looppDownMs))} ms without it`;
  return [
    { reason: 'loopp down', text: `${text}, at most ${String(maxLooppDownMs)} ms allowed while it serves` },
  ];
}

function gaps(step: ProvingStep, { distinct, pairedMeanMs }: Proof): Because<InconclusiveReason>[] {
  const gap: Because<InconclusiveReason>[] = [];
  if (distinct < step.minDistinctRounds) {
    const expected = `expected at least ${String(step.minDistinctRounds)} distinct rounds`;
    gap.push({ reason: 'too few distinct rounds', text: `${expected}, got ${String(distinct)}` });
  }
  if (step.maxPairedMeanMs !== undefined && pairedMeanMs === undefined) {
    gap.push({
      reason: 'no paired difference',
      text: 'expected rounds with answers of both lanes, got none',
    });
  }
  return gap;
}

function shortfalls(step: ProvingStep, proof: Proof, bound: LowerBound): Because<HoldReason>[] {
  return [
    ...longEnough(step, proof),
    ...parity(step, proof, bound),
    ...notSlower(step, proof),
    ...laneErrors(proof, step.maxLaneErrorRate),
    ...fallbacks(proof, step.maxFallbackRate),
  ];
}

function longEnough({ minTimeMs }: ProvingStep, { forMs }: Proof): Because<HoldReason>[] {
  if (forMs >= minTimeMs) return [];
  const text = `expected at least ${String(minTimeMs)} ms at this step, got ${String(Math.round(forMs))} ms`;
  return [{ reason: 'minimum time', text }];
}

/** Rounds that did not agree are at least as many as inputs that did not. */
function parity(
  { minParityLowerBound }: ProvingStep,
  { distinct, notAgreeing }: Proof,
  bound: LowerBound,
): Because<HoldReason>[] {
  const came = bound(Math.max(0, distinct - notAgreeing), distinct);
  // NaN is no proof.
  if (came >= minParityLowerBound) return [];
  const inWords = Number.isNaN(came) ? 'no comparison' : came.toFixed(6);
  const text = `expected a lower bound of at least ${String(minParityLowerBound)}, got ${inWords}`;
  return [{ reason: 'parity bound', text }];
}

function notSlower({ maxPairedMeanMs }: ProvingStep, { pairedMeanMs }: Proof): Because<HoldReason>[] {
  if (maxPairedMeanMs === undefined || pairedMeanMs === undefined || pairedMeanMs <= maxPairedMeanMs)
    return [];
  const expected = `expected loopp to take at most ${String(maxPairedMeanMs)} ms longer than legacy on average`;
  return [{ reason: 'paired difference', text: `${expected}, got ${pairedMeanMs.toFixed(3)} ms` }];
}

function ofFleet(step: ProvingStep, proofs: readonly Proof[]): Objections {
  const inStage = proofs.reduce((sum, { stageRounds }) => sum + stageRounds[step.stage], 0);
  const served = servedLatency(step, proofs);
  if (inStage >= step.minStageRounds) return served;
  const expected = `expected at least ${String(step.minStageRounds)} rounds in ${step.stage}`;
  const few = { reason: 'too few rounds in stage', text: `${expected}, got ${String(inStage)}` } as const;
  return { unknown: [few, ...served.unknown], wrong: served.wrong };
}

function servedLatency({ stage, maxServedP99Ms }: ProvingStep, proofs: readonly Proof[]): Objections {
  if (maxServedP99Ms === undefined) return NOTHING;
  const lane = stage === 'live' ? 'loopp' : 'legacy';
  const p99Ms = quantile(merge(proofs.map(({ served }) => served[lane])), 0.99);
  if (p99Ms === undefined) {
    const text = `expected rounds over HTTP that ${lane} served, got none`;
    return { unknown: [{ reason: 'no served latency', text }], wrong: [] };
  }
  if (p99Ms <= maxServedP99Ms) return NOTHING;
  const expected = `expected callers to wait for ${lane} at most ${String(maxServedP99Ms)} ms at p99`;
  return {
    unknown: [],
    wrong: [{ reason: 'served latency', text: `${expected}, got up to ${String(p99Ms)} ms` }],
  };
}
