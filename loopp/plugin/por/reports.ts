import type { ReportPlus } from '../../../src/contract/reporting-plugin.ts';
import { packSelector } from '../../wire/upstream-values.ts';
import { MessageError, encodeReport } from './messages.ts';
import type { PorOutcome } from './messages.ts';

/**
 * One report for each changed chain, by ascending selector, where upstream walks a Go map. Its info is the selector as
 * upstream's ReportingPlugin has it on the wire: 8 bytes, the lowest first (docs/spec/loopp-wire.md D.4). Throws
 * `MessageError` for an outcome that no plugin makes.
 */
export function buildReports(
  configDigest: Uint8Array,
  seqNr: bigint,
  { changed, mintables }: PorOutcome,
): readonly ReportPlus[] {
  return [...changed]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((selector) => {
      const pair = mintables.get(selector);
      if (pair === undefined) {
        throw new MessageError(`outcome: expected mintables of changed chain ${String(selector)}, got none`);
      }
      const report = encodeReport({ configDigest, seqNr, ...pair });
      return {
        reportWithInfo: { report, info: packSelector(selector) },
        transmissionScheduleOverride: undefined,
      };
    });
}
