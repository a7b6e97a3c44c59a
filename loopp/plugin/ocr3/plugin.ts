import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
  ReportingPlugin,
} from '../../../src/contract/reporting-plugin.ts';
import type { Log } from '../../../src/log.ts';
import type { Encoders } from './encoder.ts';
import { buildObservation, hasQuorum, validateObservation } from './observation.ts';
import { buildOutcome } from './outcome.ts';
import type { OutcomeRules } from './outcome.ts';
import { buildQuery } from './query.ts';
import { decodeReportInfo } from './report-info.ts';
import { buildReports } from './reports.ts';
import type { PendingRequests } from './requests.ts';
import { timestampOf } from './timestamp.ts';

/** What a capability plugin is made of. */
export interface CapabilityParts {
  readonly rules: OutcomeRules;
  readonly encoders: Encoders;
  readonly requests: PendingRequests;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly log: Log;
}

/** The OCR3 capability's plugin over an aggregator (docs/spec/aggregator.md G.3); the rules are pure functions beside it. */
export class CapabilityPlugin implements ReportingPlugin {
  private readonly parts: CapabilityParts;

  constructor(parts: CapabilityParts) {
    this.parts = parts;
  }

  async query(_context: OutcomeContext): Promise<Uint8Array> {
    const { requests, rules } = this.parts;
    return buildQuery(
      requests.pending().map(({ id }) => id),
      rules.limits,
    );
  }

  async observation(_context: OutcomeContext, query: Uint8Array): Promise<Uint8Array> {
    const { requests, rules, nowMs, log } = this.parts;
    const state = { pending: requests.pending(), now: timestampOf(nowMs()) };
    return buildObservation(query, state, rules.limits, log);
  }

  async validateObservation(
    _context: OutcomeContext,
    query: Uint8Array,
    observation: AttributedObservation,
  ): Promise<void> {
    validateObservation(query, observation, this.parts.rules.limits);
  }

  async observationQuorum(
    _context: OutcomeContext,
    _query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<boolean> {
    return hasQuorum(observations, this.parts.rules.f);
  }

  async outcome(
    context: OutcomeContext,
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<Uint8Array> {
    return buildOutcome(this.parts.rules, { context, query, observations }, this.parts.log);
  }

  reports(_seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    const { encoders, rules, log } = this.parts;
    return buildReports(outcome, encoders, rules.limits, log);
  }

  /** Always: enough oracles signed it. The execution has its end with it, so its request waits no longer. */
  async shouldAcceptAttestedReport(_seqNr: bigint, { info }: ReportWithInfo): Promise<boolean> {
    this.parts.requests.settle(decodeReportInfo(info).id.workflowExecutionId);
    return true;
  }

  /** Only what has something to report: the other reports have no bytes that a contract could take. */
  async shouldTransmitAcceptedReport(_seqNr: bigint, { info }: ReportWithInfo): Promise<boolean> {
    return decodeReportInfo(info).shouldReport;
  }

  /** Nothing to end: requests belong to the factory, whose next plugin takes them up. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
