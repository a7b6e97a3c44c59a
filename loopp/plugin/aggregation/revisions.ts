import type { Revision } from '../../../src/contract/round.ts';
import { parseDataIdConfig, parseSelectorConfig } from './config.ts';
import type { ParseConfig } from './config.ts';
import { formatFeed, formatterOf } from './formatters.ts';
import type { Formatter } from './formatters.ts';
import { readBareEvent, readEventWithAccounts } from './observation.ts';
import type { ReadObservation } from './observation.ts';
import { decodeWithInfo, decodeWithSignedInfo } from './report.ts';
import type { DecodeJson, ReportWithInfo } from './report.ts';

/** What differs between the upstream behaviours (docs/spec/aggregator.md H.1). */
export interface Rules {
  readonly parseConfig: ParseConfig;
  readonly readObservation: ReadObservation;
  readonly decodeReportWithInfo: DecodeJson<ReportWithInfo>;
  /** Whether an event that is not newer than the previous outcome fails the call (H.3a). */
  readonly refusesStaleEvents: boolean;
  readonly formatterOf: (selector: bigint) => Formatter | undefined;
  /** What stands between the call's error and the formatter's cause. */
  readonly formatContext: string;
}

export const RULES: Readonly<Record<Revision, Rules>> = {
  '2025-07': {
    parseConfig: parseSelectorConfig,
    readObservation: readBareEvent,
    decodeReportWithInfo: decodeWithSignedInfo,
    refusesStaleEvents: true,
    formatterOf: () => formatFeed,
    formatContext: '',
  },
  '2025-09': {
    parseConfig: parseDataIdConfig,
    readObservation: readEventWithAccounts,
    decodeReportWithInfo: decodeWithInfo,
    refusesStaleEvents: false,
    formatterOf,
    formatContext: 'encountered issue generating report in createOutcome ',
  },
};
