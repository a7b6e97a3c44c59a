import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane, Outcome } from '../src/contract/lane.ts';
import type { LaneName } from '../src/contract/judgement.ts';
import { CODEC_PLANTS } from './plants/codec-plants.ts';
import { OUTCOME_PLANTS } from './plants/outcome-plants.ts';
import type { Plant } from './plants/plant.ts';
import { REPORT_PLANTS } from './plants/report-plants.ts';
import { ROUND_PLANTS } from './plants/round-plants.ts';

const TABLE = { ...REPORT_PLANTS, ...OUTCOME_PLANTS, ...ROUND_PLANTS, ...CODEC_PLANTS } as const;
export type PlantName = keyof typeof TABLE;

/** Known lies that can be put into a lane, to see that the comparison finds them. */
export const PLANTS: Readonly<Record<PlantName, Plant>> = TABLE;

export function isPlant(name: string | undefined): name is PlantName {
  return name !== undefined && Object.hasOwn(PLANTS, name);
}

/** All of them, in the order of the table. */
export const PLANT_NAMES: readonly PlantName[] = Object.keys(PLANTS).filter(isPlant);

/** The lane, lying. What it rejects with passes unchanged. */
export function plant(lane: Lane, name: PlantName): Lane {
  const { ask = (round) => round, tell = (truth) => truth, lateMs = () => 0 }: Plant = PLANTS[name];
  let previous: Outcome | undefined;
  const possible = lane.possibleOutcomes?.bind(lane);
  return {
    name: lane.name,
    aggregate: async (round, signal) => {
      const truth = await lane.aggregate(ask(round), signal);
      const told = tell(truth, { round, previous });
      previous = truth;
      await late(lateMs(round), signal);
      return told;
    },
    ...(possible === undefined
      ? {}
      : {
          possibleOutcomes: (round) =>
            possible(ask(round)).map((truth) => tell(truth, { round, previous: undefined })),
        }),
    health: () => lane.health(),
    close: () => lane.close(),
  };
}

/** Both lanes with the lie where it belongs: in the loopp lane, or in both for code that they share. */
export function plantLanes(
  lanes: Readonly<Record<LaneName, Lane>>,
  name: PlantName,
): Readonly<Record<LaneName, Lane>> {
  const legacy = PLANTS[name].lanes === 'both' ? plant(lanes.legacy, name) : lanes.legacy;
  return { legacy, loopp: plant(lanes.loopp, name) };
}

/** An aborted signal ends the wait, and the answer is there. */
async function late(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms === 0) return;
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
