import type { ServiceView } from './evidence.ts';
import { hardLimits } from './limits.ts';
import type { Plan, ProvingStep, Step } from './plan.ts';
import { stepInWords } from './plan.ts';
import { isLooppServing } from './position.ts';
import type { Position } from './position.ts';
import { objectionsTo } from './proof.ts';
import type { LowerBound, Objections } from './proof.ts';
import type { Because, HoldReason, PilotDecision } from './reasons.ts';

/** Roll backs that were acted upon. */
export interface RollBacks {
  readonly count: number;
  /** Since the last one; undefined: there was none. */
  readonly agoMs: number | undefined;
}

/** Everything a decision depends on. */
export interface Situation {
  readonly position: Position;
  readonly services: readonly ServiceView[];
  /** How many known workflows each step of the plan would move from where the flag is; undefined: nobody knows. */
  readonly moves: readonly (number | undefined)[];
  readonly rollBacks: RollBacks;
}

/**
 * What to do with the flag. Pure; in this order: back at once when a limit is hit; nothing where a person has put the flag;
 * on to the next step that moves anybody when nothing is unknown and nothing is wrong.
 */
export function decide(plan: Plan, situation: Situation, bound: LowerBound): PilotDecision {
  const { position, services } = situation;
  if (position.kind === 'unknown') {
    return { kind: 'inconclusive', because: [{ reason: 'flag unknown', text: position.problem }] };
  }
  const hits = isLooppServing(position) ? hardLimits(plan, guardingStep(plan, position), services) : [];
  if (hits.length > 0) return { kind: 'rollBack', because: hits };
  if (position.kind !== 'step') return hold(HELD_BY_PEOPLE[position.kind]);
  const step = plan.steps[position.step];
  if (step === undefined || step.stage === 'complete' || position.step === plan.steps.length - 1) {
    return hold({ reason: 'finished', text: 'the plan has no further step' });
  }
  return decideAtStep(plan, situation, { step, index: position.step }, bound);
}

const HELD_BY_PEOPLE: Readonly<Record<'off' | 'beside', Because<HoldReason>>> = {
  off: { reason: 'off', text: 'every workflow is off: `flags stage shadow` begins' },
  beside: { reason: 'not a step', text: 'the flag is at no step of the plan: `flags` puts it there' },
};

function hold(because: Because<HoldReason>): PilotDecision {
  return { kind: 'hold', because: [because] };
}

/** The step whose limits hold where the flag is. */
function guardingStep({ steps }: Plan, position: Position): ProvingStep | undefined {
  if (position.kind !== 'step' && position.kind !== 'beside') return undefined;
  const step = steps[position.kind === 'step' ? position.step : position.guard];
  return step === undefined || step.stage === 'complete' ? undefined : step;
}

function decideAtStep(
  plan: Plan,
  { services, moves, rollBacks }: Situation,
  { step, index }: { readonly step: ProvingStep; readonly index: number },
  bound: LowerBound,
): PilotDecision {
  const { unknown, wrong } = objectionsTo(plan, step, services, bound);
  const next = nextStep(plan, moves, index);
  const unclear = [...unknown, ...(next === undefined ? [WORKFLOWS_UNKNOWN] : [])];
  const held = [...wrong, ...afterRollBack(plan, rollBacks)];
  if (unclear.length > 0) return { kind: 'inconclusive', because: [...unclear, ...held] };
  if (held.length > 0 || next === undefined) return { kind: 'hold', because: held };
  return { kind: 'promote', ...next, because: promotion(plan.steps, index, next) };
}

const WORKFLOWS_UNKNOWN: Objections['unknown'][number] = {
  reason: 'workflows unknown',
  text: 'expected known workflows that a further step moves, got none',
};

interface NextStep {
  readonly to: number;
  readonly skipped: readonly number[];
}

/** The first step that moves anybody; undefined when it cannot be told, or none does. */
function nextStep(
  { steps }: Plan,
  moves: readonly (number | undefined)[],
  index: number,
): NextStep | undefined {
  const skipped: number[] = [];
  for (let to = index + 1; to < steps.length; to++) {
    const moved = moves[to];
    if (moved === undefined) return undefined;
    if (moved > 0) return { to, skipped };
    skipped.push(to);
  }
  return undefined;
}

function afterRollBack(plan: Plan, { count, agoMs }: RollBacks): Because<HoldReason>[] {
  const { holdAfterRollBackMs, maxRollBacks } = plan;
  if (agoMs === undefined) return [];
  if (count >= maxRollBacks) {
    const text = `${String(count)} roll backs, at most ${String(maxRollBacks)}: a person has to look`;
    return [{ reason: 'too many roll backs', text }];
  }
  if (agoMs >= holdAfterRollBackMs) return [];
  const left = String(Math.ceil(holdAfterRollBackMs - agoMs));
  return [{ reason: 'after roll back', text: `${left} ms of the hold time are left` }];
}

function promotion(
  steps: readonly Step[],
  from: number,
  { to, skipped }: NextStep,
): Extract<PilotDecision, { readonly kind: 'promote' }>['because'] {
  const [here, there] = [steps[from], steps[to]].map((step) =>
    step === undefined ? '?' : stepInWords(step),
  );
  const names = skipped.flatMap((index) => steps[index] ?? []).map(stepInWords);
  const proven = { reason: 'proven', text: `${here ?? '?'} is proven, on to ${there ?? '?'}` } as const;
  if (names.length === 0) return [proven];
  return [proven, { reason: 'steps skipped', text: `${names.join(', ')} would move no known workflow` }];
}
