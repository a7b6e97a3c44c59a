import { createHash } from 'node:crypto';
import type { StageShares } from '../contract/decision.ts';
import { STAGES } from '../contract/stage.ts';
import type { Stage } from '../contract/stage.ts';
import type { FlagDefinition, FlagStrategy, FlagVariant } from './definition.ts';
import { WHOLE, allIn, percent, rangesOf, sharesOf } from './shares.ts';
import type { StageRange } from './shares.ts';
import { STICKINESS } from './stickiness.ts';

/** How an enabled flag shares workflows out. */
export type Division =
  /** By its variants' weights alone; `problem`: what is off because no variant names a stage. */
  | { readonly kind: 'weights'; readonly ranges: readonly StageRange[]; readonly problem: string | undefined }
  /** By more than weights, which only Unleash's client can tell for one workflow. */
  | { readonly kind: 'more'; readonly dependsOn: string }
  /** Not so that a workflow would keep its stage: nothing is decided by it, everything is off. */
  | { readonly kind: 'unusable'; readonly problem: string };

/** What a flag's definition says. */
export interface FlagReading {
  readonly enabled: boolean;
  readonly division: Division;
  /** 12 hex digits; undefined: there is no such flag. */
  readonly revision: string | undefined;
}

const REVISION_DIGITS = 12;

/** `flag`: undefined when there is none of that name. */
export function readFlag(name: string, flag: FlagDefinition | undefined): FlagReading {
  if (flag === undefined) {
    const problem = `flag ${name}: expected it where the token reads flags, got none of that name: every workflow is off`;
    const division = { kind: 'unusable', problem } as const;
    return { enabled: false, division, revision: undefined };
  }
  const digest = createHash('sha256').update(JSON.stringify(flag)).digest('hex');
  return { enabled: flag.enabled, division: divide(flag), revision: digest.slice(0, REVISION_DIGITS) };
}

/** Who is in which stage; undefined when that depends on more than weights. */
export function effectiveRanges({ enabled, division }: FlagReading): readonly StageRange[] | undefined {
  if (!enabled || division.kind === 'unusable') return rangesOf(allIn('off'));
  return division.kind === 'weights' ? division.ranges : undefined;
}

export function effectiveShares(reading: FlagReading): StageShares | undefined {
  const ranges = effectiveRanges(reading);
  return ranges === undefined ? undefined : sharesOf(ranges);
}

/** What is wrong with the definition, in words; a flag that exists and is off does no harm. */
export function problemOf({ enabled, division, revision }: FlagReading): string | undefined {
  if (division.kind === 'more' || (!enabled && revision !== undefined)) return undefined;
  return division.problem;
}

function divide(flag: FlagDefinition): Division {
  const problem = unusableBecause(flag);
  if (problem !== undefined) return { kind: 'unusable', problem: `${problem}; every workflow is off` };
  const dependsOn = moreThanWeights(flag);
  if (dependsOn !== undefined) return { kind: 'more', dependsOn };
  const own = flag.strategies[0]?.variants ?? [];
  return divideByWeights(own.length > 0 ? own : (flag.variants ?? []));
}

function unusableBecause({ strategies, variants }: FlagDefinition): string | undefined {
  const areUsed = strategies.length === 0 || strategies.some((strategy) => strategy.variants.length === 0);
  return [
    ...strategies.map((strategy, index) => strategyTrouble(strategy, `strategies.${String(index)}`)),
    areUsed ? variantsTrouble(variants ?? [], undefined, 'variants') : undefined,
  ].find((trouble) => trouble !== undefined);
}

function strategyTrouble(strategy: FlagStrategy, place: string): string | undefined {
  const { name, parameters, variants } = strategy;
  if (name === 'gradualRolloutRandom') {
    return `${place}.name: expected a strategy that answers a workflow the same every time, got ${name}`;
  }
  const given = parameters['stickiness'];
  const stickiness = typeof given === 'string' ? given : undefined;
  const rollout =
    name === 'flexibleRollout' ? stickinessTrouble(stickiness, `${place}.parameters`) : undefined;
  return rollout ?? variantsTrouble(variants, stickiness, `${place}.variants`);
}

/** `inherited`: what variants are sticky by when they do not say. */
function variantsTrouble(
  variants: readonly FlagVariant[],
  inherited: string | undefined,
  place: string,
): string | undefined {
  const [first] = variants;
  if (first === undefined) return undefined;
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== WHOLE) {
    return `${place}: expected weights that add up to ${percent(WHOLE)}, got ${percent(total)}`;
  }
  return stickinessTrouble(first.stickiness ?? inherited, `${place}.0`);
}

/** Empty: Unleash's own, `default`. */
function stickinessTrouble(stickiness: string | undefined, place: string): string | undefined {
  const effective = stickiness === undefined || stickiness === '' ? 'default' : stickiness;
  if (STICKINESS.some((known) => known === effective)) return undefined;
  const expected = `expected one of ${STICKINESS.join(', ')}, so that a workflow keeps its stage`;
  return `${place}.stickiness: ${expected}, got ${JSON.stringify(stickiness)}`;
}

/** Strategies that have no conditions of their own. */
const PLAIN_STRATEGIES: ReadonlySet<string> = new Set(['default', 'flexibleRollout']);

function moreThanWeights({ strategies, variants, dependencies }: FlagDefinition): string | undefined {
  const [strategy] = strategies;
  const all = [...(strategy?.variants ?? []), ...(variants ?? [])];
  const reasons = [
    (dependencies ?? []).length > 0 ? 'other flags' : undefined,
    strategies.length > 1 ? `${String(strategies.length)} strategies` : undefined,
    strategies.some(({ constraints }) => constraints.length > 0) ? 'constraints' : undefined,
    strategies.some(({ segments }) => segments.length > 0) ? 'segments' : undefined,
    all.some(({ overrides }) => overrides.length > 0) ? 'overrides of variants' : undefined,
    strategy === undefined ? undefined : conditionOf(strategy),
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

function conditionOf({ name, parameters }: FlagStrategy): string | undefined {
  if (!PLAIN_STRATEGIES.has(name)) return `strategy ${name}`;
  if (name !== 'flexibleRollout' || Number(parameters['rollout']) === 100) return undefined;
  return `a rollout of ${String(parameters['rollout'])} %`;
}

function divideByWeights(variants: readonly FlagVariant[]): Division {
  if (variants.length === 0) {
    const problem = `variants: expected ${STAGES.join(', ')}, got none: every workflow is off`;
    return { kind: 'weights', ranges: rangesOf(allIn('off')), problem };
  }
  const ranges = variants.map(({ name, weight }) => ({ stage: stageNamed(name) ?? 'off', permille: weight }));
  const unknown = variants.filter(({ name, weight }) => weight > 0 && stageNamed(name) === undefined);
  return { kind: 'weights', ranges, problem: unknown.length === 0 ? undefined : unknownInWords(unknown) };
}

function unknownInWords(variants: readonly FlagVariant[]): string {
  const came = variants.map(({ name, weight }) => `${JSON.stringify(name)} (${percent(weight)})`).join(', ');
  return `variants: expected ${STAGES.join(', ')}, got ${came}: its workflows are off`;
}

/** The stage that a variant names. */
export function stageNamed(name: string | undefined): Stage | undefined {
  return STAGES.find((stage) => stage === name);
}
