import { Observations } from '../../../src/codec/capability.ts';
import type { Observation } from '../../../src/codec/capability.ts';
import type { Message } from '../../../src/codec/message.ts';
import { ProtobufError } from '../../../src/codec/protobuf.ts';
import type { AttributedObservation } from '../../../src/contract/reporting-plugin.ts';
import type { Log } from '../../../src/log.ts';
import { medianTimestamp } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

/** What one oracle said about one execution. */
export interface OracleObservation {
  readonly oracle: number;
  readonly observation: Message<typeof Observation>;
}

/** The observations of a round, counted. */
export interface Tally {
  /** By workflow execution id; ascending by oracle, each oracle once. */
  readonly executions: ReadonlyMap<string, readonly OracleObservation[]>;
  /** How many oracles have the workflow registered, by workflow id. */
  readonly seenBy: ReadonlyMap<string, number>;
  /** Undefined when no oracle sent one. */
  readonly timestamp: Timestamp | undefined;
}

/**
 * Counts what the oracles said. The order in which observations come decides nothing: oracles are walked by their
 * number, where Go walks a map. What one oracle says twice counts once: its first entry for an execution, and each
 * workflow.
 */
export function tallyObservations(attributed: readonly AttributedObservation[], log: Log): Tally {
  const executions = new Map<string, OracleObservation[]>();
  const seenBy = new Map<string, number>();
  const timestamps: Timestamp[] = [];
  for (const { oracle, message } of decodeAll(attributed, log)) {
    if (message.timestamp !== undefined) timestamps.push(message.timestamp);
    for (const workflowId of new Set(message.registeredWorkflowIds)) {
      seenBy.set(workflowId, (seenBy.get(workflowId) ?? 0) + 1);
    }
    for (const observation of message.observations) {
      const executionId = observation.id?.workflowExecutionId ?? '';
      const heard = executions.get(executionId) ?? [];
      if (heard.at(-1)?.oracle !== oracle) heard.push({ oracle, observation });
      executions.set(executionId, heard);
    }
  }
  return { executions, seenBy, timestamp: medianTimestamp(timestamps) };
}

interface Decoded {
  readonly oracle: number;
  readonly message: Message<typeof Observations>;
}

/** Libocr hands on what was validated only; a message that is no protobuf all the same counts as not sent. */
function decodeAll(attributed: readonly AttributedObservation[], log: Log): readonly Decoded[] {
  return attributed
    .toSorted((a, b) => a.observer - b.observer)
    .flatMap(({ observer, observation }) => {
      try {
        return [{ oracle: observer, message: Observations.decode(observation) }];
      } catch (error) {
        if (!(error instanceof ProtobufError)) throw error;
        log('error', 'could not decode observation', { oracle: observer, error: error.message });
        return [];
      }
    });
}
