import { METRICS } from '../../../harness/metrics-table.ts';
import type { Shelf } from '../layout.ts';
import { LIMITS } from '../limits.ts';
import { BAD, GOOD, NEUTRAL, WARNING, YES_NO, nanIs, steps, words } from '../looks.ts';
import { stat, states } from '../panels.ts';
import { RECENTLY, metric, rate, stateNumber } from '../queries.ts';

const NO_SERVICE = 'no service is scraped: only serve has a flag';

const POLLING_COLORS: Readonly<Record<(typeof METRICS.flag_polling.labels.state)[number], string>> = {
  fixed: NEUTRAL,
  ready: GOOD,
  waiting: WARNING,
  stale: BAD,
  refused: BAD,
  failing: WARNING,
  closed: NEUTRAL,
};

export const answers: Shelf = {
  height: 5,
  panels: [
    [
      6,
      stat({
        title: 'Which share is meant for loopp?',
        description:
          'Share of the workflows in stages live and complete, as the flag was last read; the largest of the instances.',
        unit: 'percentunit',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'roll-back',
        queries: [[`max(sum by (instance) (${metric('flag_share', 'stage=~"live|complete"')}))`]],
      }).mappings([nanIs('not known: the flag was never read')]),
    ],
    [
      6,
      stat({
        title: 'Which share does it serve?',
        description: `Of the rounds that were served in the last ${RECENTLY}. Workflows differ in their rounds: it need not be the share of workflows.`,
        unit: 'percentunit',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'roll-back',
        queries: [
          [
            `sum(${rate('served_total', ['lane="loopp"'], RECENTLY)}) / sum(${rate('served_total', [], RECENTLY)})`,
          ],
        ],
      }).mappings([nanIs('no round served lately')]),
    ],
    [
      6,
      stat({
        title: 'How old is the flag?',
        description:
          'Since its server last confirmed it; the oldest of the instances. Beyond the limit (30 s by default) every round is in stage off.',
        unit: 's',
        noData: NO_SERVICE,
        thresholds: steps(GOOD, [LIMITS.flagAgeSeconds / 3, WARNING], [LIMITS.flagAgeSeconds, BAD]),
        runbook: 'flag-stale',
        queries: [[`max(${metric('flag_age_seconds')})`]],
      }).mappings([nanIs('no flag: the stage is fixed, or it was never read')]),
    ],
    [
      6,
      stat({
        title: 'Is every stage in use served?',
        description: 'No as soon as one instance has a stage in use whose lanes do not answer.',
        unit: 'none',
        noData: NO_SERVICE,
        thresholds: steps(BAD, [1, GOOD]),
        runbook: 'not-ready',
        queries: [[`min(${metric('ready')})`]],
      }).mappings([YES_NO]),
    ],
  ],
};

export const timeline: Shelf = {
  height: 7,
  panels: [
    [
      12,
      states({
        title: 'How does reading the flag go?',
        description:
          'By instance. ready: confirmed; fixed: the configuration names the stage; failing: the last poll went wrong, the flag still holds; waiting, stale, refused: every round is off.',
        unit: 'none',
        noData: NO_SERVICE,
        thresholds: steps(NEUTRAL),
        runbook: 'flag-stale',
        queries: [[stateNumber('flag_polling'), '{{instance}}']],
      }).mappings([
        words(METRICS.flag_polling.labels.state.map((state) => [state, POLLING_COLORS[state]] as const)),
      ]),
    ],
    [
      12,
      states({
        title: 'What should somebody look at?',
        description: 'Alarms of the services, by part; GET /status says in words what is wrong.',
        unit: 'none',
        noData: NO_SERVICE,
        thresholds: steps(GOOD, [1, BAD]),
        runbook: 'not-ready',
        queries: [[`max by (part) (${metric('alarm')})`, '{{part}}']],
      }).mappings([words({ 0: ['quiet', GOOD], 1: ['alarm', BAD] })]),
    ],
  ],
};
