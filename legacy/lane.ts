import { ProtobufError } from '../src/codec/protobuf.ts';
import { LaneError } from '../src/contract/lane.ts';
import type { Lane } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { aggregateRound } from './aggregate.ts';
import type { Aggregated } from './aggregate.ts';

export { aggregate } from './aggregate.ts';

/** The control: the aggregator in this process. It has answered when the call returns and never waits. */
export function legacyLane(): Lane {
  // What a round may answer otherwise is asked after its answer: what was read for the one serves the other.
  const answered = new WeakMap<Round, Aggregated>();
  return {
    name: 'legacy',
    aggregate: async (round) => {
      const aggregated = guarded(round);
      answered.set(round, aggregated);
      return aggregated.outcome;
    },
    possibleOutcomes: (round) => (answered.get(round) ?? guarded(round)).possible(),
    health: () => ({ ok: true }),
    close: () => Promise.resolve(),
  };
}

function guarded(round: Round): Aggregated {
  try {
    return aggregateRound(round);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new LaneError('protocol', `the round is not protobuf: ${error.message}`, { cause: error });
  }
}
