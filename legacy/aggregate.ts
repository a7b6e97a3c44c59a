import { AggregationOutcome } from '../src/codec/capability.ts';
import { decodeValue, decodeValueMap } from '../src/codec/values.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { NO_REPORT, RoundError, answering, reportOutcome, staleError } from './answer.ts';
import type { AggregatorConfig } from './config.ts';
import type { TriggerEvent } from './event.ts';
import type { ChosenReport } from './outcome.ts';
import { possibleAnswers, waysToRead } from './possible.ts';
import type { DecodedRound } from './possible.ts';
import { ReportReader } from './report-reader.ts';
import { REVISION_RULES } from './revisions.ts';
import type { RevisionRules } from './revisions.ts';

/** The aggregator's answer to one round. */
export interface Aggregated {
  readonly outcome: Outcome;
  /**
   * Every answer that Go may give to the round, `outcome` first: Go walks its maps in any order, those of the oracles and
   * those with two spellings of one name (docs/spec/aggregator.md G.1, H.7).
   */
  possible(): readonly Outcome[];
}

/**
 * The in-process aggregator, from the bytes of a round to the bytes of its outcome (docs/spec/aggregator.md H).
 * Pure. Throws `ProtobufError` when bytes of the round are not the protobuf they should be.
 */
export function aggregateRound(round: Round): Aggregated {
  const decoded = decodeRound(round);
  let aggregation: Aggregation | undefined;
  const outcome = answering(() => {
    aggregation = new Aggregation(decoded);
    return aggregation.first();
  });
  return { outcome, possible: () => distinct([outcome, ...otherAnswers(decoded, aggregation)]) };
}

/** `aggregateRound` for its outcome alone. */
export function aggregate(round: Round): Outcome {
  return aggregateRound(round).outcome;
}

/** A node has all of it decoded before it asks the aggregator: bytes that are no protobuf come first. */
function decodeRound(round: Round): DecodedRound {
  const rules = REVISION_RULES[round.revision];
  const config = decodeValueMap(round.config);
  const previous =
    round.previousOutcome === null ? undefined : AggregationOutcome.decode(round.previousOutcome);
  return {
    rules,
    config,
    lastSeenAt: rules.checksSequence ? (previous?.lastSeenAt ?? 0n) : undefined,
    observations: round.observations.map(({ values }) => values.map((bytes) => decodeValue(bytes))),
  };
}

/**
 * Where every name is spelt once, what was read for the answer serves again; a call that was refused or crashed is looked
 * at from the start.
 */
function otherAnswers(decoded: DecodedRound, aggregation: Aggregation | undefined): readonly Outcome[] {
  const isRead = aggregation !== undefined && waysToRead(decoded) === 1;
  return isRead ? aggregation.others() : possibleAnswers(decoded);
}

/** The first of each. */
function distinct(outcomes: readonly Outcome[]): readonly Outcome[] {
  if (outcomes.length === 1) return outcomes;
  const seen = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const key = outcome.kind === 'error' ? outcome.error : Buffer.from(outcome.outcome).toString('hex');
    if (!seen.has(`${outcome.kind} ${key}`)) seen.set(`${outcome.kind} ${key}`, outcome);
  }
  return [...seen.values()];
}

interface OracleEvent {
  /** Its place among the oracles. */
  readonly oracle: number;
  readonly event: TriggerEvent;
}

interface OracleReport extends ChosenReport {
  readonly oracle: number;
}

class Aggregation {
  private readonly rules: RevisionRules;
  private readonly config: AggregatorConfig;
  private readonly lastSeenAt: bigint | undefined;
  private readonly events: readonly OracleEvent[];
  private readonly reader: ReportReader;
  private readonly reports = this.read();
  /** Reports that were read so far. */
  private readonly found: OracleReport[] = [];
  /** An event that is not newer than the previous outcome was met. */
  private stale = false;

  constructor({ rules, config, lastSeenAt, observations }: DecodedRound) {
    this.rules = rules;
    this.config = rules.parseConfig(config);
    if (observations.length === 0) throw new RoundError('no observations');
    this.lastSeenAt = lastSeenAt;
    this.reader = new ReportReader(rules, this.config, lastSeenAt);
    // Every observation is read, whichever wins: one that crashes Go does so wherever it stands.
    this.events = readEvents(observations, rules);
  }

  first(): Outcome {
    // A stale event fails the call wherever it stands, so that check cannot stop at the first report.
    if (this.lastSeenAt === undefined) this.findOne();
    else this.findAll();
    if (this.stale) throw staleError(this.lastSeenAt ?? 0n);
    const [report] = this.found;
    return report === undefined ? NO_REPORT : reportOutcome(this.rules, this.config, report);
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
      .map((report) => answering(() => reportOutcome(this.rules, this.config, report)));
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
      const report = this.reader.read(event);
      if (report === 'stale') this.stale = true;
      else if (report !== undefined) yield { oracle, report, accounts: event.accounts };
    }
  }
}

function readEvents(
  observations: DecodedRound['observations'],
  rules: RevisionRules,
): readonly OracleEvent[] {
  const events: OracleEvent[] = [];
  for (const [oracle, values] of observations.entries()) {
    for (const value of values) {
      const event = rules.readEvent(value);
      if (event !== undefined) events.push({ oracle, event });
    }
  }
  return events;
}

function saysTheSame(a: OracleReport, b: OracleReport): boolean {
  return (
    a.report.seqNr === b.report.seqNr &&
    a.report.block === b.report.block &&
    a.report.mintable === b.report.mintable &&
    Buffer.concat(a.accounts).equals(Buffer.concat(b.accounts))
  );
}
