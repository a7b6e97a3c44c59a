import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import { LaneError } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';

/** Fewer than a lane lets wait. */
const CHUNK = 500;

/** The lane's answers in the order of the rounds; undefined where it refuses the round as no protobuf. */
export async function askLane(
  lane: Lane,
  rounds: readonly Round[],
): Promise<readonly (Outcome | undefined)[]> {
  const answers: (Outcome | undefined)[] = [];
  for (let at = 0; at < rounds.length; at += CHUNK) {
    const chunk = rounds.slice(at, at + CHUNK).map((round) => lane.aggregate(round).catch(refusalOnly));
    answers.push(...(await Promise.all(chunk)));
  }
  return answers;
}

function refusalOnly(error: unknown): undefined {
  if (error instanceof LaneError && error.kind === 'protocol' && error.message.includes('protobuf')) {
    return undefined;
  }
  throw error;
}

/** Starts the product's own plugin as it was built; the caller closes it. */
export async function startLooppLane(): Promise<LooppLane> {
  const command = { file: process.execPath, args: ['dist/src/cli/main.js', 'plugin'], path: undefined };
  const lane = new LooppLane(command, { ...HOST_DEFAULTS, laneTimeoutMs: 20_000 }, () => undefined);
  await lane.start();
  return lane;
}
