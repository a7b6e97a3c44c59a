import { Registry } from 'prom-client';
import type { Counter } from 'prom-client';
import type { Judgement } from '../src/contract/judgement.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import { STAGES } from '../src/contract/stage.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { VerdictKey } from '../src/contract/verdict.ts';
import { ChainLabels } from './chain-labels.ts';
import { CHAIN_RESULTS, COMPARISON_METRICS } from './comparison-metrics.ts';
import type { ChainResult } from './comparison-metrics.ts';
import { differenceField } from './difference-fields.ts';
import { Instruments } from './instruments.ts';
import { PairedLatency } from './latency.ts';
import { FAILING, LANE_TROUBLE } from './report.ts';
import { roundsNeeded } from './statistics.ts';
import { AGREEING } from './tally.ts';
import type { Tally } from './tally.ts';

const WITNESS_RESULTS = ['agrees', 'contradicts'] as const;

function each<Key extends string, Value>(
  keys: readonly Key[],
  value: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}

type ChainSeries = Readonly<Record<ChainResult, Counter.Internal>>;

/** What is exported of the plugin process. */
export interface PluginFacts {
  readonly ready: boolean;
  readonly launches: number;
  readonly exits: number;
}

/** What a comparison comes to; NaN is what is not known. `Summary` has it. */
export interface Comparison {
  readonly tally: Pick<Tally, 'parity' | 'distinct'>;
}

/**
 * The Prometheus metrics of a comparison, as `COMPARISON_METRICS` lists them: every series is there from the start but
 * those of a chain, which come with its first round; counters and histograms at 0, rates and bounds NaN until there is
 * data.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly instruments = new Instruments(this.registry, COMPARISON_METRICS);
  private readonly rounds = this.instruments.counter('rounds_total');
  private readonly chainRounds = this.instruments.counter('chain_rounds_total');
  private readonly orderDependent = this.instruments.counter('order_dependent_matches_total');
  private readonly differences = this.instruments.counter('differences_total');
  private readonly witness = this.instruments.counter('witness_total');
  private readonly laneErrors = this.instruments.counter('lane_errors_total');
  private readonly served = this.instruments.counter('served_total');
  private readonly fallbacks = this.instruments.counter('fallbacks_total');
  private readonly refused = this.instruments.counter('refused_lines_total');
  private readonly latency = this.instruments.histogram('lane_duration_seconds');
  private readonly paired = new PairedLatency();
  private readonly chains = new ChainLabels();
  private readonly disagreement = { first: NaN, last: NaN };

  // Looking a series up by its labels costs more than counting in it, so the ones of every round are kept at hand.
  private readonly byVerdict = each(VERDICT_KEYS, (verdict) => this.rounds.labels({ verdict }));
  private readonly byLane = each(LANE_NAMES, (lane) => this.latency.labels({ lane }));
  private readonly byServed = each(LANE_NAMES, (lane) =>
    each(STAGES, (stage) => this.served.labels({ lane, stage })),
  );
  private readonly byChain = new Map<string, ChainSeries>();
  private readonly byWitness = each(LANE_NAMES, (lane) =>
    each(WITNESS_RESULTS, (result) => this.witness.labels({ lane, result })),
  );

  constructor({ tally }: Comparison, plugin: () => PluginFacts, versions: Readonly<Record<string, string>>) {
    const { instruments } = this;
    instruments.read('parity_rate', () => tally.parity.rate);
    instruments.read('parity_lower_bound', () => tally.parity.lowerBound);
    instruments.read('distinct_inputs', () => tally.distinct);
    instruments.read('distinct_inputs_needed', ({ bound }) => roundsNeeded(Number(bound)));
    instruments.read('disagreement_timestamp_seconds', ({ which }) => this.disagreement[which]);
    instruments.read('lane_difference_seconds', ({ statistic }) => this.differenceNs()[statistic] / 1e9);
    instruments.read('plugin_ready', () => Number(plugin().ready));
    instruments.read('plugin_launches_total', () => plugin().launches);
    instruments.read('plugin_exits_total', () => plugin().exits);
    instruments.info('build_info', versions);
  }

  observe(judgement: Judgement): void {
    const { round, verdict, observations } = judgement;
    this.byVerdict[verdict.key].inc();
    this.seriesOf(this.chains.of(round.config))[chainResult(verdict.key)].inc();
    if (verdict.orderDependent === true) this.orderDependent.inc();
    for (const difference of verdict.differences ?? []) {
      this.differences.inc({ field: differenceField(difference), kind: difference.kind });
    }
    if (FAILING.has(verdict.key)) this.disagreed();
    if (observations !== undefined) this.observeLanes(judgement, observations);
  }

  refuse(): void {
    this.refused.inc();
  }

  private observeLanes(
    { witness, stage, served, fallback }: Judgement,
    observations: NonNullable<Judgement['observations']>,
  ): void {
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
    const { legacy, loopp } = observations;
    if (legacy?.kind === 'answer' && loopp?.kind === 'answer') {
      this.paired.record(legacy.durationNs, loopp.durationNs);
    }
  }

  /** A chain's series, all of them at 0 from its first round on. */
  private seriesOf(chain: string): ChainSeries {
    const known = this.byChain.get(chain);
    if (known !== undefined) return known;
    for (const result of CHAIN_RESULTS) this.chainRounds.inc({ chain, result }, 0);
    const series = each(CHAIN_RESULTS, (result) => this.chainRounds.labels({ chain, result }));
    this.byChain.set(chain, series);
    return series;
  }

  private disagreed(): void {
    const { disagreement } = this;
    disagreement.last = Date.now() / 1000;
    if (Number.isNaN(disagreement.first)) disagreement.first = disagreement.last;
  }

  private differenceNs(): Readonly<Record<'median' | 'mean' | 'low' | 'high', number>> {
    const { mean, interval } = this.paired.summary();
    return { median: this.paired.median, mean, ...interval };
  }
}

function chainResult(key: VerdictKey): ChainResult {
  if (AGREEING.has(key)) return 'agree';
  if (FAILING.has(key)) return 'disagree';
  if (LANE_TROUBLE.has(key)) return 'unanswered';
  return key === 'ambiguous' ? 'ambiguous' : 'notCompared';
}
