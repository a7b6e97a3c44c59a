import type { StageShares } from '../contract/decision.ts';
import type { Stage } from '../contract/stage.ts';
import { AppError } from '../errors.ts';
import type { AdminFlag, AdminStrategy, FlagAdmin } from './admin.ts';
import type { FlagDefinition } from './definition.ts';
import { effectiveRanges, effectiveShares } from './reading.ts';
import { WHOLE, allIn, areSame, movesBetween, percent, rangesOf, shareLive, sharesOf } from './shares.ts';
import type { Move, StageRange } from './shares.ts';

/** Everything that is to be written, and what it does. */
export interface FlagChange {
  /** Undefined: the weights stay. */
  readonly weights: { readonly strategy: AdminStrategy; readonly shares: StageShares } | undefined;
  /** Undefined: it stays. */
  readonly switch: 'on' | 'off' | undefined;
  /** In effect once it is written. */
  readonly after: { readonly enabled: boolean; readonly shares: StageShares };
  /** undefined: who is in which stage before depends on more than weights. */
  readonly moves: readonly Move[] | undefined;
}

/** Every workflow in one stage. Throws `AppError` INPUT when the flag is none that weights decide. */
export function changeStage(name: string, flag: AdminFlag, stage: Stage): FlagChange {
  return changeShares(flag, decidedByWeights(name, flag), allIn(stage));
}

/**
 * So many permille in live; the rest as `shareLive` has it. A flag that is switched off keeps its weights, and the new ones
 * follow from these. Throws `AppError` INPUT when the flag is none that weights decide, or too much is complete.
 */
export function changeLiveShare(name: string, flag: AdminFlag, live: number): FlagChange {
  const decided = decidedByWeights(name, flag);
  const shares = sharesOf(decided.ranges);
  const problem = decided.problem ?? (decided.strategy.variants.length === 0 ? NOT_IN_STRATEGY : undefined);
  if (problem !== undefined) {
    throw new AppError('INPUT', `flag ${name}: ${problem}; \`flags stage\` gives it the ones it needs`);
  }
  if (shares.complete + live > WHOLE) {
    const most = `at most ${percent(WHOLE - shares.complete)}, since ${percent(shares.complete)} are complete`;
    const came = `${percent(live)}; \`flags stage live\` takes them back`;
    throw new AppError('INPUT', `share live: expected ${most}, got ${came}`);
  }
  return changeShares(flag, decided, shareLive(shares, live));
}

/** Beside it they are shared out by the flag's name, in it by the strategy's group id. */
const NOT_IN_STRATEGY = 'strategies.0.variants: expected the variants here, got them beside the strategy';

/** Switches the flag off: one write, whatever its definition is. */
export function changeToOff({ reading }: AdminFlag): FlagChange {
  const before = effectiveRanges(reading);
  return {
    weights: undefined,
    switch: reading.enabled ? 'off' : undefined,
    after: { enabled: false, shares: allIn('off') },
    moves: before === undefined ? undefined : movesBetween(before, rangesOf(allIn('off'))),
  };
}

export function isNothing(change: FlagChange): boolean {
  return change.weights === undefined && change.switch === undefined;
}

/** Weights first: a flag that is switched on with the old ones would move workflows twice. */
export async function write(admin: FlagAdmin, { weights, switch: to }: FlagChange): Promise<void> {
  if (weights !== undefined) await admin.setShares(weights.strategy, weights.shares);
  if (to !== undefined) await admin.switch(to);
}

/** The flag's definition once the change is written. */
export function definitionAfter(
  { definition }: AdminFlag,
  { weights, after: { enabled } }: FlagChange,
): FlagDefinition {
  if (weights === undefined) return { ...definition, enabled };
  const variants = rangesOf(weights.shares).map(({ stage, permille }) => {
    return { name: stage, weight: permille, stickiness: 'default', overrides: [] };
  });
  const strategies = definition.strategies.map((strategy) => ({ ...strategy, variants }));
  return { ...definition, enabled, strategies };
}

/** Whether the flag is as the change leaves it. */
export function isWritten({ reading }: AdminFlag, { after }: FlagChange): boolean {
  const shares = effectiveShares(reading);
  return reading.enabled === after.enabled && shares !== undefined && areSame(shares, after.shares);
}

function changeShares(
  { reading }: AdminFlag,
  { strategy, ranges, problem }: DecidedByWeights,
  shares: StageShares,
): FlagChange {
  const isSame = problem === undefined && areSame(sharesOf(ranges), shares);
  const before = effectiveRanges(reading);
  return {
    weights: isSame && strategy.variants.length > 0 ? undefined : { strategy, shares },
    switch: reading.enabled ? undefined : 'on',
    after: { enabled: true, shares },
    moves: before === undefined ? undefined : movesBetween(before, rangesOf(shares)),
  };
}

/** A flag with one strategy for all workflows. */
interface DecidedByWeights {
  readonly strategy: AdminStrategy;
  /** Once the flag is switched on. */
  readonly ranges: readonly StageRange[];
  readonly problem: string | undefined;
}

/** Throws `AppError` INPUT when writing one strategy's weights would not decide everything. */
function decidedByWeights(name: string, { reading, strategies }: AdminFlag): DecidedByWeights {
  const { division } = reading;
  const [strategy, ...more] = strategies;
  const expected = `flag ${name}: expected one strategy for all workflows`;
  if (strategy === undefined) {
    throw new AppError('INPUT', `${expected}, got none in this environment; \`flags create\` adds it`);
  }
  if (division.kind === 'unusable') throw new AppError('INPUT', `flag ${name}: ${division.problem}`);
  if (division.kind === 'more') {
    throw new AppError('INPUT', `${expected}, got ${division.dependsOn}; change it in Unleash`);
  }
  if (more.length > 0 || strategy.disabled) {
    throw new AppError('INPUT', `${expected}, got some that are switched off; change them in Unleash`);
  }
  return { strategy, ranges: division.ranges, problem: division.problem };
}
