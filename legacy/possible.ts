import type { Value, ValueMap } from '../src/codec/values.ts';
import type { Outcome } from '../src/contract/lane.ts';
import { NO_REPORT, RoundError, answering, reportOutcome, staleError } from './answer.ts';
import type { AggregatorConfig } from './config.ts';
import { GoPanic } from './event.ts';
import type { TriggerEvent } from './event.ts';
import type { ChosenReport } from './outcome.ts';
import { ReportReader } from './report-reader.ts';
import type { RevisionRules } from './revisions.ts';
import { countSpellings, spellings } from './spellings.ts';

/** A round as the node has it decoded. */
export interface DecodedRound {
  readonly rules: RevisionRules;
  readonly config: ValueMap;
  /** Of the previous outcome; undefined where the revision does not compare with it. */
  readonly lastSeenAt: bigint | undefined;
  /** By oracle ascending, each oracle's in list order. */
  readonly observations: readonly (readonly Value[])[];
}

/** Spellings of one message that are still looked at one by one. */
const MAX_SPELLINGS = 4096;

/** The most ways in which a message of the round can be read; nearly always 1. */
export function waysToRead({ rules, config, observations }: DecodedRound): number {
  let most = countSpellings(asValue(config), rules.configShape);
  for (const values of observations) {
    for (const value of values) most = Math.max(most, countSpellings(value, rules.eventShape));
  }
  return most;
}

const asValue = (entries: ValueMap): Value => ({ kind: 'map', entries });

/**
 * Every answer that Go may give: for every spelling of the configuration and of each observation, and every order of the
 * oracles. None when a message has too many spellings to look at: then no difference is excused.
 */
export function possibleAnswers(round: DecodedRound): readonly Outcome[] {
  if (waysToRead(round) > MAX_SPELLINGS) return [];
  const { config, rules } = round;
  return [...spellings(asValue(config), rules.configShape)].flatMap((spelt) =>
    spelt.kind === 'map' ? answersUnder(spelt.entries, round) : [],
  );
}

function answersUnder(
  configMap: ValueMap,
  { rules, lastSeenAt, observations }: DecodedRound,
): readonly Outcome[] {
  let ends: readonly Outcome[] = [];
  const refused = answering(() => {
    const config = rules.parseConfig(configMap);
    if (observations.length === 0) throw new RoundError('no observations');
    const reader = new ReportReader(rules, config, lastSeenAt);
    const readings = observations.map((values) => values.map((value) => readingsOf(value, rules, reader)));
    ends = endsOf(readings).map((end) => answering(() => outcomeOf(end, rules, config, lastSeenAt)));
    return NO_REPORT;
  });
  return refused.kind === 'error' ? [refused] : ends;
}

/** What the aggregator makes of one event. */
type Reading =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'crash'; readonly panic: GoPanic }
  | ({ readonly kind: 'report' } & ChosenReport);

const NOTHING: Reading = { kind: 'nothing' };

function readingsOf(value: Value, rules: RevisionRules, reader: ReportReader): readonly Reading[] {
  return [...spellings(value, rules.eventShape)].map((spelt) => {
    try {
      const event = rules.readEvent(spelt);
      return event === undefined ? NOTHING : readingOf(event, reader);
    } catch (error) {
      if (error instanceof GoPanic) return { kind: 'crash', panic: error };
      throw error;
    }
  });
}

function readingOf(event: TriggerEvent, reader: ReportReader): Reading {
  const report = reader.read(event);
  if (report === undefined) return NOTHING;
  return report === 'stale' ? { kind: 'stale' } : { kind: 'report', report, accounts: event.accounts };
}

type Readings = readonly Reading[];

const canBe = (readings: Readings, ...kinds: readonly Reading['kind'][]): boolean =>
  readings.some(({ kind }) => kinds.includes(kind));

/**
 * How the call can end, by oracle and event. Any oracle may be first, and each event is read apart from the others. A
 * crash ends the call where it stands; a stale event fails it once all are read; else the first report wins, so one behind
 * another counts when the other can also be read as nothing.
 */
function endsOf(oracles: readonly (readonly Readings[])[]): Readings {
  const events = oracles.flat();
  const ends: Reading[] = oracles.flatMap((list) => reachable(list, 'crash', ['nothing', 'stale', 'report']));
  if (!events.every((readings) => canBe(readings, 'nothing', 'stale', 'report'))) return ends;
  if (events.some((readings) => canBe(readings, 'stale'))) ends.push({ kind: 'stale' });
  if (!events.every((readings) => canBe(readings, 'nothing', 'report'))) return ends;
  for (const list of oracles) ends.push(...reachable(list, 'report', ['nothing']));
  if (events.every((readings) => canBe(readings, 'nothing'))) ends.push(NOTHING);
  return ends;
}

/** Readings of a kind, as far as every event before them can be read as one of `passing`. */
function reachable(
  list: readonly Readings[],
  kind: Reading['kind'],
  passing: readonly Reading['kind'][],
): Readings {
  const found: Reading[] = [];
  for (const readings of list) {
    found.push(...readings.filter((reading) => reading.kind === kind));
    if (!canBe(readings, ...passing)) break;
  }
  return found;
}

/** Throws what the call fails with. */
function outcomeOf(
  end: Reading,
  rules: RevisionRules,
  config: AggregatorConfig,
  lastSeenAt: bigint | undefined,
): Outcome {
  if (end.kind === 'crash') throw end.panic;
  if (end.kind === 'stale') throw staleError(lastSeenAt ?? 0n);
  return end.kind === 'nothing' ? NO_REPORT : reportOutcome(rules, config, end);
}
