import type { FlagSource } from '../contract/decision.ts';
import { LANE_NAMES } from '../contract/judgement.ts';
import type { LaneName } from '../contract/judgement.ts';
import type { Lane } from '../contract/lane.ts';
import type { Stage } from '../contract/stage.ts';
import { rowOf } from '../flags/stages.ts';
import type { Workflows } from './workflows.ts';

/** Whether rounds can be served, and what is in the way or amiss. */
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready, one reason each. */
  readonly reasons: readonly string[];
  /** `ok`, or why the lane has no answers. */
  readonly lanes: Readonly<Record<LaneName, string>>;
}

/** Ready: every stage that rounds are in now has a lane that answers, be it the one that steps in. */
export function readinessOf(
  lanes: Readonly<Record<LaneName, Lane>>,
  flags: FlagSource,
  workflows: Workflows,
  draining: boolean,
): Readiness {
  const health = Object.fromEntries(LANE_NAMES.map((name) => [name, healthOf(lanes[name])])) as Record<
    LaneName,
    string
  >;
  const reasons = [...workflows.stages(flags)]
    .filter((stage) => !isServed(stage, health))
    .map((stage) => unservedReason(stage, health));
  if (draining) reasons.push('the service is shutting down');
  return { ready: reasons.length === 0, reasons, lanes: health };
}

function healthOf(lane: Lane): string {
  const health = lane.health();
  return health.ok ? 'ok' : health.reason;
}

function isServed(stage: Stage, health: Readonly<Record<LaneName, string>>): boolean {
  const { serves, fallsBackTo } = rowOf(stage);
  return health[serves] === 'ok' || (fallsBackTo !== undefined && health[fallsBackTo] === 'ok');
}

function unservedReason(stage: Stage, health: Readonly<Record<LaneName, string>>): string {
  const { serves } = rowOf(stage);
  return `stage ${stage} is served by the ${serves} lane: ${health[serves]}`;
}
