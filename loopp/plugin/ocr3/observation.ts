import { Observations } from '../../../src/codec/capability.ts';
import type { Observation } from '../../../src/codec/capability.ts';
import type { Message } from '../../../src/codec/message.ts';
import type { AttributedObservation } from '../../../src/contract/reporting-plugin.ts';
import { compareUtf8 } from '../../../src/codec/values-encode.ts';
import type { Log } from '../../../src/log.ts';
import { fitting } from './limits.ts';
import type { CapabilityLimits } from './limits.ts';
import { executionsOf } from './query.ts';
import { sameId } from './requests.ts';
import type { PendingRequest } from './requests.ts';
import { isTimestamp } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

/** What one oracle knows when it is asked. */
export interface OracleState {
  readonly pending: readonly PendingRequest[];
  readonly now: Timestamp;
}

/**
 * This oracle's part of the round: what it has for the executions of the query. An execution that it has not, or has
 * under another id (workflow, owner, DON, ...), is passed over: since 2f+1 oracles have to bring an execution, no leader
 * can lend it a false id. Registered are the workflows of the requests that wait here: there is no message that
 * registers one, and a workflow without requests is the one to be pruned. What does not fit the limit is left out.
 */
export function buildObservation(
  query: Uint8Array,
  state: OracleState,
  limits: CapabilityLimits,
  log: Log,
): Uint8Array {
  const known = new Map(state.pending.map((request) => [request.id.workflowExecutionId, request]));
  const own = executionsOf(query, limits).flatMap((id) => {
    const request = known.get(id.workflowExecutionId);
    return request !== undefined && sameId(request.id, id) ? [request] : [];
  });
  const base = Observations.encode({ timestamp: state.now }).length;
  const budget = limits.maxObservationLengthBytes - base;
  const requests = fitting(own, sizeOfRequest, budget);
  if (requests.length < own.length) {
    log('warn', 'observation is full: executions are left for later', { left: own.length - requests.length });
  }
  const used = requests.reduce((sum, request) => sum + sizeOfRequest(request), 0);
  return Observations.encode({
    observations: requests.map(toObservation),
    registeredWorkflowIds: workflowsOf([...requests, ...state.pending], budget - used),
    timestamp: state.now,
  });
}

const sizeOfRequest = (request: PendingRequest): number =>
  Observations.encode({ observations: [toObservation(request)] }).length;

/** Requests name no encoder of their own. */
function toObservation({ id, observations }: PendingRequest): Message<typeof Observation> {
  return { id, observations, overriddenEncoderName: '', overriddenEncoderConfig: undefined };
}

/** Distinct and sorted (Go's come out of a map); of too many, those of the first requests stay. */
function workflowsOf(requests: readonly PendingRequest[], budgetBytes: number): readonly string[] {
  const ids = [...new Set(requests.map(({ id }) => id.workflowId))];
  return fitting(ids, sizeOfWorkflow, budgetBytes).toSorted(compareUtf8);
}

const sizeOfWorkflow = (id: string): number => Observations.encode({ registeredWorkflowIds: [id] }).length;

/** An observation that no honest oracle sends. */
export class ObservationError extends Error {
  override readonly name = 'ObservationError';
}

/**
 * Throws `ObservationError` or `ProtobufError` for what no honest oracle sends. An execution that comes twice is let
 * through, as upstream's oracles answer a leader who asks twice; it counts once (tally.ts).
 */
export function validateObservation(
  query: Uint8Array,
  { observation, observer }: AttributedObservation,
  limits: CapabilityLimits,
): void {
  const refuse = (what: string): ObservationError =>
    new ObservationError(`observation of oracle ${String(observer)}: ${what}`);
  if (observation.length > limits.maxObservationLengthBytes) {
    throw refuse(
      `expected at most ${String(limits.maxObservationLengthBytes)} bytes, got ${String(observation.length)}`,
    );
  }
  const asked = new Set(executionsOf(query, limits).map((id) => id.workflowExecutionId));
  const { observations, timestamp } = Observations.decode(observation);
  if (timestamp === undefined || !isTimestamp(timestamp)) {
    throw refuse(`expected a timestamp, got ${timestamp === undefined ? 'none' : 'one out of range'}`);
  }
  for (const { id } of observations) {
    if (id === undefined) throw refuse('expected an execution id in every entry, got an entry without');
    if (!asked.has(id.workflowExecutionId)) {
      throw refuse(`expected executions of the query, got "${id.workflowExecutionId}"`);
    }
  }
}

/** Whether 2f+1 oracles have spoken: then f+1 honest ones have. */
export function hasQuorum(observations: readonly AttributedObservation[], f: number): boolean {
  return new Set(observations.map(({ observer }) => observer)).size >= quorum(f);
}

export const quorum = (f: number): number => 2 * f + 1;
