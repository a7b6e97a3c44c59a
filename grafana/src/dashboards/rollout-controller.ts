import type { Shelf } from '../layout.ts';
import { BAD, GOOD, NEUTRAL, WARNING, nanIs, steps, words } from '../looks.ts';
import { series, stacked, stat, states } from '../panels.ts';
import { increase, metric } from '../queries.ts';

const NO_CONTROLLER = 'no controller is scraped: a person moves the flag';

/** Rolling back counts for more than going on; neither: it stays. */
const DECISION = `clamp_max(2 * max(${metric('controller_would_roll_back')}) + max(${metric('controller_would_promote')}), 2)`;

/** What holds of reasons; the two lists have none in common. */
const KEEPS = ['controller_holds', 'controller_inconclusive'] as const;

export const controller: readonly Shelf[] = [
  {
    height: 7,
    panels: [
      [
        6,
        stat({
          title: 'What does the controller decide?',
          description: 'Its latest decision, whether it is written or only told.',
          unit: 'none',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL),
          runbook: 'controller-failed',
          queries: [[DECISION]],
        }).mappings([words({ 0: ['it stays', NEUTRAL], 1: ['go on', GOOD], 2: ['roll back', BAD] })]),
      ],
      [
        6,
        stat({
          title: 'Does it write what it decides?',
          description: 'Only with --act; otherwise it tells what it would do.',
          unit: 'none',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL, [1, GOOD]),
          runbook: 'controller-failed',
          queries: [[`max(${metric('controller_acting')})`]],
        }).mappings([words({ 0: ['no, it tells', NEUTRAL], 1: ['yes', GOOD] })]),
      ],
      [
        12,
        series({
          title: 'How far along its plan is the flag?',
          description:
            'The step of the plan that the flag is at, from 0; nothing where the flag is at no step, or cannot be read.',
          unit: 'none',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL),
          runbook: 'promote',
          queries: [[`max(${metric('controller_step')})`, 'step']],
        })
          .min(0)
          .decimals(0)
          .mappings([nanIs('at no step')]),
      ],
    ],
  },
  {
    height: 8,
    panels: [
      [
        12,
        states({
          title: 'What makes it move?',
          description:
            'Reasons to go on (proven, steps skipped) and to roll back (all others), while they hold.',
          unit: 'none',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL, [1, WARNING]),
          runbook: 'roll-back',
          queries: [
            [`max by (reason) (${metric('controller_would_promote')})`, 'go on: {{reason}}'],
            [`max by (reason) (${metric('controller_would_roll_back')})`, 'roll back: {{reason}}'],
          ],
        }).mappings([words({ 0: ['no', NEUTRAL], 1: ['yes', WARNING] })]),
      ],
      [
        12,
        states({
          title: 'What keeps it where it is?',
          description:
            'What the latest decision waits for or lacks, while it does. Reasons that have not come are left out.',
          unit: 'none',
          noData: `${NO_CONTROLLER}, or nothing keeps it`,
          thresholds: steps(NEUTRAL, [1, WARNING]),
          runbook: 'promote',
          queries: [
            [KEEPS.map((name) => `max by (reason) (${metric(name)}) > 0`).join(' or '), '{{reason}}'],
          ],
        }).mappings([words({ 1: ['yes', WARNING] })]),
      ],
    ],
  },
  {
    height: 7,
    panels: [
      [
        12,
        stacked({
          title: 'Which shares does the controller read?',
          description: 'Share of the workflows in each stage, as the flag has it at the server itself.',
          unit: 'percentunit',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL),
          runbook: 'roll-back',
          queries: [[`max by (stage) (${metric('controller_flag_share')})`, '{{stage}}']],
        }).max(1),
      ],
      [
        12,
        series({
          title: 'How often does it decide and act?',
          description: 'Decisions in each step by kind, and changes of the flag by how they came out.',
          unit: 'none',
          noData: NO_CONTROLLER,
          thresholds: steps(NEUTRAL),
          runbook: 'controller-failed',
          queries: [
            [
              `sum by (decision) (${increase('controller_decisions_total', [], '$__rate_interval')})`,
              'decided: {{decision}}',
            ],
            [
              `sum by (act, outcome) (${increase('controller_acts_total', [], '$__rate_interval')})`,
              '{{act}} {{outcome}}',
            ],
          ],
        }).min(0),
      ],
    ],
  },
];
