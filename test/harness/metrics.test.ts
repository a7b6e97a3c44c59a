import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CHAIN_RESULTS } from '../../harness/comparison-metrics.ts';
import type { ChainResult } from '../../harness/comparison-metrics.ts';
import { Metrics } from '../../harness/metrics.ts';
import type { PluginFacts } from '../../harness/metrics.ts';
import { Summary } from '../../harness/report.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { answered, errorOf, failed, judgementOf, notCompared, outcomeOf, roundOf } from './fakes.ts';

interface Scraped {
  readonly metrics: Metrics;
  readonly facts: { -readonly [Fact in keyof PluginFacts]: PluginFacts[Fact] };
  readonly take: (...judgements: readonly Judgement[]) => void;
  /** Samples by series, without the common prefix. */
  readonly scrape: () => Promise<Readonly<Record<string, number>>>;
}

function metricsOf(versions: Readonly<Record<string, string>> = { product: '1.2.3' }): Scraped {
  const summary = new Summary();
  const facts = { ready: false, launches: 0, exits: 0 };
  const metrics = new Metrics(summary, () => facts, versions);
  return {
    metrics,
    facts,
    take: (...judgements) => {
      for (const judgement of judgements) {
        summary.tally.expect();
        summary.add(judgement);
        metrics.observe(judgement);
      }
    },
    scrape: async () => {
      const text = await metrics.registry.metrics();
      const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return Object.fromEntries(
        samples.map((line) => {
          expect(line).toMatch(/^securemint_shadow_/);
          const at = line.lastIndexOf(' ');
          return [line.slice('securemint_shadow_'.length, at), Number(line.slice(at + 1))];
        }),
      );
    },
  };
}

describe('every series', () => {
  test('is there from the start', async () => {
    const samples = await metricsOf().scrape();
    const named = Object.entries(samples).filter(
      ([series]) => !/_bucket|differences_total.*field="(?!Answer)/.test(series),
    );
    expect(Object.fromEntries(named)).toMatchInlineSnapshot(`
      {
        "build_info{product="1.2.3"}": 1,
        "chain_rounds_total{chain="other",result="agree"}": 0,
        "chain_rounds_total{chain="other",result="ambiguous"}": 0,
        "chain_rounds_total{chain="other",result="disagree"}": 0,
        "chain_rounds_total{chain="other",result="notCompared"}": 0,
        "chain_rounds_total{chain="other",result="unanswered"}": 0,
        "differences_total{field="Answer",kind="extra"}": 0,
        "differences_total{field="Answer",kind="missing"}": 0,
        "differences_total{field="Answer",kind="order"}": 0,
        "differences_total{field="Answer",kind="type"}": 0,
        "differences_total{field="Answer",kind="value"}": 0,
        "disagreement_timestamp_seconds{which="first"}": NaN,
        "disagreement_timestamp_seconds{which="last"}": NaN,
        "distinct_inputs": 0,
        "distinct_inputs_needed{bound="0.99"}": 299,
        "distinct_inputs_needed{bound="0.999"}": 2995,
        "distinct_inputs_needed{bound="0.9999"}": 29956,
        "fallbacks_total": 0,
        "lane_difference_seconds{statistic="high"}": NaN,
        "lane_difference_seconds{statistic="low"}": NaN,
        "lane_difference_seconds{statistic="mean"}": NaN,
        "lane_difference_seconds{statistic="median"}": NaN,
        "lane_duration_seconds_count{lane="legacy"}": 0,
        "lane_duration_seconds_count{lane="loopp"}": 0,
        "lane_duration_seconds_sum{lane="legacy"}": 0,
        "lane_duration_seconds_sum{lane="loopp"}": 0,
        "lane_errors_total{lane="legacy",error="protocol"}": 0,
        "lane_errors_total{lane="legacy",error="timeout"}": 0,
        "lane_errors_total{lane="legacy",error="unavailable"}": 0,
        "lane_errors_total{lane="loopp",error="protocol"}": 0,
        "lane_errors_total{lane="loopp",error="timeout"}": 0,
        "lane_errors_total{lane="loopp",error="unavailable"}": 0,
        "order_dependent_matches_total": 0,
        "parity_lower_bound": NaN,
        "parity_rate": NaN,
        "plugin_exits_total": 0,
        "plugin_launches_total": 0,
        "plugin_ready": 0,
        "refused_lines_total": 0,
        "rounds_total{verdict="ambiguous"}": 0,
        "rounds_total{verdict="bothFailedAlike"}": 0,
        "rounds_total{verdict="bothFailedDifferently"}": 0,
        "rounds_total{verdict="match"}": 0,
        "rounds_total{verdict="mismatch"}": 0,
        "rounds_total{verdict="notCompared"}": 0,
        "rounds_total{verdict="onlyLegacyFailed"}": 0,
        "rounds_total{verdict="onlyLooppFailed"}": 0,
        "rounds_total{verdict="protocol"}": 0,
        "rounds_total{verdict="timeout"}": 0,
        "rounds_total{verdict="unavailable"}": 0,
        "served_total{lane="legacy",stage="complete"}": 0,
        "served_total{lane="legacy",stage="live"}": 0,
        "served_total{lane="legacy",stage="off"}": 0,
        "served_total{lane="legacy",stage="shadow"}": 0,
        "served_total{lane="loopp",stage="complete"}": 0,
        "served_total{lane="loopp",stage="live"}": 0,
        "served_total{lane="loopp",stage="off"}": 0,
        "served_total{lane="loopp",stage="shadow"}": 0,
        "witness_total{lane="legacy",result="agrees"}": 0,
        "witness_total{lane="legacy",result="contradicts"}": 0,
        "witness_total{lane="loopp",result="agrees"}": 0,
        "witness_total{lane="loopp",result="contradicts"}": 0,
      }
    `);
  });

  test('is the same set after every kind of judgement', async () => {
    const { take, scrape } = metricsOf();
    // A chain's series come with its first round.
    take(judgementOf());
    const before = Object.keys(await scrape());
    const failing = VERDICT_KEYS.map((key, index) =>
      judgementOf({ round: roundOf(index), verdict: { key }, loopp: failed('protocol') }),
    );
    take(notCompared(), judgementOf({ witness: { legacy: true, loopp: false } }), ...failing);
    expect(Object.keys(await scrape()).toSorted()).toEqual(before.toSorted());
  });

  test('belongs to one comparison', async () => {
    const one = metricsOf();
    const other = metricsOf();
    one.take(judgementOf());
    expect((await one.scrape())['rounds_total{verdict="match"}']).toBe(1);
    expect((await other.scrape())['rounds_total{verdict="match"}']).toBe(0);
  });
});

/** The series that judgements change. */
async function after(...judgements: readonly Judgement[]): Promise<Readonly<Record<string, number>>> {
  const { take, scrape } = metricsOf();
  const before = await scrape();
  take(...judgements);
  const now = await scrape();
  const changes = Object.entries(now).filter(
    ([series, value]) => !Object.is(value, before[series]) && !series.includes('_bucket'),
  );
  return Object.fromEntries(changes);
}

/** The series of the chain that `roundOf` aims at, after one round that came to this. */
const ethereum = (result: ChainResult): Readonly<Record<string, number>> =>
  Object.fromEntries(
    CHAIN_RESULTS.map((each) => [
      `chain_rounds_total{chain="ethereum-mainnet",result="${each}"}`,
      Number(each === result),
    ]),
  );

describe('a judgement', () => {
  test('of a match', async () => {
    const judgement = judgementOf({
      legacy: answered(outcomeOf(), 2e6),
      loopp: answered(outcomeOf(), 3e6),
      verdict: { key: 'match', orderDependent: true },
      witness: { legacy: true, loopp: true },
    });
    expect(await after(judgement)).toEqual({
      'rounds_total{verdict="match"}': 1,
      ...ethereum('agree'),
      order_dependent_matches_total: 1,
      'witness_total{lane="legacy",result="agrees"}': 1,
      'witness_total{lane="loopp",result="agrees"}': 1,
      'served_total{lane="legacy",stage="shadow"}': 1,
      'lane_duration_seconds_sum{lane="legacy"}': 0.002,
      'lane_duration_seconds_count{lane="legacy"}': 1,
      'lane_duration_seconds_sum{lane="loopp"}': 0.003,
      'lane_duration_seconds_count{lane="loopp"}': 1,
      'lane_difference_seconds{statistic="mean"}': 0.001,
      'lane_difference_seconds{statistic="median"}': expect.closeTo(0.001, 5),
      parity_rate: 1,
      parity_lower_bound: expect.closeTo(0.05, 12),
      distinct_inputs: 1,
    });
  });

  test('of a mismatch counts its differences by kind', async () => {
    const legacy = answered(outcomeOf({ lastSeenAt: 1n, encodableOutcome: new Map() }));
    const loopp = answered(outcomeOf({ lastSeenAt: 2n, shouldReport: true }));
    expect(await after(judgementOf({ legacy, loopp, witness: { loopp: false } }))).toMatchObject({
      'rounds_total{verdict="mismatch"}': 1,
      'differences_total{field="lastSeenAt",kind="value"}': 1,
      'differences_total{field="shouldReport",kind="value"}': 1,
      'differences_total{field="encodableOutcome",kind="missing"}': 1,
      ...ethereum('disagree'),
      'witness_total{lane="loopp",result="contradicts"}': 1,
      parity_rate: 0,
    });
  });

  test('of a lane error has no latency of that lane', async () => {
    const changes = await after(judgementOf({ legacy: answered(errorOf('x')), loopp: failed('timeout') }));
    expect(changes).toMatchObject({
      'rounds_total{verdict="timeout"}': 1,
      'lane_errors_total{lane="loopp",error="timeout"}': 1,
      'lane_duration_seconds_count{lane="legacy"}': 1,
    });
    expect(changes).not.toHaveProperty('lane_duration_seconds_count{lane="loopp"}');
  });

  test('of a round that was not compared counts it and nothing else', async () => {
    expect(await after(notCompared())).toEqual({
      'rounds_total{verdict="notCompared"}': 1,
      ...ethereum('notCompared'),
    });
  });

  test('says which lane served', async () => {
    const live = { ...judgementOf(), stage: 'live', served: 'loopp' } as const;
    const changes = await after(live, { ...live, served: 'legacy', fallback: true });
    expect(changes).toMatchObject({
      'served_total{lane="loopp",stage="live"}': 1,
      'served_total{lane="legacy",stage="live"}': 1,
      fallbacks_total: 1,
    });
  });

  test('of one lane alone counts what it did', async () => {
    const alone = {
      ...notCompared(),
      stage: 'off',
      observations: { legacy: answered(outcomeOf()) },
    } as const;
    expect(await after(alone)).toEqual({
      'rounds_total{verdict="notCompared"}': 1,
      ...ethereum('notCompared'),
      'served_total{lane="legacy",stage="off"}': 1,
      'lane_duration_seconds_sum{lane="legacy"}': 0.001,
      'lane_duration_seconds_count{lane="legacy"}': 1,
    });
  });
});

describe('latencies', () => {
  test('fall into buckets that reach from an in-process call to a time-out', async () => {
    const { take, scrape } = metricsOf();
    take(
      judgementOf({ legacy: answered(outcomeOf(), 30_000), loopp: answered(outcomeOf(), 2e9) }),
      judgementOf({ legacy: answered(outcomeOf(), 60e9), loopp: failed('timeout') }),
    );
    const samples = await scrape();
    const bucket = (lane: string, le: string): number | undefined =>
      samples[`lane_duration_seconds_bucket{le="${le}",lane="${lane}"}`];
    expect([bucket('legacy', '0.000025'), bucket('legacy', '0.00005')]).toEqual([0, 1]);
    expect([bucket('loopp', '1'), bucket('loopp', '2.5')]).toEqual([0, 1]);
    expect([bucket('legacy', '10'), bucket('legacy', '+Inf')]).toEqual([1, 2]);
  });
});

const FIRST = 'disagreement_timestamp_seconds{which="first"}';
const LAST = 'disagreement_timestamp_seconds{which="last"}';

const disagreement = (): Judgement => judgementOf({ verdict: { key: 'onlyLooppFailed' } });

describe('gauges', () => {
  test('say what the plugin process does, when they are asked', async () => {
    const { facts, scrape } = metricsOf();
    Object.assign(facts, { ready: true, launches: 3, exits: 2 });
    expect(await scrape()).toMatchObject({
      plugin_ready: 1,
      plugin_launches_total: 3,
      plugin_exits_total: 2,
    });
    facts.ready = false;
    expect(await scrape()).toMatchObject({ plugin_ready: 0 });
  });

  test('say when the lanes disagreed first and last', async () => {
    const { take, scrape } = metricsOf();
    const before = Date.now() / 1000;
    take(disagreement());
    const { [FIRST]: first = NaN, [LAST]: last = NaN } = await scrape();
    expect(last).toBe(first);
    expect(first).toBeGreaterThanOrEqual(before);
    take(judgementOf({ verdict: { key: 'timeout' } }), judgementOf({ verdict: { key: 'ambiguous' } }));
    expect(await scrape()).toMatchObject({ [FIRST]: first, [LAST]: first });
    await delay(5);
    take(disagreement());
    const { [FIRST]: still, [LAST]: later = NaN } = await scrape();
    expect(still).toBe(first);
    expect(later).toBeGreaterThan(first);
  });

  test('build_info has the versions as labels', async () => {
    const { scrape } = metricsOf({ product: '0.1.0', loopp: 'a "quoted" \\ command\n' });
    expect(await scrape()).toHaveProperty(
      [String.raw`build_info{product="0.1.0",loopp="a \"quoted\" \\ command\n"}`],
      1,
    );
  });
});

test('refused lines are counted', async () => {
  const { metrics, scrape } = metricsOf();
  metrics.refuse();
  metrics.refuse();
  expect(await scrape()).toMatchObject({ refused_lines_total: 2 });
});
