import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Judgement } from '../src/contract/judgement.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import { LANE_ERROR_KINDS } from '../src/contract/lane.ts';
import { STAGES } from '../src/contract/stage.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { DifferenceKind } from '../src/contract/verdict.ts';
import type { Summary } from './report.ts';

/** Microseconds in process to seconds of a plugin that hangs. */
const LATENCY_BUCKETS_S = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 10,
];
const DIFFERENCE_KINDS: readonly DifferenceKind[] = ['missing', 'extra', 'type', 'value', 'order'];

const WITNESS_RESULTS = ['agrees', 'contradicts'] as const;

function each<Key extends string, Value>(
  keys: readonly Key[],
  value: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}

/** What is exported of the plugin process. */
export interface PluginFacts {
  readonly ready: boolean;
  readonly launches: number;
  readonly exits: number;
}

/**
 * The Prometheus metrics of a comparison. Labels are static: every series is there from the start, counters and
 * histograms at 0, rates and bounds NaN until there is data.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly rounds = this.counter('rounds_total', 'Rounds by verdict; the sum is the rounds seen.', [
    'verdict',
  ]);
  private readonly orderDependent = this.counter(
    'order_dependent_matches_total',
    'Matches whose answer depends on the order of the oracles.',
    [],
  );
  private readonly differences = this.counter(
    'differences_total',
    'Differing fields by kind of difference.',
    ['kind'],
  );
  private readonly witness = this.counter(
    'witness_total',
    "Answers held against a Go node's, by lane and result.",
    ['lane', 'result'],
  );
  private readonly laneErrors = this.counter(
    'lane_errors_total',
    'Rounds without an answer, by lane and error.',
    ['lane', 'error'],
  );
  private readonly served = this.counter('served_total', 'Rounds served, by lane and stage.', [
    'lane',
    'stage',
  ]);
  private readonly fallbacks = this.counter(
    'fallbacks_total',
    'Rounds served by the other lane because the serving one had no answer.',
    [],
  );
  private readonly refused = this.counter('refused_lines_total', 'Lines of the input that are no round.', []);
  private readonly latency = new Histogram({
    name: 'securemint_shadow_lane_duration_seconds',
    help: 'From the question to the answer, by lane.',
    labelNames: ['lane'],
    buckets: LATENCY_BUCKETS_S,
    registers: [this.registry],
  });

  // Looking a series up by its labels costs more than counting in it, so the ones of every round are kept at hand.
  private readonly byVerdict = each(VERDICT_KEYS, (verdict) => this.rounds.labels({ verdict }));
  private readonly byLane = each(LANE_NAMES, (lane) => this.latency.labels({ lane }));
  private readonly byServed = each(LANE_NAMES, (lane) =>
    each(STAGES, (stage) => this.served.labels({ lane, stage })),
  );
  private readonly byWitness = each(LANE_NAMES, (lane) =>
    each(WITNESS_RESULTS, (result) => this.witness.labels({ lane, result })),
  );

  constructor(summary: Summary, plugin: () => PluginFacts, versions: Readonly<Record<string, string>>) {
    this.startAtZero();
    const { tally } = summary;
    this.gauge('parity_rate', 'Share of compared rounds on which the lanes agree.', () => tally.parity.rate);
    this.gauge(
      'parity_lower_bound',
      'Exact one-sided 95 % lower bound of the parity rate over distinct inputs.',
      () => tally.parity.lowerBound,
    );
    this.gauge('distinct_inputs', 'Distinct inputs among the compared rounds.', () => tally.distinct);
    this.gauge('plugin_ready', '1 when the plugin process answers.', () => Number(plugin().ready));
    this.gauge('plugin_launches', 'Launches of the plugin process.', () => plugin().launches);
    this.gauge('plugin_exits', 'Times the plugin process was lost.', () => plugin().exits);
    this.buildInfo(versions);
  }

  observe({ verdict, witness, observations, stage, served, fallback }: Judgement): void {
    this.byVerdict[verdict.key].inc();
    if (verdict.orderDependent === true) this.orderDependent.inc();
    for (const { kind } of verdict.differences ?? []) this.differences.inc({ kind });
    if (observations === undefined) return;
    this.byServed[served][stage].inc();
    if (fallback === true) this.fallbacks.inc();
    for (const lane of LANE_NAMES) {
      const observation = observations[lane];
      if (observation === undefined) continue;
      if (observation.kind === 'failure') this.laneErrors.inc({ lane, error: observation.error });
      else this.byLane[lane].observe(observation.durationNs / 1e9);
      const held = witness?.[lane];
      if (held !== undefined) this.byWitness[lane][held ? 'agrees' : 'contradicts'].inc();
    }
  }

  refuse(): void {
    this.refused.inc();
  }

  private startAtZero(): void {
    for (const verdict of VERDICT_KEYS) this.rounds.inc({ verdict }, 0);
    for (const kind of DIFFERENCE_KINDS) this.differences.inc({ kind }, 0);
    for (const lane of LANE_NAMES) {
      for (const stage of STAGES) this.served.inc({ lane, stage }, 0);
      this.latency.zero({ lane });
      for (const error of LANE_ERROR_KINDS) this.laneErrors.inc({ lane, error }, 0);
      for (const result of WITNESS_RESULTS) this.witness.inc({ lane, result }, 0);
    }
  }

  private counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({
      name: `securemint_shadow_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `securemint_shadow_${name}`,
      help,
      registers: [this.registry],
      collect: () => gauge.set(read()),
    });
  }

  private buildInfo(versions: Readonly<Record<string, string>>): void {
    const gauge = new Gauge({
      name: 'securemint_shadow_build_info',
      help: 'Versions of what is running; the value is always 1.',
      labelNames: Object.keys(versions),
      registers: [this.registry],
    });
    gauge.set({ ...versions }, 1);
  }
}
