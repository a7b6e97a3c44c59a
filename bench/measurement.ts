/** What is measured under one name, and what it should reach. */
export interface Goal {
  readonly name: string;
  /** For people: what is held against what. */
  readonly compared: string;
  /** Of the ratio: how many times the other side, or seconds where there is no other side. */
  readonly unit: 'times' | 's';
  readonly limit: 'at least' | 'at most';
  readonly target: number;
}

/** A mean ratio with its 95 % interval. */
export interface Estimate {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Pairs that it comes from. */
  readonly n: number;
}

export interface Finding extends Estimate {
  /** For people: what both sides took, with units. */
  readonly detail: string;
}

/** Where and with what a measurement works. */
export interface Setting {
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
  /** The oracle of test/oracle, built on the first question. */
  readonly goOracle: () => Promise<string>;
  /** Tells people what happens now. */
  readonly progress: (text: string) => void;
}

/** One piece of work that gives a finding for each of its goals, in their order. Rejects when answers are not equal. */
export interface Measurement {
  readonly goals: readonly Goal[];
  readonly needsGo: boolean;
  readonly measure: (setting: Setting) => Promise<readonly Finding[]>;
}

/** A row of the output; numbers are null where the measurement was skipped. */
export interface Result {
  readonly name: string;
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly target: number;
  readonly met: boolean;
  readonly n: number;
  readonly limit: Goal['limit'];
  readonly unit: Goal['unit'];
  readonly skipped?: string;
}

export function resultOf(goal: Goal, { ratio, low, high, n }: Estimate): Result {
  const { name, target, limit, unit } = goal;
  return { name, ratio, low, high, target, met: isMet(goal, { ratio, low, high, n }), n, limit, unit };
}

export function skippedResult({ name, target, limit, unit }: Goal, reason: string): Result {
  return { name, ratio: null, low: null, high: null, target, met: false, n: 0, limit, unit, skipped: reason };
}

/** The mean itself has to reach the target; with fewer than two pairs, where there is no interval, nothing does. */
function isMet({ limit, target }: Goal, { ratio, low, high }: Estimate): boolean {
  return limit === 'at least' ? ratio >= target && high >= target : ratio <= target && low <= target;
}
