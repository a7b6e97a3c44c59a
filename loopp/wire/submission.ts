import { createHash } from 'node:crypto';
import { AggregationOutcome, CapabilityOutcome } from '../../src/codec/capability.ts';
import type { Id } from '../../src/codec/capability.ts';
import { decodeValue } from '../../src/codec/values.ts';
import type { Value } from '../../src/codec/values.ts';
import type { OutcomeContext } from '../../src/contract/reporting-plugin.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';

/** A round of ours in the words of OCR3: what its oracles submit, and the context in which they meet. */

/** A request as `securemint.Aggregator/Submit` takes it. */
export interface Submission {
  readonly id: Id;
  readonly observations: readonly Value[];
}

/** What one oracle of the round submits. Throws `ProtobufError`. */
export function submissionOf(round: Round, { values }: OracleObservations): Submission {
  return { id: executionId(round), observations: values.map(decodeValue) };
}

/** The signatures of EVM chains. */
const KEY_BUNDLE = 'evm';

/**
 * The round as a workflow execution. Reports take ids in hex of a fixed length, which rounds need not have: other texts
 * are replaced by their SHA-256. A round without a workflow is one of its own.
 */
export function executionId(round: Round): Id {
  return {
    workflowExecutionId: hex32(round.id),
    workflowId: hex32(round.workflow ?? round.id),
    workflowOwner: '00'.repeat(20),
    workflowName: '00'.repeat(10),
    reportId: '0001',
    workflowDonId: 1,
    workflowDonConfigVersion: 1,
    keyId: KEY_BUNDLE,
  };
}

function hex32(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text : createHash('sha256').update(text).digest('hex');
}

/**
 * The round's place in the protocol: its consensus sequence number, 1 when it has none, and its previous outcome as that
 * of its workflow. Throws `ProtobufError`.
 */
export function outcomeContext(round: Round): OutcomeContext {
  const { workflowId } = executionId(round);
  const seqNr = BigInt(round.consensusSeqNr ?? 1);
  const previous = round.previousOutcome && AggregationOutcome.decode(round.previousOutcome);
  const outcomes = new Map(previous === null ? [] : [[workflowId, previous]]);
  return { seqNr, previousOutcome: CapabilityOutcome.encode({ outcomes }), epoch: seqNr, round: 1n };
}
