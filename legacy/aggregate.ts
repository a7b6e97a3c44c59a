import { AggregationOutcome } from '../src/codec/capability.ts';
import { decodeValue, decodeValueMap } from '../src/codec/values.ts';
import type { Value } from '../src/codec/values.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { GO_CRASHES } from '../src/contract/texts.ts';
import { ConfigError } from './config.ts';
import type { AggregatorConfig } from './config.ts';
import { GoPanic } from './event.ts';
import type { TriggerEvent } from './event.ts';
import { EMPTY_OUTCOME, encodeReportOutcome } from './outcome.ts';
import type { ChosenReport } from './outcome.ts';
import { PackError } from './pack.ts';
import { parseMintReport, parseReportWithInfo } from './report.ts';
import type { MintReport } from './report.ts';
import { REVISION_RULES } from './revisions.ts';
import type { RevisionRules } from './revisions.ts';

/** The aggregator's answer to one round. */
export interface Aggregated {
  readonly outcome: Outcome;
  /**
   * Every answer that Go may give to the round, `outcome` first: Go walks the oracles in map order and the first valid
   * report wins, so the first valid report of any oracle can.
   */
  possible(): readonly Outcome[];
}

/**
 * The in-process aggregator, from the bytes of a round to the bytes of its outcome (docs/spec/aggregator.md H).
 * Pure. Throws `ProtobufError` when bytes of the round are not the protobuf they should be.
 */
export function aggregateRound(round: Round): Aggregated {
  let aggregation: Aggregation | undefined;
  const outcome = answering(() => {
    aggregation = new Aggregation(round);
    return aggregation.first();
  });
  // A configuration that is refused, and a round without oracles, is so in every order.
  return { outcome, possible: () => [outcome, ...(aggregation?.others() ?? [])] };
}

/** `aggregateRound` for its outcome alone. */
export function aggregate(round: Round): Outcome {
  return aggregateRound(round).outcome;
}

const NO_REPORT: Outcome = { kind: 'outcome', outcome: EMPTY_OUTCOME };

/** The call as a whole fails with this text. */
class RoundError extends Error {
  override readonly name = 'RoundError';
}

function answering(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    return { kind: 'error', error: errorText(error) };
  }
}

function errorText(error: unknown): string {
  if (error instanceof ConfigError || error instanceof RoundError) return error.message;
  if (error instanceof PackError) return `failed to create outcome: ${error.message}`;
  if (error instanceof GoPanic) return `${GO_CRASHES}${error.message}`;
  throw error;
}

interface OracleEvent {
  readonly oracle: number;
  readonly event: TriggerEvent;
}

interface OracleReport extends ChosenReport {
  readonly oracle: number;
}

/** What an event's report says; `info` undefined: Go cannot read it, `report` undefined: nor what is inside. */
interface ParsedReport {
  readonly bytes: Uint8Array;
  readonly info: bigint | undefined;
  readonly report: MintReport | undefined;
}

class Aggregation {
  private readonly rules: RevisionRules;
  private readonly config: AggregatorConfig;
  private readonly events: readonly OracleEvent[];
  /** The previous outcome's LastSeenAt, where the revision compares with it. */
  private readonly lastSeenAt: bigint | undefined;
  private readonly reports = this.read();
  /** Reports that were read so far. */
  private readonly found: OracleReport[] = [];
  /** An event that is not newer than the previous outcome was met. */
  private stale = false;
  private parsed: ParsedReport | undefined;

  constructor(round: Round) {
    this.rules = REVISION_RULES[round.revision];
    // A node has all of it decoded before it asks the aggregator: bytes that are no protobuf come first.
    const config = decodeValueMap(round.config);
    const previous =
      round.previousOutcome === null ? undefined : AggregationOutcome.decode(round.previousOutcome);
    const observations = decodeObservations(round);
    this.config = this.rules.parseConfig(config);
    if (round.observations.length === 0) throw new RoundError('no observations');
    this.lastSeenAt = this.rules.checksSequence ? (previous?.lastSeenAt ?? 0n) : undefined;
    // Every observation is read, whichever wins: one that crashes Go does so wherever it stands.
    this.events = readEvents(observations, this.rules);
  }

  first(): Outcome {
    // A stale event fails the call wherever it stands, so that check cannot stop at the first report.
    if (this.lastSeenAt === undefined) this.findOne();
    else this.findAll();
    if (this.stale) throw staleError(this.lastSeenAt ?? 0n);
    const [report] = this.found;
    return report === undefined ? NO_REPORT : this.createOutcome(report);
  }

  /** What the call answers when it meets another oracle first; an oracle that says the same adds nothing. */
  others(): readonly Outcome[] {
    this.findAll();
    if (this.stale) return [];
    const firsts: OracleReport[] = [];
    for (const report of this.found) {
      if (!firsts.some((known) => known.oracle === report.oracle)) firsts.push(report);
    }
    const [answered, ...rest] = firsts;
    return rest
      .filter((report) => answered !== undefined && !saysTheSame(report, answered))
      .map((report) => answering(() => this.createOutcome(report)));
  }

  private findAll(): void {
    while (this.findOne());
  }

  /** Reads on to the next valid report; false when there is none. */
  private findOne(): boolean {
    const next = this.reports.next();
    if (next.done !== true) this.found.push(next.value);
    return next.done !== true;
  }

  /** Valid reports for the target chain, oracle ascending, then list order. */
  private *read(): Generator<OracleReport, void> {
    for (const { oracle, event } of this.events) {
      const { info, report } = this.parse(event.report);
      if (info !== this.config.targetChainSelector) continue;
      if (this.isStale(event)) this.stale = true;
      else if (report !== undefined) yield { oracle, report, accounts: event.accounts };
    }
  }

  /** Oracles that agree send the same bytes: these are parsed once. */
  private parse(bytes: Uint8Array): ParsedReport {
    if (this.parsed === undefined || Buffer.compare(this.parsed.bytes, bytes) !== 0) {
      const outer = parseReportWithInfo(bytes, this.rules.infoRange);
      const isTarget = outer?.info === this.config.targetChainSelector;
      this.parsed = {
        bytes,
        info: outer?.info,
        report: isTarget ? parseMintReport(outer.report) : undefined,
      };
    }
    return this.parsed;
  }

  private isStale(event: TriggerEvent): boolean {
    return this.lastSeenAt !== undefined && event.seqNr <= this.lastSeenAt;
  }

  private createOutcome(chosen: ChosenReport): Outcome {
    const format = this.rules.formatter(this.config.targetChainSelector);
    const encodable = format(chosen, this.config, this.rules.formatPrefix);
    return { kind: 'outcome', outcome: encodeReportOutcome(encodable, chosen.report) };
  }
}

function saysTheSame(a: OracleReport, b: OracleReport): boolean {
  return (
    a.report.seqNr === b.report.seqNr &&
    a.report.block === b.report.block &&
    a.report.mintable === b.report.mintable &&
    Buffer.concat(a.accounts).equals(Buffer.concat(b.accounts))
  );
}

function staleError(lastSeen: bigint): RoundError {
  return new RoundError(
    'failed to extract and validate reports: sequence number too low: ' +
      `all reports had sequence numbers <= ${String(lastSeen)}`,
  );
}

interface OracleValue {
  readonly oracle: number;
  readonly value: Value;
}

function decodeObservations(round: Round): readonly OracleValue[] {
  const decoded: OracleValue[] = [];
  for (const { oracle, values } of round.observations) {
    for (const bytes of values) decoded.push({ oracle, value: decodeValue(bytes) });
  }
  return decoded;
}

function readEvents(observations: readonly OracleValue[], rules: RevisionRules): readonly OracleEvent[] {
  const events: OracleEvent[] = [];
  for (const { oracle, value } of observations) {
    const event = rules.readEvent(value);
    if (event !== undefined) events.push({ oracle, event });
  }
  return events;
}
