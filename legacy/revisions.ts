import { chainFamily } from '../src/chains/selectors.ts';
import type { Value, ValueMap } from '../src/codec/values.ts';
import type { Revision } from '../src/contract/round.ts';
import { parseNumberConfig, parseTextConfig } from './config.ts';
import type { AggregatorConfig } from './config.ts';
import { bareEvent, wrappedEvent } from './event.ts';
import type { TriggerEvent } from './event.ts';
import { formatEvm, formatFeed, formatSolana } from './outcome.ts';
import type { Formatter } from './outcome.ts';
import { PackError } from './pack.ts';
import { BARE_EVENT, NUMBER_CONFIG, TEXT_CONFIG, WRAPPED_EVENT } from './spellings.ts';
import type { Shape } from './spellings.ts';
import { INT64, UINT64 } from './report.ts';
import type { IntegerRange } from './report.ts';

/** What differs between revisions of the aggregator (H.1), one row each. */
export interface RevisionRules {
  readonly parseConfig: (map: ValueMap) => AggregatorConfig;
  readonly configShape: Shape;
  readonly readEvent: (observation: Value) => TriggerEvent | undefined;
  readonly eventShape: Shape;
  /** The Go type of ReportWithInfo.Info. */
  readonly infoRange: IntegerRange;
  /** A report that is not newer than the previous outcome fails the call (H.3a). */
  readonly checksSequence: boolean;
  readonly formatter: (selector: bigint) => Formatter;
  /** What Go writes between `failed to create outcome: ` and the cause. */
  readonly formatPrefix: string;
}

export const REVISION_RULES: Readonly<Record<Revision, RevisionRules>> = {
  '2025-07': {
    parseConfig: parseNumberConfig,
    configShape: NUMBER_CONFIG,
    readEvent: bareEvent,
    eventShape: BARE_EVENT,
    infoRange: INT64,
    checksSequence: true,
    formatter: () => formatFeed,
    formatPrefix: '',
  },
  '2025-09': {
    parseConfig: parseTextConfig,
    configShape: TEXT_CONFIG,
    readEvent: wrappedEvent,
    eventShape: WRAPPED_EVENT,
    infoRange: UINT64,
    checksSequence: false,
    formatter: registeredFormatter,
    formatPrefix: 'encountered issue generating report in createOutcome ',
  },
};

function registeredFormatter(selector: bigint): Formatter {
  switch (chainFamily(selector)) {
    case 'evm':
      return formatEvm;
    case 'solana':
      return formatSolana;
    default:
      throw new PackError(
        'encountered issue fetching report formatter in createOutcome ' +
          `no formatter registered for chain selector: ${String(selector)}`,
      );
  }
}
