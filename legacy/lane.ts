import { ProtobufError } from '../src/codec/protobuf.ts';
import { LaneError } from '../src/contract/lane.ts';
import type { Lane } from '../src/contract/lane.ts';
import { aggregate, possibleOutcomes } from './aggregate.ts';

/** The control: the aggregator in this process. It answers in the call and never waits. */
export function legacyLane(): Lane {
  return {
    name: 'legacy',
    // Not awaiting anything, it has answered when it returns: its time is its own.
    aggregate: async (round) => guarded(() => aggregate(round)),
    possibleOutcomes: (round) => guarded(() => possibleOutcomes(round)),
    health: () => ({ ok: true }),
    close: () => Promise.resolve(),
  };
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new LaneError('protocol', `the round is not protobuf: ${error.message}`, { cause: error });
  }
}
