import * as v from 'valibot';
import type { StageShares } from '../../contract/decision.ts';
import { WHOLE, allIn, percent } from '../shares.ts';

/** The message of every check is what is expected; who reads the plan adds the field and what came. */

const YEAR_MS = 366 * 24 * 3_600_000;

function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${String(min)} to ${String(max)}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

function number(expected: string, min: number, max: number) {
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

const rate = number('a rate from 0 to 1', 0, 1);
const durationMs = wholeNumber(0, YEAR_MS);
const limitMs = number('a number of milliseconds from 0 to 3600000', 0, 3_600_000);
const rounds = wholeNumber(0, 1e12);

/** What a step has to show before the next one. Everything is counted since the step began. */
const conditions = {
  /** Distinct inputs that every service has compared in this step; those it had seen before count for nothing. */
  minDistinctRounds: wholeNumber(1, 1e12),
  /** Rounds in the step's own stage, over all services. */
  minStageRounds: v.optional(wholeNumber(1, 1e12), 1),
  minTimeMs: durationMs,
  /** One-sided 95 % lower bound of parity over distinct inputs, in every service. */
  minParityLowerBound: v.pipe(
    v.number('a bound from 0 to below 1'),
    v.minValue(0, 'a bound from 0 to below 1'),
    v.ltValue(1, 'a bound from 0 to below 1'),
  ),
  /** p99 of how long callers wait for the lane that the stage serves; absent: it is not looked at. */
  maxServedP99Ms: v.optional(limitMs),
  /** Mean of loopp minus legacy on the same rounds, in every service; absent: it is not looked at. */
  maxPairedMeanMs: v.optional(limitMs),
  /** Comparisons without an answer of a lane, as a share of all; more keep the step from being proven. */
  maxLaneErrorRate: rate,
  /** Rounds in live for which legacy stepped in, as a share of those in live; more do the same. */
  maxFallbackRate: v.optional(rate, 0),
  /** Rounds on which the lanes disagree; more go back while loopp serves. */
  maxDisagreements: v.optional(rounds, 0),
  /** Rounds on which a lane contradicts its witness; the same. */
  maxWitnessContradicted: v.optional(rounds, 0),
};

const SHARE = 'a percentage from 0.1 to 100 in steps of 0.1';

const sharePercent = v.pipe(
  number(SHARE, 0.1, 100),
  v.check((share) => Math.abs(share * 10 - Math.round(share * 10)) < 1e-9, SHARE),
);

const step = v.variant(
  'stage',
  [
    v.strictObject({ stage: v.literal('shadow'), ...conditions }),
    v.strictObject({ stage: v.literal('live'), sharePercent, ...conditions }),
    // Nothing is compared any more: there is nothing to show, and no step to go to.
    v.strictObject({ stage: v.literal('complete') }),
  ],
  'one of shadow, live, complete',
);
export type Step = v.InferOutput<typeof step>;
export type ProvingStep = Exclude<Step, { readonly stage: 'complete' }>;

const ORDER = 'steps in order: shadow first, live with rising shares, complete last if at all';

export const PLAN_SCHEMA = v.strictObject(
  {
    /** How far the two rates below look back. */
    recentWindowMs: v.optional(wholeNumber(1, 3_600_000), 60_000),
    /** With fewer rounds in that window a rate says nothing. */
    minRecentRounds: v.optional(wholeNumber(1, 1e9), 20),
    /** Comparisons in that window without an answer of a lane, as a share of all; more go back. */
    maxRecentLaneErrorRate: v.optional(rate, 0.05),
    /** Rounds in live in that window for which legacy stepped in; more go back. */
    maxRecentFallbackRate: v.optional(rate, 0.05),
    /** The plugin may be away for so long while loopp serves. */
    maxLooppDownMs: v.optional(durationMs, 30_000),
    /** Nothing is promoted for so long after a roll back. */
    holdAfterRollBackMs: v.optional(durationMs, 3_600_000),
    /** After so many nothing is promoted until a person has looked. */
    maxRollBacks: v.optional(wholeNumber(1, 1000), 3),
    steps: v.pipe(
      v.array(step, 'a list of steps'),
      v.check((given) => areInOrder(given), ORDER),
    ),
  },
  'a plan',
);
export type Plan = v.InferOutput<typeof PLAN_SCHEMA>;

function areInOrder(steps: readonly Step[]): boolean {
  const places = steps.map(placeOf);
  return (
    steps[0]?.stage === 'shadow' &&
    places.every((place, index) => index === 0 || place > (places[index - 1] ?? Infinity))
  );
}

function placeOf(given: Step): number {
  if (given.stage === 'shadow') return 0;
  return given.stage === 'complete' ? WHOLE + 1 : livePermille(given);
}

/** How the flag shares workflows out at a step. */
export function sharesAt(given: Step): StageShares {
  if (given.stage !== 'live') return allIn(given.stage);
  const live = livePermille(given);
  return { ...allIn('shadow'), shadow: WHOLE - live, live };
}

export function livePermille(given: Step): number {
  return given.stage === 'live' ? Math.round(given.sharePercent * 10) : 0;
}

/** e.g. `live 5 %`. */
export function stepInWords(given: Step): string {
  return given.stage === 'live' ? `live ${percent(livePermille(given))}` : given.stage;
}

const HOUR_MS = 3_600_000;

/** 3,000 distinct inputs that all agree give a bound of 0.999. */
const proven = {
  minDistinctRounds: 3000,
  minParityLowerBound: 0.999,
  maxServedP99Ms: 250,
  maxPairedMeanMs: 50,
  maxLaneErrorRate: 0.001,
};

const live = (share: number, minTimeMs: number) => {
  return {
    stage: 'live',
    sharePercent: share,
    minStageRounds: 30,
    minTimeMs,
    maxFallbackRate: 0.001,
    ...proven,
  };
};

/** What a file may say otherwise; docs/controller.md shows it as YAML. */
export const DEFAULT_PLAN: Plan = v.parse(PLAN_SCHEMA, {
  steps: [
    { stage: 'shadow', minTimeMs: 24 * HOUR_MS, ...proven },
    live(1, 4 * HOUR_MS),
    live(5, 4 * HOUR_MS),
    live(25, 8 * HOUR_MS),
    live(50, 8 * HOUR_MS),
    live(100, 7 * 24 * HOUR_MS),
    { stage: 'complete' },
  ],
});
