import type { Metrics } from '../../harness/metrics.ts';
import { oneLine } from '../../harness/outcome-text.ts';
import { FAILING, LANE_TROUBLE } from '../../harness/report.ts';
import type { Summary } from '../../harness/report.ts';
import { DECISION_REASONS } from '../contract/decision.ts';
import type { Decision, DecisionReason } from '../contract/decision.ts';
import type { Judgement } from '../contract/judgement.ts';
import { STAGES } from '../contract/stage.ts';
import type { Stage } from '../contract/stage.ts';
import { NOT_COMPARED_REASONS } from '../contract/verdict.ts';
import type { NotComparedReason, VerdictKey } from '../contract/verdict.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { JournalWriter } from './journal-writer.ts';
import { isPowerOfTen } from './power-of-ten.ts';
import { settlesWithin } from './settles-within.ts';

/** What a record hands judgements on to. */
export interface RecordParts {
  readonly summary: Summary;
  readonly metrics: Metrics;
  readonly journal: JournalWriter;
  readonly log: Log;
}

/** What happened since the start, beside the verdicts. */
export interface RecordCounts {
  readonly stages: Readonly<Record<Stage, number>>;
  readonly decisions: Readonly<Record<DecisionReason, number>>;
  readonly notCompared: Readonly<Record<NotComparedReason, number>>;
  /** Ids that came again with other bytes. */
  readonly conflicts: number;
  /** Rounds served by the other lane because the serving one had no answer. */
  readonly fallbacks: number;
}

type Counting<Key extends string> = Record<Key, number>;

/** Counts every round once, when its judgement comes. None of it can fail whoever is served. */
export class ServiceRecord {
  private readonly parts: RecordParts;
  private readonly stages = zeros(STAGES);
  private readonly decisions = zeros(DECISION_REASONS);
  private readonly notCompared = zeros(NOT_COMPARED_REASONS);
  private conflicts = 0;
  private fallbacks = 0;
  private unjudged = 0;
  private waiting = 0;
  private onSettled: () => void = () => undefined;

  constructor(parts: RecordParts) {
    this.parts = parts;
  }

  /** The judgement is counted and written when it comes; resolves then, and never rejects. */
  expect(
    judged: Promise<Judgement>,
    decision: Decision,
    { conflict }: { readonly conflict: boolean },
  ): Promise<void> {
    const { stage, reason, flagAgeMs } = decision;
    this.parts.summary.tally.expect();
    this.stages[stage]++;
    this.decisions[reason]++;
    if (conflict) this.conflicts++;
    this.waiting++;
    return judged
      .then((judgement) => this.add({ ...judgement, decision: { reason, flagAgeMs } }))
      .catch((error: unknown) => this.fault(error))
      .finally(() => this.settle());
  }

  /** Rounds taken whose verdict is still due. */
  get pending(): number {
    return this.waiting;
  }

  counts(): RecordCounts {
    const { stages, decisions, notCompared, conflicts, fallbacks } = this;
    return { stages, decisions, notCompared, conflicts, fallbacks };
  }

  /** Every round that was taken has one verdict or waits for it. */
  get isSumRight(): boolean {
    const { rounds, verdicts } = this.parts.summary.tally;
    const judged = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
    return this.unjudged === 0 && judged + this.waiting === rounds;
  }

  /** Waits until no verdict is due, `waitMs` at most. Never rejects. */
  async settled(waitMs: number): Promise<void> {
    if (this.waiting === 0) return;
    const settled = new Promise<void>((resolve) => {
      this.onSettled = resolve;
    });
    await settlesWithin(settled, waitMs);
  }

  private add(judgement: Judgement): void {
    const { summary, metrics, journal } = this.parts;
    const { key, reason } = judgement.verdict;
    summary.add(judgement);
    metrics.observe(judgement);
    journal.append(judgement);
    if (reason !== undefined) this.notCompared[reason]++;
    if (judgement.fallback === true) this.fallbacks++;
    if (FAILING.has(key) || LANE_TROUBLE.has(key)) this.warn(key, judgement);
  }

  private warn(verdict: VerdictKey, { round }: Judgement): void {
    const soFar = this.parts.summary.tally.verdicts[verdict];
    if (isPowerOfTen(soFar)) {
      this.parts.log('warn', 'the lanes do not agree', { verdict, round: oneLine(round.id), soFar });
    }
  }

  private fault(error: unknown): void {
    this.unjudged++;
    this.parts.log('error', 'a round was not judged', { error: messageOf(error) });
  }

  private settle(): void {
    this.waiting--;
    if (this.waiting === 0) this.onSettled();
  }
}

function zeros<Key extends string>(keys: readonly Key[]): Counting<Key> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Counting<Key>;
}
