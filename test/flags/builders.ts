import type { StageShares } from '../../src/contract/decision.ts';
import type { RawFlag } from '../../src/flags/definition.ts';
import { rangesOf } from '../../src/flags/shares.ts';

/** The flag of the tests. */
export const FLAG = 'securemint.loopp';

/** A flag as Unleash's client API delivers it; members that are named replace those of an ordinary one. */
export function flagWith(members: object): RawFlag {
  const ordinary = { name: FLAG, enabled: true, strategies: [strategyWith({})], variants: [] };
  return { ...ordinary, ...members };
}

/** A strategy for all workflows, without variants. */
export function strategyWith(members: object): object {
  return {
    name: 'flexibleRollout',
    constraints: [],
    parameters: { rollout: '100', stickiness: 'default', groupId: FLAG },
    variants: [],
    ...members,
  };
}

export function variantsOf(weights: Readonly<Record<string, number>>, stickiness = 'default'): object[] {
  return Object.entries(weights).map(([name, weight]) => ({ name, weight, stickiness, weightType: 'fix' }));
}

/** A flag as `flags` writes it and the server orders it. */
export function flagOf(shares: StageShares): RawFlag {
  const weights = rangesOf(shares).map(({ stage, permille }) => [stage, permille] as const);
  return flagWith({ strategies: [strategyWith({ variants: variantsOf(Object.fromEntries(weights)) })] });
}
