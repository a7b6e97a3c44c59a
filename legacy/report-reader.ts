import type { AggregatorConfig } from './config.ts';
import type { TriggerEvent } from './event.ts';
import { parseMintReport, parseReportWithInfo } from './report.ts';
import type { MintReport } from './report.ts';
import type { RevisionRules } from './revisions.ts';

/** What an event's report says; `info` undefined: Go cannot read it, `report` undefined: nor what is inside. */
interface ParsedReport {
  readonly bytes: Uint8Array;
  readonly info: bigint | undefined;
  readonly report: MintReport | undefined;
}

/** Reads what events say for the configured chain. */
export class ReportReader {
  private readonly rules: RevisionRules;
  private readonly selector: bigint;
  private readonly lastSeenAt: bigint | undefined;
  private parsed: ParsedReport | undefined;

  /** `lastSeenAt`: of the previous outcome; undefined where the revision does not compare with it. */
  constructor(rules: RevisionRules, config: AggregatorConfig, lastSeenAt: bigint | undefined) {
    this.rules = rules;
    this.selector = config.targetChainSelector;
    this.lastSeenAt = lastSeenAt;
  }

  /** Undefined: nothing for this chain, or nothing that Go can read. */
  read(event: TriggerEvent): MintReport | 'stale' | undefined {
    const { info, report } = this.parse(event.report);
    if (info !== this.selector) return undefined;
    return this.lastSeenAt !== undefined && event.seqNr <= this.lastSeenAt ? 'stale' : report;
  }

  /** Oracles that agree send the same bytes: these are parsed once. */
  private parse(bytes: Uint8Array): ParsedReport {
    if (this.parsed === undefined || Buffer.compare(this.parsed.bytes, bytes) !== 0) {
      const outer = parseReportWithInfo(bytes, this.rules.infoRange);
      const isTarget = outer?.info === this.selector;
      this.parsed = {
        bytes,
        info: outer?.info,
        report: isTarget ? parseMintReport(outer.report) : undefined,
      };
    }
    return this.parsed;
  }
}
