import type { Dice } from './dice.ts';

/** What a faulty oracle does, in words; docs/simulator.md says what comes of each. */
export const FAULTS = {
  silent: 'says nothing: no observation, no signature, no event',
  lagging: 'sees the chains two rounds late, and events one report late',
  lying: 'reports blocks and amounts that are not so; all liars tell the same',
  duplicated: 'gets its event twice',
  replayed: 'gets an old event again, before the new one',
  reordered: 'gets the events of this and the last round in any order',
  'byzantine-bytes': 'sends garbage as observation, signature and event',
} as const;
export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** A fault and when it strikes. */
export interface Fault {
  readonly name: FaultName;
  /** 0 to n-1. Undefined: one that is drawn for each round, the same for every fault without one. */
  readonly oracle: number | undefined;
  /** Of 100 rounds, it strikes in about so many. 1 to 100. */
  readonly percent: number;
}

/** By oracle, what is wrong with it in a round; the others are fine. */
export type Faults = ReadonlyMap<number, ReadonlySet<FaultName>>;

/** The faults of a round of OCR, counted from 1. Pure. */
export function faultsOf(faults: readonly Fault[], n: number, round: number, dice: Dice): Faults {
  const drawn = dice.below(n, 'faulty oracle', round);
  const striking = new Map<number, ReadonlySet<FaultName>>();
  for (const [at, { name, oracle = drawn, percent }] of faults.entries()) {
    if (!dice.chance(percent, 'fault', name, at, round)) continue;
    striking.set(oracle, new Set([...(striking.get(oracle) ?? []), name]));
  }
  return striking;
}

export const hasFault = (faults: Faults, oracle: number, name: FaultName): boolean =>
  faults.get(oracle)?.has(name) === true;
