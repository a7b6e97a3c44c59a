import type { Shelf } from '../layout.ts';
import { METRICS } from '../../../harness/metrics-table.ts';
import { LIMITS } from '../limits.ts';
import { BAD, GOOD, NEUTRAL, NOTHING_SCRAPED, WARNING, YES_NO, nanIs, steps, words } from '../looks.ts';
import { stat, states } from '../panels.ts';
import { RECENTLY, increase, metric, quantile, stateNumber } from '../queries.ts';
import { pluginAnswers } from './plugin-answers.ts';

const STATE_COLORS: Readonly<Record<(typeof METRICS.plugin_state.labels.state)[number], string>> = {
  idle: NEUTRAL,
  launching: WARNING,
  ready: GOOD,
  unhealthy: BAD,
  backingOff: BAD,
  closed: NEUTRAL,
};

export const answers: Shelf = {
  height: 5,
  panels: [
    [6, pluginAnswers()],
    [
      6,
      stat({
        title: 'How long does a round take, 99 of 100?',
        description: `99th percentile of the loopp lane in the last ${RECENTLY}, waiting in the host included. Its time-out is 2 s by default.`,
        unit: 's',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [LIMITS.slowSeconds, BAD]),
        runbook: 'loopp-slow',
        queries: [[quantile(0.99, 'lane_duration_seconds', ['lane="loopp"'], RECENTLY)]],
      }).mappings([nanIs('no answer lately')]),
    ],
    [
      6,
      stat({
        title: 'How often was it lost?',
        description:
          'Exits, kills and failed health checks in the shown range; each is followed by a launch.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [0.5, WARNING], [2.5, BAD]),
        runbook: 'crash-loop',
        queries: [[`sum(${increase('plugin_exits_total')})`]],
      }).decimals(0),
    ],
    [
      6,
      stat({
        title: 'How many rounds did it leave unanswered?',
        description:
          'Time-outs, unavailable answers and answers that are none (protocol) in the shown range.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(GOOD, [0.5, BAD]),
        runbook: 'unanswered',
        queries: [[`sum(${increase('lane_errors_total', ['lane="loopp"'])})`]],
      }).decimals(0),
    ],
  ],
};

export const lives: Shelf = {
  height: 6,
  panels: [
    [
      12,
      states({
        title: 'When did it answer?',
        description: 'By instance: whether the plugin process answered.',
        unit: 'none',
        noData: NOTHING_SCRAPED,
        thresholds: steps(BAD, [1, GOOD]),
        runbook: 'loopp-down',
        queries: [[`min by (instance) (${metric('plugin_ready')})`, '{{instance}}']],
      }).mappings([YES_NO]),
    ],
    [
      12,
      states({
        title: 'What was it doing?',
        description:
          'The state of the plugin process, by instance. idle: no stage asks for it; backingOff: it keeps dying, the next launch waits. Only serve tells it.',
        unit: 'none',
        noData: 'no service is scraped: run tells only whether it answers',
        thresholds: steps(NEUTRAL),
        runbook: 'crash-loop',
        queries: [[stateNumber('plugin_state'), '{{instance}}']],
      }).mappings([
        words(METRICS.plugin_state.labels.state.map((state) => [state, STATE_COLORS[state]] as const)),
      ]),
    ],
  ],
};
