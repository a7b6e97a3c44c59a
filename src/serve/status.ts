import type { Report } from '../../harness/report.ts';
import type { RolloutStatus } from '../contract/decision.ts';
import { STAGES } from '../contract/stage.ts';
import type { Stage } from '../contract/stage.ts';
import type { JournalStatus } from './journal-writer.ts';
import { alarmsOf } from './observed.ts';
import type { Alarm, Observed, PluginStatus } from './observed.ts';
import type { Readiness } from './readiness.ts';
import type { RecordCounts } from './record.ts';
import type { SourceStatus } from './sources/pump.ts';

/** Rounds that were taken in a stage, and which part of all rounds that is; null before the first. */
interface StageCount {
  readonly rounds: number;
  readonly share: number | null;
}

type Compared = Pick<
  Report,
  'rounds' | 'distinct' | 'verdicts' | 'orderDependent' | 'parity' | 'witness' | 'latency' | 'versions'
>;

/** What `GET /status` answers. Everything counts from the start of the process. */
export interface Status extends RolloutStatus, Compared {
  readonly state: 'serving' | 'draining';
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly readiness: Readiness;
  readonly alarms: Readonly<Partial<Record<Alarm, string>>>;
  readonly stages: Readonly<Record<Stage, StageCount>>;
  /** Rounds whose verdict is still due: with them the verdicts add up to `rounds`. */
  readonly pending: number;
  readonly counts: Omit<RecordCounts, 'stages'>;
  readonly shadow: { readonly inProgress: number; readonly waiting: number };
  readonly plugin: PluginStatus;
  readonly journal: JournalStatus & { readonly folder: string };
  readonly http: { readonly connections: number; readonly roundsInFlight: number };
  readonly sources: readonly SourceStatus[];
}

/** What does not change while the process runs. */
export interface StatusFacts {
  readonly startedAt: Date;
  readonly versions: Readonly<Record<string, string>>;
  readonly journalFolder: string;
}

export function statusOf(observed: Observed, { startedAt, versions, journalFolder }: StatusFacts): Status {
  const { summary, harness, service, record, workflows } = observed;
  const { stages, ...counts } = record.counts();
  return {
    state: observed.isDraining() ? 'draining' : 'serving',
    startedAt: startedAt.toISOString(),
    uptimeSeconds: Math.round(process.uptime()),
    readiness: observed.readiness(),
    alarms: alarmsOf(observed),
    flag: observed.flags.state(),
    workflows: workflows.known(),
    stages: sharesOf(stages),
    ...compared(summary.report({ concurrency: 0, seed: 0, versions })),
    pending: record.pending,
    counts,
    shadow: { inProgress: harness.comparing, waiting: harness.waiting },
    plugin: observed.plugin(),
    journal: { folder: journalFolder, ...observed.journal.status() },
    http: { connections: observed.connections(), roundsInFlight: service.inFlight },
    sources: observed.sources(),
  };
}

function compared(report: Report): Compared {
  const { rounds, distinct, verdicts, orderDependent, parity, witness, latency, versions } = report;
  return { rounds, distinct, verdicts, orderDependent, parity, witness, latency, versions };
}

function sharesOf(stages: RecordCounts['stages']): Status['stages'] {
  const rounds = STAGES.reduce((sum, stage) => sum + stages[stage], 0);
  const count = (stage: Stage): StageCount => ({
    rounds: stages[stage],
    share: rounds === 0 ? null : stages[stage] / rounds,
  });
  return { off: count('off'), shadow: count('shadow'), live: count('live'), complete: count('complete') };
}
