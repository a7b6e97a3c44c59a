import type { StageShares } from '../contract/decision.ts';
import { STAGES } from '../contract/stage.ts';
import type { Stage } from '../contract/stage.ts';

/** All workflows, in permille: Unleash's variants have weights in steps of 0.1 %. */
export const WHOLE = 1000;

/**
 * Unleash's server keeps variants in the order of their names, and its clients give a workflow the variant into whose range
 * its place falls: a hash from 1 to 1,000 against the weights added up in that order.
 */
const IN_ORDER: readonly Stage[] = STAGES.toSorted();

/** The places of one variant: those that follow the variants before it. */
export interface StageRange {
  readonly stage: Stage;
  /** How many; 0 to 1,000. */
  readonly permille: number;
}

export function allIn(stage: Stage): StageShares {
  return { off: 0, shadow: 0, live: 0, complete: 0, [stage]: WHOLE };
}

/** As the server orders them. */
export function rangesOf(shares: StageShares): readonly StageRange[] {
  return IN_ORDER.map((stage) => ({ stage, permille: shares[stage] }));
}

export function sharesOf(ranges: readonly StageRange[]): StageShares {
  const shares = { off: 0, shadow: 0, live: 0, complete: 0 };
  for (const { stage, permille } of ranges) shares[stage] += permille;
  return shares;
}

export function areSame(one: StageShares, other: StageShares): boolean {
  return STAGES.every((stage) => one[stage] === other[stage]);
}

/**
 * Gives `live` so many permille and leaves what is complete. Raising it takes the places that follow, those in off before
 * those in shadow, so that every other workflow keeps its stage and none moves back. Lowering it leaves the places to the
 * stage that follows: off when anything is off, else shadow.
 */
export function shareLive({ complete, live: before, off }: StageShares, live: number): StageShares {
  const shadowFrom = off === 0 ? complete + live : Math.max(complete + before + off, complete + live);
  return { complete, live, off: shadowFrom - complete - live, shadow: WHOLE - shadowFrom };
}

/** Workflows that change their stage. */
export interface Move {
  readonly from: Stage;
  readonly to: Stage;
  readonly permille: number;
}

/** What changes hands between two divisions of all places, in the order of the stages. */
export function movesBetween(before: readonly StageRange[], after: readonly StageRange[]): readonly Move[] {
  const [from, to] = [stagesByPlace(before), stagesByPlace(after)];
  return STAGES.flatMap((left) =>
    STAGES.filter((entered) => entered !== left).map((entered) => ({
      from: left,
      to: entered,
      permille: from.filter((stage, place) => stage === left && to[place] === entered).length,
    })),
  ).filter(({ permille }) => permille > 0);
}

function stagesByPlace(ranges: readonly StageRange[]): readonly Stage[] {
  return ranges.flatMap(({ stage, permille }) => Array.from({ length: permille }, () => stage));
}

/** e.g. `live 5 %, shadow 95 %`; stages without a share are left out. */
export function sharesInWords(shares: StageShares): string {
  return STAGES.filter((stage) => shares[stage] > 0)
    .map((stage) => `${stage} ${percent(shares[stage])}`)
    .join(', ');
}

/** e.g. `12.5 %`. */
export function percent(permille: number): string {
  return `${String(permille / 10)} %`;
}
