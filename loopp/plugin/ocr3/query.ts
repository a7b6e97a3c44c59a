import { Query } from '../../../src/codec/capability.ts';
import type { Id } from '../../../src/codec/capability.ts';
import { fitting, maxExecutions } from './limits.ts';
import type { CapabilityLimits } from './limits.ts';

/** The leader's question: the first of its pending executions, as many as may come and fit. */
export function buildQuery(pending: readonly Id[], limits: CapabilityLimits): Uint8Array {
  const ids = fitting(pending, (id) => Query.encode({ ids: [id] }).length, limits.maxQueryLengthBytes);
  return Query.encode({ ids: ids.slice(0, maxExecutions(limits)) });
}

/**
 * The executions of a round, in the leader's order. A faulty leader may ask twice or too much: an execution counts once
 * and what exceeds the limit is left out, by every oracle alike. Throws `ProtobufError`.
 */
export function executionsOf(query: Uint8Array, limits: CapabilityLimits): readonly Id[] {
  const byExecution = new Map<string, Id>();
  for (const id of Query.decode(query).ids) {
    if (!byExecution.has(id.workflowExecutionId)) byExecution.set(id.workflowExecutionId, id);
  }
  return [...byExecution.values()].slice(0, maxExecutions(limits));
}
