import { CapabilityOutcome } from '../../../src/codec/capability.ts';
import type { AggregationOutcome, Id } from '../../../src/codec/capability.ts';
import { ReportFormatError } from '../../../src/codec/dfcache.ts';
import type { ReportPlus } from '../../../src/contract/reporting-plugin.ts';
import type { Log } from '../../../src/log.ts';
import { NoEncoderError } from './encoder.ts';
import type { Encoders } from './encoder.ts';
import type { CapabilityLimits } from './limits.ts';
import { reportMetadata, withMetadata } from './metadata.ts';
import { encodeReportInfo } from './report-info.ts';

const EMPTY = new Uint8Array();

/**
 * The reports of an outcome, in the order of its executions (docs/spec/aggregator.md G.3). An execution that has nothing
 * to report still gets one, without bytes, so that whoever waits for it hears of its end. One that cannot be encoded, or
 * is longer than the limit, is left out: the log says why. Throws `ProtobufError`.
 */
export async function buildReports(
  outcome: Uint8Array,
  encoders: Encoders,
  limits: CapabilityLimits,
  log: Log,
): Promise<readonly ReportPlus[]> {
  const reports: ReportPlus[] = [];
  for (const { id, outcome: aggregated } of CapabilityOutcome.decode(outcome).currentReports) {
    if (id === undefined || aggregated === undefined) continue;
    const report = await reportOf(id, aggregated, encoders, limits, log);
    if (report === undefined) continue;
    const info = encodeReportInfo({ id, shouldReport: aggregated.shouldReport });
    reports.push({ reportWithInfo: { report, info }, transmissionScheduleOverride: undefined });
  }
  return reports.slice(0, limits.maxReportCount);
}

async function reportOf(
  id: Id,
  outcome: AggregationOutcome,
  encoders: Encoders,
  limits: CapabilityLimits,
  log: Log,
): Promise<Uint8Array | undefined> {
  if (!outcome.shouldReport) return EMPTY;
  try {
    const report = await encode(id, outcome, encoders);
    if (report.length <= limits.maxReportLengthBytes) return report;
    throw new ReportFormatError(
      'report',
      `at most ${String(limits.maxReportLengthBytes)} bytes`,
      String(report.length),
    );
  } catch (error) {
    if (!(error instanceof ReportFormatError) && !(error instanceof NoEncoderError)) throw error;
    const { workflowId, workflowExecutionId } = id;
    log('error', 'could not encode report for workflow', {
      workflowId,
      workflowExecutionId,
      error: error.message,
    });
    return undefined;
  }
}

async function encode(id: Id, outcome: AggregationOutcome, encoders: Encoders): Promise<Uint8Array> {
  const { encoderName: name, encoderConfig: config } = outcome;
  const encoder = encoders(name === '' ? undefined : { name, config });
  return encoder(withMetadata(outcome.encodableOutcome ?? new Map(), reportMetadata(id, outcome.timestamp)));
}
