import type { Shelf } from '../layout.ts';
import { BAD, GOOD, NEUTRAL, NOTHING_SCRAPED, WARNING, steps } from '../looks.ts';
import { bars, series, stacked, table } from '../panels.ts';
import { increase, metric, rate } from '../queries.ts';

const NO_DIFFERENCE = 'no field differed in the shown range';

export const fields: Shelf = {
  height: 7,
  panels: [
    [
      8,
      bars({
        title: 'Which fields differ?',
        description:
          'Differing fields of outcomes in the shown range, by the last name of their path. The journal has the values.',
        unit: 'none',
        noData: NO_DIFFERENCE,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [[`sort_desc(sum by (field) (${increase('differences_total')}) > 0)`, '{{field}}']],
      }).decimals(0),
    ],
    [
      8,
      bars({
        title: 'In which way?',
        description:
          'missing: only legacy has it; extra: only loopp has it; type, value: both have it; order: items of a list moved.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [0.5, BAD]),
        runbook: 'parity-broken',
        queries: [[`sum by (kind) (${increase('differences_total')})`, '{{kind}}']],
      }).decimals(0),
    ],
    [
      8,
      series({
        title: 'Is it still going on?',
        description: 'Differing fields in each second, by field; fields that never differed are left out.',
        unit: 'suffix: fields/s',
        noData: NO_DIFFERENCE,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [[`sum by (field) (${rate('differences_total')}) > 0`, '{{field}}']],
      }).min(0),
    ],
  ],
};

export const chains: Shelf = {
  height: 8,
  panels: [
    [
      12,
      table({
        title: 'Which chains are affected?',
        description:
          'Rounds by target chain and what they came to, since the processes started. unanswered: a lane gave no answer in time.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(NEUTRAL),
        runbook: 'parity-broken',
        queries: [[`sum by (chain, result) (${metric('chain_rounds_total', 'chain=~"$chain"')})`]],
      }).withTransformation({
        id: 'groupingToMatrix',
        options: { rowField: 'chain', columnField: 'result', valueField: 'Value' },
      }),
    ],
    [
      12,
      stacked({
        title: 'Where do rounds disagree?',
        description: 'Rounds in each second on which the lanes disagree, by target chain.',
        unit: 'suffix: rounds/s',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [
          [
            `sum by (chain) (${rate('chain_rounds_total', ['result="disagree"', 'chain=~"$chain"'])})`,
            '{{chain}}',
          ],
        ],
      }),
    ],
  ],
};

export const others: readonly Shelf[] = [
  {
    height: 7,
    panels: [
      [
        12,
        series({
          title: 'Which lane does the Go node contradict?',
          description: 'Answers held against a witness in each second, by lane and result.',
          unit: 'suffix: answers/s',
          noData: NOTHING_SCRAPED,
          thresholds: steps(GOOD),
          runbook: 'witness-contradicted',
          queries: [[`sum by (lane, result) (${rate('witness_total')})`, '{{lane}} {{result}}']],
        }).min(0),
      ],
      [
        12,
        series({
          title: 'How often does the order of the oracles decide?',
          description:
            'Matches whose answer depends on the order in which Go walks the oracles, and rounds that are ambiguous: the lanes differ, both answers are possible. Neither is a fault of a lane.',
          unit: 'suffix: rounds/s',
          noData: NOTHING_SCRAPED,
          thresholds: steps(GOOD),
          runbook: 'parity-broken',
          queries: [
            [`sum(${rate('order_dependent_matches_total')})`, 'order dependent matches'],
            [`sum(${rate('rounds_total', ['verdict="ambiguous"'])})`, 'ambiguous'],
          ],
        }).min(0),
      ],
    ],
  },
  {
    height: 7,
    panels: [
      [
        12,
        stacked({
          title: 'Which lane gave no answer?',
          description:
            'Rounds in each second, by lane and error. They count against parity, but are no disagreement.',
          unit: 'suffix: rounds/s',
          noData: NOTHING_SCRAPED,
          thresholds: steps(WARNING),
          runbook: 'unanswered',
          queries: [[`sum by (lane, error) (${rate('lane_errors_total')})`, '{{lane}} {{error}}']],
        }),
      ],
      [
        12,
        series({
          title: 'Is the input to blame?',
          description:
            'Lines that are no round, and ids that came again with other bytes; only serve takes the latter, run refuses them.',
          unit: 'suffix: /s',
          noData: NOTHING_SCRAPED,
          thresholds: steps(WARNING),
          runbook: 'input-refused',
          queries: [
            [`sum(${rate('refused_lines_total')})`, 'refused lines'],
            [`sum(${rate('conflicts_total')})`, 'conflicting ids'],
          ],
        }).min(0),
      ],
    ],
  },
];
