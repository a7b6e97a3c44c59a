import type { LaneErrorKind, Outcome } from '../../src/contract/lane.ts';
import type { Log } from '../../src/log.ts';
import { aggregate } from './aggregation/aggregate.ts';
import type { AggregationInput } from './aggregation/aggregate.ts';

/** One execution of a host's `Aggregate` call, its config and revision filled in from the factory. */
export interface ExecutionInput extends AggregationInput {
  readonly id: string;
  /** Tolerated faulty oracles; no aggregator reads it. */
  readonly f: number;
}

/** What answers `Aggregate` calls. */
export interface Answerer {
  /** Throws or rejects with `ProtobufError` for input that is no protobuf, and with `NoAnswerError`. Else a fault. */
  answer(input: ExecutionInput): Outcome | Promise<Outcome>;
  /** More series for the plugin's /metrics, in Prometheus' text format; asked for each scrape. Never rejects. */
  metricsText?(): Promise<string>;
  /** Ends what was opened. Called before the reply to Shutdown, so it must be quick. Never rejects. */
  close(): Promise<void>;
}

/** Opens the answerer of a plugin process before its handshake. What it rejects with ends the process. */
export type OpenAnswerer = (log: Log) => Promise<Answerer>;

/** There is no answer to an execution, for a reason that is not in the execution. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly kind: LaneErrorKind;

  constructor(kind: LaneErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The plugin's own aggregation. */
export const openOwnAnswerer: OpenAnswerer = () =>
  Promise.resolve({ answer: aggregate, close: () => Promise.resolve() });
