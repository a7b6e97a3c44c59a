import { AggregationOutcome, CapabilityOutcome } from '../../../src/codec/capability.ts';
import type { Id } from '../../../src/codec/capability.ts';
import { encodeValue } from '../../../src/codec/values-encode.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import type { AttributedObservation, OutcomeContext } from '../../../src/contract/reporting-plugin.ts';
import type { Revision } from '../../../src/contract/round.ts';
import type { Log } from '../../../src/log.ts';
import type { AggregationInput } from '../aggregation/aggregate.ts';
import { encoderOverride } from './encoder-override.ts';
import type { CapabilityLimits } from './limits.ts';
import { quorum } from './observation.ts';
import { executionsOf } from './query.ts';
import { tallyObservations } from './tally.ts';
import type { OracleObservation, Tally } from './tally.ts';

/** What turns observations into an outcome; the same on every oracle. */
export interface OutcomeRules {
  /** The aggregator, whichever implementation: pure. */
  readonly aggregate: (input: AggregationInput) => Outcome;
  readonly revision: Revision;
  /** The aggregator's `values.v1.Map`. */
  readonly config: Uint8Array;
  readonly f: number;
  readonly limits: CapabilityLimits;
}

/** The messages of one round. */
export interface RoundMessages {
  readonly context: OutcomeContext;
  readonly query: Uint8Array;
  readonly observations: readonly AttributedObservation[];
}

/** Nothing is left to leave out, and the outcome is still too long. */
export class OutcomeTooLongError extends Error {
  override readonly name = 'OutcomeTooLongError';
}

/**
 * The capability's outcome of a round (docs/spec/aggregator.md G.3): deterministic `ocr3_types.Outcome` bytes that
 * depend on what the oracles said and not on the order in which it came. An execution that would make the outcome too
 * long is left for a later round. Throws `ProtobufError` and `OutcomeTooLongError`.
 */
export function buildOutcome(rules: OutcomeRules, messages: RoundMessages, log: Log): Uint8Array {
  const { limits } = rules;
  const executions = executionsOf(messages.query, limits);
  const round = new RoundOutcome(rules, messages, log);
  const all = round.compose(executions);
  if (all.length <= limits.maxOutcomeLengthBytes) return all;
  const kept: Id[] = [];
  for (const id of executions) {
    if (round.compose([...kept, id]).length <= limits.maxOutcomeLengthBytes) kept.push(id);
    else log('warn', 'outcome is full: execution is left for later', namesOf(id));
  }
  const outcome = round.compose(kept);
  if (outcome.length <= limits.maxOutcomeLengthBytes) return outcome;
  throw new OutcomeTooLongError(
    `outcome: expected at most ${String(limits.maxOutcomeLengthBytes)} bytes, got ` +
      `${String(outcome.length)} carried over from the previous one`,
  );
}

/**
 * One result, which the map of outcomes and the report share as Go's pointer does: what is written to it late shows in
 * both.
 */
type Draft = ReturnType<typeof AggregationOutcome.decode>;

class RoundOutcome {
  private readonly rules: OutcomeRules;
  private readonly context: OutcomeContext;
  private readonly tally: Tally;
  private readonly log: Log;

  constructor(rules: OutcomeRules, { context, observations }: RoundMessages, log: Log) {
    this.rules = rules;
    this.context = context;
    this.tally = tallyObservations(observations, log);
    this.log = log;
  }

  /** Of two executions of one workflow, the second has the first one's result as its previous outcome, as in Go. */
  compose(executions: readonly Id[]): Uint8Array {
    const previous = CapabilityOutcome.decode(this.context.previousOutcome);
    const outcomes = new Map<string, Draft>(previous.outcomes);
    const currentReports: { id: Id; outcome: Draft }[] = [];
    for (const id of executions) {
      const outcome = this.aggregate(id, outcomes.get(id.workflowId));
      if (outcome === undefined) continue;
      outcomes.set(id.workflowId, outcome);
      currentReports.push({ id, outcome });
    }
    this.touchAndPrune(outcomes);
    return CapabilityOutcome.encode({ outcomes, currentReports });
  }

  /** Undefined when the execution is skipped: the others go on. */
  private aggregate(id: Id, previous: AggregationOutcome | undefined): Draft | undefined {
    const observations = this.tally.executions.get(id.workflowExecutionId) ?? [];
    if (observations.length < quorum(this.rules.f)) {
      this.log('warn', 'insufficient observations for workflow execution id', {
        ...namesOf(id),
        observations: observations.length,
      });
      return undefined;
    }
    const { aggregate, revision, config } = this.rules;
    const result = aggregate({
      revision,
      config,
      previousOutcome: previous && AggregationOutcome.encode(previous),
      observations: observations.map(valuesOf),
    });
    if (result.kind === 'error') {
      this.log('error', 'error aggregating outcome', { ...namesOf(id), error: result.error });
      return undefined;
    }
    return this.finish(AggregationOutcome.decode(result.outcome), previous, observations);
  }

  private finish(
    draft: Draft,
    previous: AggregationOutcome | undefined,
    observations: readonly OracleObservation[],
  ): Draft {
    if (previous !== undefined) draft.lastSeenAt = previous.lastSeenAt;
    draft.timestamp = this.tally.timestamp;
    const override = encoderOverride(observations, this.rules.f);
    if (override !== undefined) {
      draft.encoderName = override.name;
      draft.encoderConfig = override.config;
    }
    return draft;
  }

  /** A workflow that f+1 oracles see, one of them honest, is alive; one unseen for too long is forgotten. */
  private touchAndPrune(outcomes: Map<string, Draft>): void {
    const { f, limits } = this.rules;
    const { seqNr } = this.context;
    for (const [workflowId, outcome] of outcomes) {
      if ((this.tally.seenBy.get(workflowId) ?? 0) >= f + 1) outcome.lastSeenAt = seqNr;
      // uint64 as in Go: an outcome with the aggregator's own, larger number counts as unseen for very long.
      else if (BigInt.asUintN(64, seqNr - outcome.lastSeenAt) > limits.outcomePruningThreshold) {
        this.log('info', 'outcome pruned', { workflowId });
        outcomes.delete(workflowId);
      }
    }
  }
}

function valuesOf({ oracle, observation }: OracleObservation): AggregationInput['observations'][number] {
  return { oracle, values: (observation.observations ?? []).map(encodeValue) };
}

function namesOf({ workflowId, workflowExecutionId }: Id): Readonly<Record<string, string>> {
  return { workflowId, workflowExecutionId };
}
