import type { Guard, Rates, ServiceView } from './evidence.ts';
import type { Plan, ProvingStep } from './plan.ts';
import type { Because, RollBackReason } from './reasons.ts';

type Hit = Because<RollBackReason>;

/**
 * What sends the flag back at once while loopp serves. `step`: undefined once nothing is compared. Every service counts
 * that answers, whatever becomes of the others.
 */
export function hardLimits(
  plan: Plan,
  step: ProvingStep | undefined,
  services: readonly ServiceView[],
): readonly Hit[] {
  return services.flatMap((view) => {
    if (view.kind === 'unreachable') return [];
    const { service, guard } = view;
    const hits = [...(step === undefined ? [] : compared(guard, plan, step)), ...looppDown(guard, plan)];
    return hits.map(({ reason, text }) => ({ reason, text: `${service}: ${text}` }));
  });
}

function compared({ disagreements, contradicted, recent }: Guard, plan: Plan, step: ProvingStep): Hit[] {
  const { minRecentRounds, maxRecentLaneErrorRate, maxRecentFallbackRate } = plan;
  return [
    ...atMost('disagreements', disagreements, step.maxDisagreements),
    ...atMost('witness contradicted', contradicted, step.maxWitnessContradicted),
    ...(recent.compared >= minRecentRounds ? laneErrors(recent, maxRecentLaneErrorRate) : []),
    ...(recent.liveRounds >= minRecentRounds ? fallbacks(recent, maxRecentFallbackRate) : []),
  ];
}

function looppDown({ looppDownMs }: Guard, { maxLooppDownMs }: Plan): Hit[] {
  if (looppDownMs <= maxLooppDownMs) return [];
  const text = `expected the plugin back within ${String(maxLooppDownMs)} ms`;
  return [{ reason: 'loopp down', text: `${text}, got ${String(Math.round(looppDownMs))} ms without it` }];
}

/** None, or one, when there are more than allowed. */
export function atMost<Reason extends string>(reason: Reason, came: number, most: number): Because<Reason>[] {
  if (came <= most) return [];
  return [{ reason, text: `expected at most ${String(most)} rounds, got ${String(came)}` }];
}

export function laneErrors(
  { laneErrors: came, compared: of }: Rates,
  most: number,
): Because<'lane errors'>[] {
  return withinRate('lane errors', came, of, most);
}

export function fallbacks({ fallbacks: came, liveRounds: of }: Rates, most: number): Because<'fallbacks'>[] {
  return withinRate('fallbacks', came, of, most);
}

function withinRate<Reason extends string>(
  reason: Reason,
  came: number,
  of: number,
  most: number,
): Because<Reason>[] {
  if (came <= most * of) return [];
  return [
    { reason, text: `expected a rate of at most ${String(most)}, got ${String(came)} of ${String(of)}` },
  ];
}
