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
import { NoConfigError } from './ocr3/factory.ts';
import { RequestError } from './ocr3/requests.ts';
import type { PendingRequests } from './ocr3/requests.ts';

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
): void {
  handleUnary(server, Aggregator.aggregate, ({ executions }) => ({
    results: executions.map((execution) => answer(execution, defaults)),
  }));
  handleUnary(server, Aggregator.submit, (request) => {
    submit(request, defaults, requests);
    return {};
  });
}

function answer(execution: Execution, defaults: FactoryDefaults): Result {
  const { id } = execution;
  const outcome = aggregateExecution(execution, defaults);
  return outcome.kind === 'outcome'
    ? { id, outcome: outcome.outcome, error: undefined }
    : { id, outcome: undefined, error: outcome.error };
}

function aggregateExecution(execution: Execution, defaults: FactoryDefaults): ReturnType<typeof aggregate> {
  try {
    return aggregate({
      revision: revisionOf(execution, defaults),
      config: configOf(execution, defaults),
      previousOutcome: execution.previousOutcome,
      observations: [...execution.observations]
        .map(([oracle, list]) => ({ oracle, values: unpackValues(list) }))
        .toSorted((a, b) => a.oracle - b.oracle),
    });
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw refusal(execution, `is not protobuf: ${error.message}`);
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

function refusal(execution: Execution, what: string): StatusError {
  return new StatusError(status.INVALID_ARGUMENT, `execution "${execution.id}" ${what}`);
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
