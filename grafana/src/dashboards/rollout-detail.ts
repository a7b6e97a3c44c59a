import { METRICS } from '../../../harness/metrics-table.ts';
import type { Shelf } from '../layout.ts';
import { BAD, GOOD, NEUTRAL, WARNING, steps, words } from '../looks.ts';
import { series, stacked, stat, states } from '../panels.ts';
import { increase, metric, rate, stateNumber } from '../queries.ts';

const NO_SERVICE = 'no service is scraped: only serve tells it';

const JOURNAL_COLORS: Readonly<Record<(typeof METRICS.journal_state.labels.state)[number], string>> = {
  opening: WARNING,
  open: GOOD,
  broken: BAD,
  closed: NEUTRAL,
};

export const shares: Shelf = {
  height: 8,
  panels: [
    [
      12,
      stacked({
        title: 'Which share is wanted in each stage?',
        description: 'Share of the workflows, as the flag was last read; the average of the instances.',
        unit: 'percentunit',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'roll-back',
        queries: [[`avg by (stage) (${metric('flag_share')})`, '{{stage}}']],
      }).max(1),
    ],
    [
      12,
      stacked({
        title: 'Which share of the rounds is in each stage?',
        description: 'As the rounds come: a workflow with many rounds weighs more than one with few.',
        unit: 'percentunit',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'roll-back',
        queries: [
          [
            `sum by (stage) (${rate('stage_rounds_total')}) / on () group_left () sum(${rate('stage_rounds_total')})`,
            '{{stage}}',
          ],
        ],
      }).max(1),
    ],
  ],
};

export const why: Shelf = {
  height: 7,
  panels: [
    [
      12,
      stacked({
        title: 'Why do rounds get their stage?',
        description:
          'Rounds in each second by reason. variant: the flag names it; disabled, no stage, never read, stale, refused: off; fixed: the configuration names it.',
        unit: 'suffix: rounds/s',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'flag-stale',
        queries: [[`sum by (reason) (${rate('decisions_total')})`, '{{reason}}']],
      }),
    ],
    [
      12,
      series({
        title: 'How often does legacy step in?',
        description: 'Fallbacks in each second, by instance: the serving loopp lane had no answer.',
        unit: 'suffix: rounds/s',
        noData: NO_SERVICE,
        thresholds: steps(GOOD, [0.000_001, BAD]),
        runbook: 'fallback',
        queries: [[`sum by (instance) (${rate('fallbacks_total')})`, '{{instance}}']],
      }).min(0),
    ],
  ],
};

export const records: readonly Shelf[] = [
  {
    height: 7,
    panels: [
      [
        6,
        stat({
          title: 'Rounds without exactly one verdict',
          description:
            'Rounds taken, less those with a verdict and those whose verdict is due; 0 unless the service errs.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(BAD, [0, GOOD], [1, BAD]),
          runbook: 'sums-wrong',
          queries: [
            [
              `sum(${metric('rounds_taken_total')} - ignoring (verdict) sum without (verdict) (${metric('rounds_total')}) - ${metric('rounds_pending')})`,
            ],
          ],
        }),
      ],
      [
        6,
        stat({
          title: 'Verdicts missing in the journal',
          description:
            'Verdicts that were not written since the services started: the disk was too slow, full or gone.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(GOOD, [1, BAD]),
          runbook: 'journal-failing',
          queries: [[`sum(${metric('journal_dropped_total')})`]],
        }),
      ],
      [
        12,
        states({
          title: 'How does the journal fare?',
          description: 'By instance. broken: the last step failed, a new file is tried every few seconds.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(NEUTRAL),
          runbook: 'journal-failing',
          queries: [[stateNumber('journal_state'), '{{instance}}']],
        }).mappings([
          words(METRICS.journal_state.labels.state.map((state) => [state, JOURNAL_COLORS[state]] as const)),
        ]),
      ],
    ],
  },
  {
    height: 7,
    panels: [
      [
        12,
        series({
          title: 'What is not compared, or not written?',
          description:
            'Rounds in the last step that found the queue full, and verdicts that wait for the disk or were given up.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(GOOD),
          runbook: 'queue-dropping',
          queries: [
            [
              `sum(${increase('not_compared_total', ['reason="shadow queue full"'], '$__rate_interval')})`,
              'not compared: queue full',
            ],
            [`sum(${metric('journal_waiting')})`, 'waiting for the disk'],
            [`sum(${increase('journal_dropped_total', [], '$__rate_interval')})`, 'missing in the journal'],
          ],
        }).min(0),
      ],
      [
        12,
        stacked({
          title: 'Why is nothing compared?',
          description: 'Rounds in each second that were served and not compared, by reason.',
          unit: 'suffix: rounds/s',
          noData: NO_SERVICE,
          thresholds: steps(NEUTRAL),
          runbook: 'queue-dropping',
          queries: [[`sum by (reason) (${rate('not_compared_total')})`, '{{reason}}']],
        }),
      ],
    ],
  },
];
