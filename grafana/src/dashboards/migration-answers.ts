import type { Shelf } from '../layout.ts';
import { LIMITS } from '../limits.ts';
import { BAD, GOOD, NEUTRAL, NOTHING_SCRAPED, WARNING, YES_NO, nanIs, steps } from '../looks.ts';
import { stat } from '../panels.ts';
import { DISAGREEING, RECENTLY, increase, metric, rate } from '../queries.ts';
import { pluginAnswers } from './plugin-answers.ts';

/** How long a finding stands in the way of a promotion. */
const QUIET = '1h';

/** 1 when everything speaks for it, on every instance. */
const MAY_PROMOTE = `min(
  (${metric('parity_lower_bound')} >= bool $bound)
  * on (job, instance) (sum by (job, instance) (${increase('rounds_total', [DISAGREEING], QUIET)}) == bool 0)
  * on (job, instance) (sum by (job, instance) (${increase('witness_total', ['result="contradicts"'], QUIET)}) == bool 0)
  * on (job, instance) ${metric('plugin_ready')}
)`;

/** The answer, and beside it what else to look at first. */
export const answers: Shelf = {
  height: 6,
  panels: [
    [
      6,
      stat({
        title: 'May I promote?',
        description: `Yes when, on every instance, the lower bound is at least the chosen one, no round disagreed and no witness was contradicted within ${QUIET}, and the plugin answers.`,
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD, [1, GOOD]),
        runbook: 'promote',
        queries: [[MAY_PROMOTE]],
      }).mappings([YES_NO]),
    ],
    [
      6,
      stat({
        title: 'Do the lanes agree?',
        description:
          'Share of compared rounds on which both lanes gave the same bytes, or the same error, since the process started; the lowest of the instances. Rounds without an answer count against it.',
        unit: 'percentunit',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD, [1, GOOD]),
        runbook: 'parity-broken',
        queries: [[`min(${metric('parity_rate')})`]],
      })
        .decimals(4)
        .mappings([nanIs('no round compared yet')]),
    ],
    [
      6,
      stat({
        title: 'How sure is that?',
        description:
          'Exact lower bound of the parity rate: with 95 % confidence it is at least this. Distinct inputs only: the same round again proves nothing. The lowest of the instances.',
        unit: 'percentunit',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD, [0.99, WARNING], [LIMITS.bound, GOOD]),
        runbook: 'bound-lost',
        queries: [[`min(${metric('parity_lower_bound')})`]],
      })
        .decimals(4)
        .mappings([nanIs('no round compared yet')]),
    ],
    [
      6,
      stat({
        title: 'Which share does loopp serve?',
        description: `Of the rounds that were served in the last ${RECENTLY}; the rest is served by legacy.`,
        unit: 'percentunit',
        noData: NOTHING_SCRAPED,
        thresholds: steps(NEUTRAL),
        runbook: 'roll-back',
        queries: [
          [
            `sum(${rate('served_total', ['lane="loopp"'], RECENTLY)}) / sum(${rate('served_total', [], RECENTLY)})`,
          ],
        ],
      }).mappings([nanIs('no round served lately')]),
    ],
  ],
};

export const reasons: Shelf = {
  height: 4,
  panels: [
    [
      6,
      stat({
        title: 'How many distinct inputs are missing for the bound?',
        description:
          'Distinct inputs, all in agreement, that the chosen bound takes, less those that the instance with the fewest has.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [1, WARNING]),
        runbook: 'bound-lost',
        queries: [
          [
            `clamp_min(max(${metric('distinct_inputs_needed', 'bound="$bound"')}) - min(${metric('distinct_inputs')}), 0)`,
          ],
        ],
      }).mappings([nanIs('not known: no digests are kept')]),
    ],
    [
      6,
      stat({
        title: 'How many answers contradict a Go node?',
        description:
          'Answers of either lane that are not among those that a real Go node gave to the round, since the processes started. Only rounds that came with a witness count.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [1, BAD]),
        runbook: 'witness-contradicted',
        queries: [[`sum(${metric('witness_total', 'result="contradicts"')})`]],
      }),
    ],
    [6, pluginAnswers()],
    [
      6,
      stat({
        title: 'How many rounds come?',
        description: `Rounds with a verdict in each second of the last ${RECENTLY}, all instances together.`,
        unit: 'suffix: rounds/s',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD, [0.000_001, GOOD]),
        runbook: 'no-rounds',
        queries: [[`sum(${rate('rounds_total', [], RECENTLY)})`]],
      }).decimals(2),
    ],
  ],
};
