import type { LaneName } from '../../src/contract/judgement.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { roundDigest } from '../digest.ts';
import { Exchange } from '../exchange.ts';
import type { Lanes } from '../exchange.ts';
import { isFinding } from '../groups/cause.ts';
import { observe } from '../observe.ts';
import { PLANTS, plant, plantLanes } from '../plants.ts';
import type { PlantName } from '../plants.ts';
import { contradictedLanes } from '../verdict.ts';
import { LatenessBet } from './lateness.ts';

/** What tells a lie: the lanes differ, a witness contradicts them, or the paired differences of their times. */
export type Teller = 'verdict' | 'witness' | 'latency';

/** What became of one planted lie. */
export interface Fault {
  readonly name: PlantName;
  readonly caught: boolean;
  /** Rounds until it was caught; null when it was not. */
  readonly rounds: number | null;
  readonly by: Teller | null;
}

export interface Sensitivity {
  readonly planted: number;
  readonly caught: number;
  /** The lanes without a lie, on the same rounds: each finding here is a false alarm, or a difference of its own. */
  readonly control: { readonly rounds: number; readonly findings: number };
  /** In the order of the table. */
  readonly faults: readonly Fault[];
}

export interface SensitivityOptions {
  readonly names: readonly PlantName[];
  /** For each lie at most. */
  readonly maxRounds: number;
  /** Ends it after the round in progress; what is not caught by then is not caught. */
  readonly signal: AbortSignal;
}

export interface SensitivityProgress {
  readonly rounds: number;
  readonly caught: number;
}

/** Plants each lie in the lanes, on the rounds that `rounds` gives afresh each time, until it is caught. */
export async function sensitivity(
  lanes: Lanes,
  rounds: () => Iterable<Round>,
  options: SensitivityOptions,
  onProgress: (progress: SensitivityProgress) => void = () => undefined,
): Promise<Sensitivity> {
  const isLate = (name: PlantName): boolean => PLANTS[name].lateMs !== undefined;
  const caught = new Map<PlantName, Caught>();
  const control = { rounds: 0, findings: 0 };
  const tell = (): void => onProgress({ rounds: control.rounds, caught: caught.size });
  const open = new Map(options.names.filter((name) => !isLate(name)).map((name) => [name, plantLanesOf(lanes, name)]));
  await catchByAnswers(lanes, open, { rounds, options, control, caught, tell });
  for (const name of options.names.filter(isLate)) {
    const found = await catchByTimes(lanes.loopp, name, rounds, options);
    if (found !== undefined) caught.set(name, found);
    tell();
  }
  const faults = options.names.map((name) => faultOf(name, caught.get(name)));
  return { planted: faults.length, caught: caught.size, control, faults };
}
