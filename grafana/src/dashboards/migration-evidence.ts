import type { Shelf } from '../layout.ts';
import { LIMITS } from '../limits.ts';
import { BAD, GOOD, NEUTRAL, NOTHING_SCRAPED, WARNING, steps } from '../looks.ts';
import { bars, series, stacked, table } from '../panels.ts';
import { increase, metric, quantile, rate } from '../queries.ts';

export const evidence: readonly Shelf[] = [
  {
    height: 8,
    panels: [
      [
        12,
        stacked({
          title: 'What do rounds come to?',
          description: 'Rounds in each second by verdict; they add up to all rounds.',
          unit: 'suffix: rounds/s',
          noData: 'no round has come yet',
          thresholds: steps(GOOD),
          runbook: 'parity-broken',
          queries: [[`sum by (verdict) (${rate('rounds_total')})`, '{{verdict}}']],
        }),
      ],
      [
        12,
        series({
          title: 'Does the evidence grow?',
          description: 'Parity rate and its lower bound by instance, since each process started.',
          unit: 'percentunit',
          noData: 'no round was compared yet',
          thresholds: steps(BAD, [LIMITS.bound, GOOD]),
          runbook: 'bound-lost',
          queries: [
            [metric('parity_rate'), 'rate {{instance}}'],
            [metric('parity_lower_bound'), 'lower bound {{instance}}'],
          ],
        }).max(1),
      ],
    ],
  },
  {
    height: 8,
    panels: [
      [
        12,
        stacked({
          title: 'Who serves, in which stage?',
          description: 'Rounds served in each second, by lane and stage.',
          unit: 'suffix: rounds/s',
          noData: 'no round was served yet',
          thresholds: steps(GOOD),
          runbook: 'roll-back',
          queries: [[`sum by (lane, stage) (${rate('served_total')})`, '{{lane}}, stage {{stage}}']],
        }),
      ],
      [
        12,
        series({
          title: 'How far are the distinct inputs?',
          description: 'Distinct inputs by instance, and how many show each bound when no round disagrees.',
          unit: 'none',
          noData: NOTHING_SCRAPED,
          thresholds: steps(GOOD),
          runbook: 'bound-lost',
          queries: [
            [metric('distinct_inputs'), '{{instance}}'],
            [`max by (bound) (${metric('distinct_inputs_needed')})`, 'needed for {{bound}}'],
          ],
        }).min(0),
      ],
    ],
  },
];

export const coverage: Shelf = {
  height: 7,
  panels: [
    [
      12,
      bars({
        title: 'Which chains is there evidence for?',
        description:
          'Rounds on which the lanes agree, by target chain, since the processes started. A chain that is missing here has not been compared.',
        unit: 'none',
        noData: 'no round was compared yet',
        thresholds: steps(WARNING, [1, GOOD]),
        runbook: 'promote',
        queries: [
          [
            `sum by (chain) (${metric('chain_rounds_total', 'result="agree"', 'chain=~"$chain"')})`,
            '{{chain}}',
          ],
        ],
      }),
    ],
    [
      12,
      bars({
        title: 'Why are rounds not compared?',
        description:
          'Rounds in the shown range by reason; they are served, but no evidence. Only serve tells reasons.',
        unit: 'none',
        noData: 'no service is scraped: run compares every round',
        thresholds: steps(GOOD, [1, NEUTRAL]),
        runbook: 'queue-dropping',
        queries: [[`sum by (reason) (${increase('not_compared_total')})`, '{{reason}}']],
      }).decimals(0),
    ],
  ],
};

export const speed: Shelf = {
  height: 8,
  panels: [
    [
      12,
      series({
        title: 'How long does each lane take?',
        description: 'Median and 99th percentile from the question to the answer.',
        unit: 's',
        noData: 'no round was answered lately',
        thresholds: steps(GOOD, [LIMITS.slowSeconds, BAD]),
        runbook: 'loopp-slow',
        queries: [
          [quantile(0.5, 'lane_duration_seconds'), '{{lane}} p50'],
          [quantile(0.99, 'lane_duration_seconds'), '{{lane}} p99'],
        ],
      }).min(0),
    ],
    [
      12,
      series({
        title: 'How much longer does loopp take on the same round?',
        description:
          'Loopp minus legacy since the processes started: median, mean and the 95 % interval of the mean. Below zero loopp is faster.',
        unit: 's',
        noData: 'no round was answered by both lanes yet',
        thresholds: steps(GOOD, [LIMITS.slowSeconds, BAD]),
        runbook: 'loopp-slow',
        queries: [[`max by (statistic) (${metric('lane_difference_seconds')})`, '{{statistic}}']],
      }),
    ],
  ],
};

export const running: Shelf = {
  height: 5,
  panels: [
    [
      24,
      table({
        title: 'What is running?',
        description:
          'Versions by instance, the plugin that is compared, and the known lie in it, if there is one.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(NEUTRAL),
        runbook: 'no-data',
        queries: [[`max by (instance, product, node, loopp, plant) (${metric('build_info')})`]],
      }).withTransformation({
        id: 'organize',
        options: { excludeByName: { Time: true, Value: true }, indexByName: {}, renameByName: {} },
      }),
    ],
  ],
};
