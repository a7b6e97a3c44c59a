import type { Shelf } from '../layout.ts';
import { LIMITS } from '../limits.ts';
import { BAD, GOOD, NEUTRAL, NOTHING_SCRAPED, WARNING, steps } from '../looks.ts';
import { series, spread, stacked } from '../panels.ts';
import { buckets, metric, quantile, rate } from '../queries.ts';

const NO_SERVICE = 'no service is scraped: only serve tells it';

export const latency: Shelf = {
  height: 9,
  panels: [
    [
      12,
      spread({
        title: 'How are the answers of loopp spread?',
        description: 'Answers in each step by how long they took; darker is more.',
        unit: 's',
        noData: 'no round was answered lately',
        thresholds: steps(NEUTRAL),
        runbook: 'loopp-slow',
        queries: [[buckets('lane_duration_seconds', ['lane="loopp"']), '{{le}}']],
      }),
    ],
    [
      12,
      series({
        title: 'How fast are the lanes?',
        description: 'Percentiles from the question to the answer, by lane.',
        unit: 's',
        noData: 'no round was answered lately',
        thresholds: steps(GOOD, [LIMITS.slowSeconds, BAD]),
        runbook: 'loopp-slow',
        queries: [
          [quantile(0.5, 'lane_duration_seconds'), '{{lane}} p50'],
          [quantile(0.9, 'lane_duration_seconds'), '{{lane}} p90'],
          [quantile(0.99, 'lane_duration_seconds'), '{{lane}} p99'],
        ],
      }).min(0),
    ],
  ],
};

export const trouble: Shelf = {
  height: 7,
  panels: [
    [
      12,
      series({
        title: 'When was it launched, when lost?',
        description:
          'Launches and exits since each process started, by instance. Why it was lost stands in the log: plugin unhealthy, with the reason.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(NEUTRAL),
        runbook: 'crash-loop',
        queries: [
          [metric('plugin_launches_total'), 'launches {{instance}}'],
          [metric('plugin_exits_total'), 'exits {{instance}}'],
        ],
      })
        .min(0)
        .decimals(0),
    ],
    [
      12,
      stacked({
        title: 'Why were rounds not answered?',
        description: 'Rounds in each second that the loopp lane left unanswered, by error.',
        unit: 'suffix: rounds/s',
        noData: NOTHING_SCRAPED,
        thresholds: steps(WARNING),
        runbook: 'unanswered',
        queries: [[`sum by (error) (${rate('lane_errors_total', ['lane="loopp"'])})`, '{{error}}']],
      }),
    ],
  ],
};

export const service: readonly Shelf[] = [
  {
    height: 7,
    panels: [
      [
        12,
        series({
          title: 'How long do callers wait?',
          description: 'From the last byte of a round over HTTP to its answer, by the lane that served.',
          unit: 's',
          noData: NO_SERVICE,
          thresholds: steps(GOOD, [LIMITS.slowSeconds, BAD]),
          runbook: 'loopp-slow',
          queries: [
            [quantile(0.5, 'served_duration_seconds'), '{{lane}} p50'],
            [quantile(0.99, 'served_duration_seconds'), '{{lane}} p99'],
          ],
        }).min(0),
      ],
      [
        12,
        series({
          title: 'What waits?',
          description:
            'Rounds that are not served yet, whose verdict is due, that wait to be compared, and comparisons in progress.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(NEUTRAL),
          runbook: 'queue-dropping',
          queries: [
            [`sum(${metric('rounds_in_flight')})`, 'not served yet'],
            [`sum(${metric('rounds_pending')})`, 'verdict due'],
            [`sum(${metric('shadow_queue_length')})`, 'waiting to be compared'],
            [`sum(${metric('shadow_in_progress')})`, 'being compared'],
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
        series({
          title: 'Does the host keep up?',
          description: 'How late its event loop was in the last 10 s: median, 99th percentile, most.',
          unit: 's',
          noData: NO_SERVICE,
          thresholds: steps(GOOD, [LIMITS.lagSeconds, BAD]),
          runbook: 'event-loop-late',
          queries: [
            [
              `max by (instance, quantile) (${metric('event_loop_lag_seconds')})`,
              '{{instance}} {{quantile}}',
            ],
          ],
        }).min(0),
      ],
      [
        12,
        series({
          title: 'Who is connected, and what are they told?',
          description: 'Open connections, and answers over HTTP in each second by status.',
          unit: 'none',
          noData: NO_SERVICE,
          thresholds: steps(NEUTRAL),
          runbook: 'not-ready',
          queries: [
            [`sum(${metric('http_connections')})`, 'connections'],
            [`sum by (code) (${rate('http_requests_total')}) > 0`, '{{code}} /s'],
          ],
        }).min(0),
      ],
    ],
  },
];
