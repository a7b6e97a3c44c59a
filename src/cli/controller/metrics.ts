import { Registry } from 'prom-client';
import { Instruments } from '../../../harness/instruments.ts';
import type { MetricTable } from '../../../harness/metric-row.ts';
import {
  DECISION_KINDS,
  HOLD_REASONS,
  INCONCLUSIVE_REASONS,
  PROMOTE_REASONS,
  ROLL_BACK_REASONS,
} from '../../flags/controller/reasons.ts';
import { STAGES } from '../../contract/stage.ts';
import type { Acted, Turn } from './pilot.ts';

/** What `controller` exports; a reason is 1 while it holds, else 0. */
export const CONTROLLER_METRICS = {
  controller_would_promote: {
    type: 'gauge',
    help: 'Whether the latest decision is to go on to the next step, and why.',
    unit: '1 or 0',
    labels: { reason: PROMOTE_REASONS },
  },
  controller_would_roll_back: {
    type: 'gauge',
    help: 'Whether the latest decision is to go back to shadow, and why.',
    unit: '1 or 0',
    labels: { reason: ROLL_BACK_REASONS },
  },
  controller_holds: {
    type: 'gauge',
    help: 'What keeps the flag where it is by the latest decision.',
    unit: '1 or 0',
    labels: { reason: HOLD_REASONS },
  },
  controller_inconclusive: {
    type: 'gauge',
    help: 'What the latest decision lacks.',
    unit: '1 or 0',
    labels: { reason: INCONCLUSIVE_REASONS },
  },
  controller_step: {
    type: 'gauge',
    help: 'The step of the plan that the flag is at, from 0.',
    unit: 'steps',
    nan: 'the flag is at none, or cannot be read',
  },
  controller_flag_share: {
    type: 'gauge',
    help: 'Share of the workflows in a stage, as the flag has it.',
    unit: 'share from 0 to 1',
    labels: { stage: STAGES },
    nan: 'the flag cannot be read',
  },
  controller_acting: {
    type: 'gauge',
    help: 'Whether decisions are written (--act), or only told.',
    unit: '1 or 0',
  },
  controller_decisions_total: {
    type: 'counter',
    help: 'Decisions so far.',
    unit: 'decisions',
    labels: { decision: DECISION_KINDS },
  },
  controller_acts_total: {
    type: 'counter',
    help: 'Changes of the flag so far, and how they came out.',
    unit: 'acts',
    labels: { act: ['promote', 'rollBack'], outcome: ['done', 'failed'] },
  },
} as const satisfies MetricTable;

/** The latest turn as metrics. */
export class ControllerMetrics {
  readonly registry = new Registry();
  private readonly instruments = new Instruments(this.registry, CONTROLLER_METRICS);
  private readonly decisions = this.instruments.counter('controller_decisions_total');
  private readonly acts = this.instruments.counter('controller_acts_total');
  private last: Turn | undefined;

  constructor(isActing: boolean) {
    const { instruments } = this;
    instruments.read('controller_would_promote', ({ reason }) => this.holds('promote', reason));
    instruments.read('controller_would_roll_back', ({ reason }) => this.holds('rollBack', reason));
    instruments.read('controller_holds', ({ reason }) => this.keeps(reason));
    instruments.read('controller_inconclusive', ({ reason }) => this.holds('inconclusive', reason));
    instruments.read('controller_step', () => this.step());
    instruments.read('controller_flag_share', ({ stage }) => this.share(stage));
    instruments.read('controller_acting', () => Number(isActing));
  }

  decided(turn: Turn): void {
    this.last = turn;
    this.decisions.inc({ decision: turn.decision.kind });
  }

  acted({ decision }: Turn, outcome: Acted): void {
    if (outcome !== undefined) this.acts.inc({ act: decision.kind, outcome });
  }

  private holds(kind: Turn['decision']['kind'], reason: string): number {
    const decision = this.last?.decision;
    return Number(decision?.kind === kind && decision.because.some((one) => one.reason === reason));
  }

  /** A decision that lacks something also says what is wrong already. */
  private keeps(reason: string): number {
    return Math.max(this.holds('hold', reason), this.holds('inconclusive', reason));
  }

  private step(): number {
    const position = this.last?.position;
    return position?.kind === 'step' ? position.step : NaN;
  }

  private share(stage: (typeof STAGES)[number]): number {
    const position = this.last?.position;
    if (position === undefined || position.kind === 'unknown') return NaN;
    if (position.kind === 'off') return Number(stage === 'off');
    return position.shares[stage] / 1000;
  }
}
