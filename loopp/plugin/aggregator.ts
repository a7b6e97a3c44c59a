import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { Revision } from '../../src/contract/round.ts';
import { StatusError, handleUnary } from '../wire/grpc.ts';
import type { Execution, Result, SubmitRequest } from '../wire/messages.ts';
import { unpackValues } from '../wire/observations.ts';
import { Aggregator } from '../wire/services.ts';
import { aggregate } from './aggregation/aggregate.ts';
import { NoAnswerError } from './answerer.ts';
import type { Answerer, ExecutionInput } from './answerer.ts';
import { NoConfigError } from './ocr3/factory.ts';
import { RequestError } from './ocr3/requests.ts';
import type { PendingRequests } from './ocr3/requests.ts';
import { PluginMetrics } from './metrics.ts';

/** What a factory was made with; an execution without one of these takes it from here. */
export interface FactoryDefaults {
  /** `values.v1.Map`; undefined: every execution has to bring its own. */
  readonly config: Uint8Array | undefined;
  readonly revision: Revision;
}

/**
 * Serves `securemint.Aggregator`: exact outcomes and error texts for one or many executions a call, and requests for the
 * OCR3 reporting plugin of the same factory.
 */
export function registerAggregator(
  server: Server,
  defaults: FactoryDefaults,
  requests: PendingRequests,
  metrics = new PluginMetrics(),
  answer: Answerer['answer'] = aggregate,
): void {
  handleUnary(server, Aggregator.aggregate, async ({ executions }) => ({
    results: await answerAll(executions, defaults, metrics, answer),
  }));
  handleUnary(server, Aggregator.submit, (request) => {
    submit(request, defaults, requests);
    return {};
  });
}

async function answerAll(
  executions: readonly Execution[],
  defaults: FactoryDefaults,
  metrics: PluginMetrics,
  answer: Answerer['answer'],
): Promise<readonly Result[]> {
  metrics.called(executions.length);
  try {
    // All of them first: a refusal must not leave answers behind that nobody waits for.
    const inputs = executions.map((execution) => ({ execution, input: inputOf(execution, defaults) }));
    const results = await Promise.all(
      inputs.map(({ execution, input }) => resultOf(execution, input, answer)),
    );
    metrics.failed('aggregation', results.filter(({ error }) => error !== undefined).length);
    return results;
  } catch (error) {
    metrics.failed(error instanceof StatusError ? 'refused' : 'fault');
    throw error;
  }
}

async function resultOf(
  execution: Execution,
  input: ExecutionInput,
  answer: Answerer['answer'],
): Promise<Result> {
  const { id } = execution;
  try {
    const outcome = await answer(input);
    return outcome.kind === 'outcome'
      ? { id, outcome: outcome.outcome, error: undefined }
      : { id, outcome: undefined, error: outcome.error };
  } catch (error) {
    if (error instanceof ProtobufError) throw notProtobuf(execution, error);
    throw error instanceof NoAnswerError ? unanswered(execution, error) : error;
  }
}

function inputOf(execution: Execution, defaults: FactoryDefaults): ExecutionInput {
  const { id, f, previousOutcome, observations } = execution;
  try {
    return {
      id,
      f,
      revision: revisionOf(execution, defaults),
      config: configOf(execution, defaults),
      previousOutcome,
      observations: [...observations]
        .map(([oracle, list]) => ({ oracle, values: unpackValues(list) }))
        .toSorted((a, b) => a.oracle - b.oracle),
    };
  } catch (error) {
    throw error instanceof ProtobufError ? notProtobuf(execution, error) : error;
  }
}

function revisionOf(execution: Execution, defaults: FactoryDefaults): Revision {
  if (execution.revision === '') return defaults.revision;
  const revision = REVISIONS.find((known) => known === execution.revision);
  if (revision !== undefined) return revision;
  throw refusal(execution, `has revision "${execution.revision}", expected one of ${REVISIONS.join(', ')}`);
}

function configOf(execution: Execution, defaults: FactoryDefaults): Uint8Array {
  const config = execution.config ?? defaults.config;
  if (config !== undefined) return config;
  throw refusal(execution, 'has no config, and neither has the factory');
}

function notProtobuf(execution: Execution, { message }: ProtobufError): StatusError {
  return refusal(execution, `is not protobuf: ${message}`);
}

function refusal(execution: Execution, what: string): StatusError {
  return new StatusError(status.INVALID_ARGUMENT, `execution "${execution.id}" ${what}`);
}

/** Unavailable is a plain error here: a Go host would make a call that failed as UNAVAILABLE again for ever. */
const STATUS_OF = {
  timeout: status.DEADLINE_EXCEEDED,
  unavailable: status.UNKNOWN,
  protocol: status.INVALID_ARGUMENT,
} as const;

function unanswered(execution: Execution, { kind, message }: NoAnswerError): StatusError {
  return new StatusError(STATUS_OF[kind], `execution "${execution.id}" has no answer: ${message}`);
}

/** A request that no reporting plugin could ever take up is refused at once. */
function submit(
  { id, observations = [] }: SubmitRequest,
  defaults: FactoryDefaults,
  requests: PendingRequests,
): void {
  if (defaults.config === undefined)
    throw new StatusError(status.FAILED_PRECONDITION, new NoConfigError().message);
  if (id === undefined) throw new StatusError(status.INVALID_ARGUMENT, 'id: expected a message, got none');
  try {
    requests.add({ id, observations });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const code = error.kind === 'full' ? status.RESOURCE_EXHAUSTED : status.INVALID_ARGUMENT;
    throw new StatusError(code, error.message);
  }
}
