import type { Ocr3Report, Ocr3Result } from '../../../loopp/host/ocr3-round.ts';
import { protocolConfig } from '../../../loopp/host/ocr3-don.ts';
import type { DonConfig } from '../../../loopp/host/ocr3-don.ts';
import { dataFeedsEncoders } from '../../../loopp/plugin/ocr3/encoder.ts';
import { capabilityFactory } from '../../../loopp/plugin/ocr3/factory.ts';
import type { CapabilityFactoryParts } from '../../../loopp/plugin/ocr3/factory.ts';
import { PendingRequests } from '../../../loopp/plugin/ocr3/requests.ts';
import { outcomeContext } from '../../../loopp/wire/submission.ts';
import type { Outcome } from '../../contract/lane.ts';
import type { Round } from '../../contract/round.ts';
import { encodeAnswer } from './answer.ts';

/** The aggregator in this process; it has answered when it returns. */
export type AggregateRound = (round: Round) => Outcome;

/**
 * What the capability's rules make of the round over the aggregator in this process, from the query and the
 * observations of the DON: those hold the time. Rejects as reporting plugins do.
 */
export async function controlAnswer(
  aggregateRound: AggregateRound,
  round: Round,
  { n, f }: DonConfig,
  { query, observations }: Pick<Ocr3Result, 'query' | 'observations'>,
): Promise<Uint8Array> {
  const { revision, config } = round;
  const aggregate: CapabilityFactoryParts['aggregate'] = (input) =>
    aggregateRound({ ...input, id: round.id, f, previousOutcome: input.previousOutcome ?? null });
  const { plugin } = await capabilityFactory({
    aggregate,
    revision,
    config,
    encoders: dataFeedsEncoders(revision),
    requests: new PendingRequests(() => 0),
    nowMs: Date.now,
    log: () => undefined,
  }).newReportingPlugin(protocolConfig(0, n, f));
  const context = outcomeContext(round);
  const outcome = await plugin.outcome(context, query, observations);
  const reports: Ocr3Report[] = [];
  for (const report of await plugin.reports(context.seqNr, outcome)) {
    const transmitted = await plugin.shouldTransmitAcceptedReport(context.seqNr, report.reportWithInfo);
    reports.push({ ...report, transmitted });
  }
  return encodeAnswer(outcome, reports);
}
