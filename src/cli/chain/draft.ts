import { DeliveryError } from '../../../loopp/provider/evm/delivery/errors.ts';
import { outcomeReport } from '../../../loopp/provider/evm/delivery/outcome-report.ts';
import { executionId } from '../../../loopp/wire/submission.ts';
import { decodeReport } from '../../codec/dfcache.ts';
import type { ReportMetadata, ReportRow } from '../../codec/dfcache.ts';
import type { Round } from '../../contract/round.ts';
import type { ChainConfig } from './schema.ts';

/** What a lane's outcome is for the chain. */
export type Draft =
  | { readonly kind: 'report'; readonly report: Uint8Array; readonly rows: readonly ReportRow[] }
  | { readonly kind: 'nothingToReport' }
  /** Upstream's encoder would refuse it too: a negative mintable, for one (docs/spec/aggregator.md H.8 number 6). */
  | { readonly kind: 'refusedByEncoder'; readonly reason: string };

export async function draftOf(metadata: ReportMetadata, outcome: Uint8Array): Promise<Draft> {
  try {
    const report = await outcomeReport('2025-09', metadata, outcome);
    if (report === undefined) return { kind: 'nothingToReport' };
    return { kind: 'report', report, rows: (await decodeReport('2025-09', report)).rows };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return { kind: 'refusedByEncoder', reason: error.message };
  }
}

/**
 * The round's execution as the forwarder and the caches know it; the same for both lanes, so that equal outcomes are equal
 * reports. Rounds carry no time: contracts look at none.
 */
export function metadataOf(round: Round, { don, workflow }: ChainConfig): ReportMetadata {
  const { workflowExecutionId, workflowId, reportId } = executionId(round);
  return {
    version: 1,
    executionId: workflowExecutionId,
    timestamp: 0,
    donId: don.id,
    donConfigVersion: don.configVersion,
    workflowId,
    workflowName: workflow.name,
    workflowOwner: workflow.owner,
    reportId,
  };
}
