import { printable } from '../../../harness/text.ts';
import type { Plan } from '../../flags/controller/plan.ts';
import { stepInWords } from '../../flags/controller/plan.ts';
import type { Position } from '../../flags/controller/position.ts';
import type { ServiceView } from '../../flags/controller/evidence.ts';
import { sharesInWords } from '../../flags/shares.ts';
import type { Acted, Turn } from './pilot.ts';

/** How far a turn went. */
export interface Told {
  readonly plan: Plan;
  readonly isActing: boolean;
  readonly acted: Acted;
}

/** One line: when, what, where, why. */
export function turnLine({ decision, position }: Turn, { plan, isActing, acted }: Told): string {
  const what = `${verbOf(decision.kind, isActing)}${acted === undefined ? '' : ` (${acted})`}`;
  const because = decision.because.map(({ reason, text }) => `${reason} (${printable(text)})`).join('; ');
  return `${new Date().toISOString()} ${positionInWords(position, plan)}: ${what}: ${because}`;
}

function verbOf(kind: Turn['decision']['kind'], isActing: boolean): string {
  if (kind === 'promote') return isActing ? 'promote' : 'would promote';
  if (kind === 'rollBack') return isActing ? 'roll back' : 'would roll back';
  return kind;
}

function positionInWords(position: Position, { steps }: Plan): string {
  if (position.kind === 'unknown') return 'flag unknown';
  if (position.kind === 'off') return 'off';
  if (position.kind === 'beside') return sharesInWords(position.shares);
  const step = steps[position.step];
  return step === undefined ? 'no step' : stepInWords(step);
}

/** The same for programs, with the evidence of every service. */
export function turnJson({ decision, position, services }: Turn, { plan, isActing, acted }: Told): string {
  const to = decision.kind === 'promote' ? plan.steps[decision.to] : undefined;
  const skipped = decision.kind === 'promote' ? decision.skipped : [];
  return JSON.stringify({
    at: new Date().toISOString(),
    position: positionInWords(position, plan),
    step: position.kind === 'step' ? position.step : null,
    decision: decision.kind,
    because: decision.because,
    to: to === undefined ? null : stepInWords(to),
    skipped: skipped.flatMap((index) => plan.steps[index] ?? []).map(stepInWords),
    act: isActing,
    acted: acted ?? null,
    services: services.map(serviceJson),
  });
}

function serviceJson(view: ServiceView): object {
  const { service } = view;
  if (view.kind === 'unreachable') return { service, problem: view.problem };
  const { guard, proof, workflows } = view;
  if (typeof proof === 'string') return { service, workflows: workflows.length, guard, problem: proof };
  const { served: _, pairedMeanMs = null, ...counts } = proof;
  return { service, workflows: workflows.length, guard, proof: { ...counts, pairedMeanMs } };
}
