import type { Shelf } from '../layout.ts';
import { BAD, GOOD, NOTHING_SCRAPED, nanIs, steps, words } from '../looks.ts';
import { stacked, stat, states } from '../panels.ts';
import { DISAGREEING, increase, metric, rate } from '../queries.ts';

const NEVER = 'never since the start';

export const answers: Shelf = {
  height: 5,
  panels: [
    [
      6,
      stat({
        title: 'On how many rounds did the lanes disagree?',
        description:
          'In the shown range: another outcome, another error, an error on one side only, or an answer that is none (protocol).',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [0.5, BAD]),
        runbook: 'parity-broken',
        queries: [[`sum(${increase('rounds_total', [DISAGREEING])})`]],
      }).decimals(0),
    ],
    [
      6,
      stat({
        title: 'Since when?',
        description: 'The first disagreement since each process started, the earliest of the instances.',
        unit: 'dateTimeAsLocal',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [[`min(${metric('disagreement_timestamp_seconds', 'which="first"')}) * 1000`]],
      }).mappings([nanIs(NEVER)]),
    ],
    [
      6,
      stat({
        title: 'When was the last one?',
        description: 'The latest disagreement of all instances.',
        unit: 'dateTimeFromNow',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [[`max(${metric('disagreement_timestamp_seconds', 'which="last"')}) * 1000`]],
      }).mappings([nanIs(NEVER)]),
    ],
    [
      6,
      stat({
        title: 'Does a Go node say who is wrong?',
        description:
          'Answers that contradict a Go node, of the lane that has more of them, in the shown range. Rounds without a witness say nothing.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [0.5, BAD]),
        runbook: 'witness-contradicted',
        queries: [
          [
            `topk(1, sum by (lane) (${increase('witness_total', ['result="contradicts"'])}) > 0) or vector(0)`,
            '{{lane}}',
          ],
        ],
      })
        .decimals(0)
        .mappings([words({ 0: ['nothing contradicted', GOOD] })]),
    ],
  ],
};

export const timeline: Shelf = {
  height: 8,
  panels: [
    [
      12,
      states({
        title: 'When did they disagree?',
        description: 'Red where a verdict came at least once in a step.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [1, BAD]),
        runbook: 'parity-broken',
        queries: [
          [
            `sum by (verdict) (${increase('rounds_total', [DISAGREEING], '$__rate_interval')}) > bool 0`,
            '{{verdict}}',
          ],
        ],
      }).mappings([words({ 0: ['none', GOOD], 1: ['some', BAD] })]),
    ],
    [
      12,
      stacked({
        title: 'How many disagree, by verdict?',
        description: 'Rounds in each second on which the lanes disagree.',
        unit: 'suffix: rounds/s',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD),
        runbook: 'parity-broken',
        queries: [[`sum by (verdict) (${rate('rounds_total', [DISAGREEING])})`, '{{verdict}}']],
      }),
    ],
  ],
};
