import type { Judgement } from '../src/contract/judgement.ts';
import type { VerdictKey } from '../src/contract/verdict.ts';
import { LatencyRecorder, PairedLatency } from './latency.ts';
import { Tally } from './tally.ts';
import type { Parity, VerdictCounts, WitnessCount } from './tally.ts';
import { contradictedLanes } from './verdict.ts';

/** Quantiles of one lane in milliseconds; null before the first answer. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** loopp minus legacy on the same rounds, in milliseconds; positive where loopp is slower. */
export interface PairedSummary {
  readonly count: number;
  readonly medianMs: number | null;
  readonly meanMs: number | null;
  /** 95 % interval of the mean. */
  readonly lowMs: number | null;
  readonly highMs: number | null;
}

/** What a comparison found; `run --json` prints it and report.json holds it. */
export interface Report {
  readonly rounds: number;
  /** Distinct inputs among the compared rounds. */
  readonly distinct: number;
  readonly verdicts: VerdictCounts;
  readonly orderDependent: number;
  readonly parity: { readonly rate: number | null; readonly lowerBound: number | null };
  readonly witness: WitnessCount;
  readonly latency: {
    readonly legacy: LatencySummary;
    readonly loopp: LatencySummary;
    readonly paired: PairedSummary;
  };
  /** Lines and files of the input that were refused; only more than 0 with `--keep-going`. */
  readonly refused: number;
  /** Rounds that were in progress at most: a lane's latency holds the waiting that comes of it. */
  readonly concurrency: number;
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Rounds that are shown to people in full. */
const SHOWN_FINDINGS = 5;

/** Gathers judgements into a report, in constant memory but for the fingerprints of inputs. */
export class Summary {
  readonly tally: Tally;
  /** The first rounds that went wrong, for people. */
  readonly findings: Judgement[] = [];
  private readonly legacy = new LatencyRecorder();
  private readonly loopp = new LatencyRecorder();
  private readonly paired = new PairedLatency();
  private refusals = 0;
  private found = 0;

  /** `distinctLimit`: see `Tally`. */
  constructor(distinctLimit = Infinity) {
    this.tally = new Tally(distinctLimit);
  }

  add(judgement: Judgement): void {
    this.tally.add(judgement);
    if (isFinding(judgement)) {
      this.found++;
      if (this.findings.length < SHOWN_FINDINGS) this.findings.push(judgement);
    }
    const { legacy, loopp } = judgement.observations ?? {};
    if (legacy?.kind === 'answer') this.legacy.record(legacy.durationNs);
    if (loopp?.kind === 'answer') this.loopp.record(loopp.durationNs);
    if (legacy?.kind === 'answer' && loopp?.kind === 'answer') {
      this.paired.record(legacy.durationNs, loopp.durationNs);
    }
  }

  /** A line of the input was refused. */
  refuse(): void {
    this.refusals++;
  }

  /** Rounds that went wrong so far. */
  get findingCount(): number {
    return this.found;
  }

  /** Refused lines and files so far. */
  get refused(): number {
    return this.refusals;
  }

  report(run: Pick<Report, 'concurrency' | 'seed' | 'versions'>): Report {
    const { tally } = this;
    const { mean, interval } = this.paired.summary();
    return {
      rounds: tally.rounds,
      distinct: tally.distinct,
      verdicts: tally.verdicts,
      orderDependent: tally.orderDependent,
      parity: parityOf(tally.parity),
      witness: tally.witness,
      latency: {
        legacy: latencyOf(this.legacy),
        loopp: latencyOf(this.loopp),
        paired: {
          count: this.paired.count,
          medianMs: toMs(this.paired.median),
          meanMs: toMs(mean),
          lowMs: toMs(interval.low),
          highMs: toMs(interval.high),
        },
      },
      refused: this.refusals,
      ...run,
    };
  }
}

/** Verdicts that need somebody's attention. */
export const FAILING: ReadonlySet<VerdictKey> = new Set([
  'mismatch',
  'bothFailedDifferently',
  'onlyLegacyFailed',
  'onlyLooppFailed',
  'protocol',
]);
/** Verdicts that are tolerated up to a limit. */
export const LANE_TROUBLE: ReadonlySet<VerdictKey> = new Set(['timeout', 'unavailable']);

function isFinding(judgement: Judgement): boolean {
  const { key } = judgement.verdict;
  return FAILING.has(key) || LANE_TROUBLE.has(key) || contradictedLanes(judgement).length > 0;
}

/**
 * Why the comparison says no, one reason a line; empty when it says yes. Ambiguous rounds and errors that both lanes
 * share are fine; a comparison in which no round had two answers, which nothing could have contradicted, is not.
 */
export function objections(report: Report, maxLaneErrors: number): readonly string[] {
  const { verdicts, witness } = report;
  const reasons = [...FAILING]
    .filter((key) => verdicts[key] > 0)
    .map((key) => `${key}: ${String(verdicts[key])}`);
  const trouble = [...LANE_TROUBLE].reduce((sum, key) => sum + verdicts[key], 0);
  if (trouble > maxLaneErrors) {
    reasons.push(`timeout and unavailable: ${String(trouble)}, at most ${String(maxLaneErrors)} allowed`);
  }
  if (witness.contradicted > 0) reasons.push(`witness contradicted: ${String(witness.contradicted)}`);
  if (reasons.length === 0 && isNothingCompared(report)) reasons.push('no round was compared');
  return reasons;
}

/** Every round lacks an answer of a lane, or was not to be compared. */
function isNothingCompared({ rounds, verdicts }: Report): boolean {
  const { notCompared, protocol, timeout, unavailable } = verdicts;
  return notCompared + protocol + timeout + unavailable >= rounds;
}

function parityOf({ rate, lowerBound }: Parity): Report['parity'] {
  return { rate: orNull(rate), lowerBound: orNull(lowerBound) };
}

function latencyOf(recorder: LatencyRecorder): LatencySummary {
  return {
    count: recorder.count,
    p50Ms: toMs(recorder.quantile(0.5)),
    p90Ms: toMs(recorder.quantile(0.9)),
    p99Ms: toMs(recorder.quantile(0.99)),
    maxMs: toMs(recorder.max),
  };
}

const toMs = (ns: number): number | null => orNull(ns / 1e6);
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
