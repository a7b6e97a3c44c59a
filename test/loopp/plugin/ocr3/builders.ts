import { aggregate as legacyAggregate } from '../../../../legacy/aggregate.ts';
import { aggregate } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import type { AggregationInput } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { readLimits } from '../../../../loopp/plugin/ocr3/limits.ts';
import { buildOutcome } from '../../../../loopp/plugin/ocr3/outcome.ts';
import type { OutcomeRules } from '../../../../loopp/plugin/ocr3/outcome.ts';
import {
  AggregationOutcome,
  CapabilityConfig,
  CapabilityOutcome,
  Observations,
  Query,
} from '../../../../src/codec/capability.ts';
import type { Id, Observation } from '../../../../src/codec/capability.ts';
import type { Message } from '../../../../src/codec/message.ts';
import { decodeValue } from '../../../../src/codec/values.ts';
import type { Outcome } from '../../../../src/contract/lane.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportingPluginConfig,
} from '../../../../src/contract/reporting-plugin.ts';
import type { Log } from '../../../../src/log.ts';
import { SELECTORS, configOf, observation } from '../../../helpers/arbitraries.ts';

/** Rounds of OCR3, part by part; every default is what an honest oracle of four would have. */

export const hexOf = (byte: number, length = 32): string => byte.toString(16).padStart(2, '0').repeat(length);

/** An execution of a workflow; both are one byte repeated. */
export function idOf(execution: number, workflow = execution, more: Partial<Id> = {}): Id {
  return {
    workflowExecutionId: hexOf(execution),
    workflowId: hexOf(workflow),
    workflowOwner: hexOf(0x44, 20),
    workflowName: hexOf(0x33, 10),
    reportId: '0001',
    workflowDonId: 7,
    workflowDonConfigVersion: 2,
    keyId: 'evm',
    ...more,
  };
}

export const SEQ_NR = 41n;

export function contextOf(
  outcomes: Readonly<Record<string, Partial<AggregationOutcome>>> = {},
): OutcomeContext {
  const previous = new Map(
    Object.entries(outcomes).map(([id, outcome]) => [
      id,
      AggregationOutcome.decode(AggregationOutcome.encode(outcome)),
    ]),
  );
  return {
    seqNr: SEQ_NR,
    previousOutcome: CapabilityOutcome.encode({ outcomes: previous }),
    epoch: 1n,
    round: 1n,
  };
}

export const queryOf = (...ids: readonly Id[]): Uint8Array => Query.encode({ ids });

export type Entry = Message<typeof Observation>;

/** One oracle's entry for an execution: one good report, or what is given. */
export function entryOf(id: Id, own: Partial<Entry> = {}): Entry {
  return {
    id,
    observations: [decodeValue(observation('2025-09'))],
    overriddenEncoderName: '',
    overriddenEncoderConfig: undefined,
    ...own,
  };
}

export interface OracleSays {
  readonly entries?: readonly Entry[];
  readonly workflows?: readonly string[];
  /** Seconds; undefined as a member: no timestamp. */
  readonly seconds?: bigint | undefined;
  readonly nanos?: number;
}

export function observationOf(observer: number, says: OracleSays): AttributedObservation {
  const { entries = [], workflows, nanos = 0 } = says;
  const seconds = 'seconds' in says ? says.seconds : 1000n;
  return {
    observer,
    observation: Observations.encode({
      observations: entries,
      registeredWorkflowIds: workflows ?? entries.map(({ id }) => id?.workflowId ?? ''),
      timestamp: seconds === undefined ? undefined : { seconds, nanos },
    }),
  };
}

/** Oracles 0 to `count - 1` all say the same. */
export function allSay(says: OracleSays, count = 4): readonly AttributedObservation[] {
  return Array.from({ length: count }, (_, observer) => observationOf(observer, says));
}

export function rulesOf(
  own: Partial<Omit<OutcomeRules, 'limits'>> & {
    readonly offchain?: Partial<Message<typeof CapabilityConfig>>;
  } = {},
): OutcomeRules {
  const { offchain = {}, ...rest } = own;
  return {
    aggregate,
    revision: '2025-09',
    config: configOf('2025-09', SELECTORS.ethereum),
    f: 1,
    limits: readLimits(CapabilityConfig.encode(offchain)),
    ...rest,
  };
}

/** The same rules over the in-process aggregator. */
export function aggregateInProcess(input: AggregationInput): Outcome {
  const { previousOutcome = null, ...rest } = input;
  return legacyAggregate({ id: 'round', f: 1, ...rest, previousOutcome });
}

/** A log that is kept: `level message {fields}`. */
export function keptLog(): { readonly lines: string[]; readonly log: Log } {
  const lines: string[] = [];
  return {
    lines,
    log: (level, message, fields) => {
      lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    },
  };
}

export const noLog: Log = () => undefined;

export interface Held {
  readonly rules?: OutcomeRules;
  readonly context?: OutcomeContext;
  readonly query: Uint8Array;
  readonly observations: readonly AttributedObservation[];
  readonly log?: Log;
}

export function outcomeBytes(held: Held): Uint8Array {
  const { rules = rulesOf(), context = contextOf(), query, observations, log = noLog } = held;
  return buildOutcome(rules, { context, query, observations }, log);
}

export const outcomeOf = (held: Held): Message<typeof CapabilityOutcome> =>
  CapabilityOutcome.decode(outcomeBytes(held));

export const PROTOCOL_CONFIG: ReportingPluginConfig = {
  configDigest: new Uint8Array(32).fill(9),
  oracleId: 0,
  n: 4,
  f: 1,
  onchainConfig: new Uint8Array(),
  offchainConfig: new Uint8Array(),
  estimatedRoundIntervalNs: 1_000_000_000n,
  maxDurationQueryNs: 0n,
  maxDurationObservationNs: 0n,
  maxDurationShouldAcceptAttestedReportNs: 0n,
  maxDurationShouldTransmitAcceptedReportNs: 0n,
};

/** With byte strings as hex: what comes off the wire are buffers. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
