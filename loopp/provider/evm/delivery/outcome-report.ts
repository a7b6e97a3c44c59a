import { AggregationOutcome } from '../../../../src/codec/capability.ts';
import { ReportFormatError, encodeReport } from '../../../../src/codec/dfcache.ts';
import type { ReportMetadata } from '../../../../src/codec/dfcache.ts';
import { ProtobufError } from '../../../../src/codec/protobuf.ts';
import type { Revision } from '../../../../src/contract/round.ts';
import { DeliveryError } from './errors.ts';

/**
 * The report of an aggregation outcome as the Data Feeds Cache takes it: 109 bytes of metadata, then the rows
 * (docs/spec/aggregator.md H.6). Undefined when the outcome has nothing to report. Rejects with a `DeliveryError` of
 * kind `report` for what has no such encoding: a negative mintable, an outcome for Solana, metadata out of its range.
 */
export async function outcomeReport(
  revision: Revision,
  metadata: ReportMetadata,
  outcome: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    const { shouldReport, encodableOutcome = new Map() } = AggregationOutcome.decode(outcome);
    return shouldReport ? await encodeReport(revision, metadata, encodableOutcome) : undefined;
  } catch (error) {
    if (!(error instanceof ReportFormatError) && !(error instanceof ProtobufError)) throw error;
    throw new DeliveryError('report', `the outcome has no report: ${error.message}`, { cause: error });
  }
}
