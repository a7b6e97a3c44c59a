import { LaneError } from '../src/contract/lane.ts';
import type { Lane } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import type { LaneObservation } from '../src/contract/verdict.ts';

/**
 * Asks a lane and captures what happens as an observation. Never rejects: a lane that throws anything but a `LaneError`
 * broke its contract, which is a protocol error.
 */
export async function observe(lane: Lane, round: Round): Promise<LaneObservation> {
  const start = process.hrtime.bigint();
  const durationNs = (): number => Number(process.hrtime.bigint() - start);
  try {
    const outcome = await lane.aggregate(round);
    return { kind: 'answer', outcome, durationNs: durationNs() };
  } catch (error) {
    const known =
      error instanceof LaneError ? error : new LaneError('protocol', `${lane.name}: ${String(error)}`);
    return { kind: 'failure', error: known.kind, message: known.message, durationNs: durationNs() };
  }
}
