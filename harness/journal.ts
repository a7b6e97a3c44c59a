import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hash } from 'node:crypto';
import type { Judgement } from '../src/contract/judgement.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { LaneObservation } from '../src/contract/verdict.ts';
import { AppError, messageOf } from '../src/errors.ts';
import { formatRound } from '../src/rounds/format.ts';
import { contradictedLanes, isSameOutcome } from './verdict.ts';

/** Version of the journal's lines; docs/journal.md describes them. */
export const JOURNAL_SCHEMA = 1;

/** Lines are written together once this much waits. */
const WRITE_BYTES = 64 * 1024;

/** The durable record of verdicts: one JSON line a round, in the order in which the rounds were taken. */
export class Journal {
  private readonly file: FileHandle;
  private readonly path: string;
  private readonly now: () => number;
  private pending: string[] = [];
  private pendingBytes = 0;
  /** After one failed write nothing more is written: a line may have been cut in the middle. */
  private failure: AppError | undefined;

  private constructor(file: FileHandle, path: string, now: () => number) {
    this.file = file;
    this.path = path;
    this.now = now;
  }

  /**
   * Creates the file; one that exists is not written over. `now` is the time in milliseconds since 1970. Rejects with
   * `AppError` OUTPUT.
   */
  static async create(path: string, now: () => number = Date.now): Promise<Journal> {
    try {
      return new Journal(await open(path, 'wx'), path, now);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Resolves at once while little waits, else when it is written. Rejects with `AppError` OUTPUT. */
  async append(judgement: Judgement): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const line = `${JSON.stringify(journalLine(judgement, this.now()))}\n`;
    this.pending.push(line);
    this.pendingBytes += line.length;
    if (this.pendingBytes >= WRITE_BYTES) await this.write();
  }

  /** Writes what waits. Not before an `append` or `flush` is done. Rejects with `AppError` OUTPUT. */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.pending.length > 0) await this.write();
  }

  /** Writes what waits, makes it durable and closes the file. Rejects with `AppError` OUTPUT. */
  async close(): Promise<void> {
    try {
      if (this.failure !== undefined) return;
      await this.write();
      await this.guarded(() => this.file.sync());
    } finally {
      await this.file.close();
    }
  }

  private async write(): Promise<void> {
    const text = this.pending.join('');
    this.pending = [];
    this.pendingBytes = 0;
    await this.guarded(() => this.file.appendFile(text));
  }

  private async guarded(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.failure = writeError(this.path, error);
      throw this.failure;
    }
  }
}

function writeError(path: string, error: unknown): AppError {
  return new AppError('OUTPUT', `${path}: expected to write the journal there, got ${messageOf(error)}`, {
    cause: error,
  });
}

/**
 * A match keeps digests and timings, unless its witness contradicts it; everything else the whole round and both
 * answers, so that it can be run again. `at`: when it was judged, in milliseconds since 1970.
 */
export function journalLine(judgement: Judgement, at?: number): Readonly<Record<string, unknown>> {
  const { round, verdict, witness, observations } = judgement;
  const agreed = verdict.key === 'match' || verdict.key === 'notCompared';
  const whole = !agreed || contradictedLanes(judgement).length > 0;
  const show = whole ? wholeObservation : digester();
  return {
    schema: JOURNAL_SCHEMA,
    ...(at === undefined ? {} : { at }),
    id: round.id,
    ...(round.workflow === undefined ? {} : { workflow: round.workflow }),
    revision: round.revision,
    input: Buffer.from(judgement.digest).toString('hex'),
    verdict: verdict.key,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.orderDependent === undefined ? {} : { orderDependent: true }),
    stage: judgement.stage,
    ...decided(judgement),
    served: judgement.served,
    ...(judgement.fallback === undefined ? {} : { fallback: true }),
    first: judgement.first,
    ...shownBy(show, observations),
    ...(witness === undefined ? {} : { witness }),
    ...(verdict.differences === undefined ? {} : { differences: verdict.differences }),
    ...(whole ? { round: formatRound(round) } : {}),
  };
}

/** Why the round got its stage, and how old that knowledge was. */
function decided({ decision }: Judgement): Readonly<Record<string, unknown>> {
  if (decision === undefined) return {};
  const { reason, flagAgeMs } = decision;
  return { decision: reason, ...(flagAgeMs === undefined ? {} : { flagAgeMs }) };
}

function shownBy(
  show: (observation: LaneObservation) => unknown,
  observations: Judgement['observations'] = {},
): Readonly<Record<string, unknown>> {
  const { legacy, loopp } = observations;
  return {
    ...(legacy === undefined ? {} : { legacy: show(legacy) }),
    ...(loopp === undefined ? {} : { loopp: show(loopp) }),
  };
}

/** Lanes that agree have one digest: it is computed once. */
function digester(): (observation: LaneObservation) => unknown {
  let known: { readonly outcome: Outcome; readonly sha256: string } | undefined;
  return (observation) => {
    if (observation.kind === 'failure') return wholeObservation(observation);
    const { outcome, durationNs: ns } = observation;
    if (known === undefined || !isSameOutcome(known.outcome, outcome)) {
      known = { outcome, sha256: digestOf(outcome) };
    }
    return { ns, sha256: known.sha256 };
  };
}

function wholeObservation(observation: LaneObservation): unknown {
  const { durationNs: ns } = observation;
  if (observation.kind === 'failure') return { ns, failed: observation.error, message: observation.message };
  const { outcome } = observation;
  return outcome.kind === 'error'
    ? { ns, error: outcome.error }
    : { ns, outcome: Buffer.from(outcome.outcome).toString('base64') };
}

function digestOf(outcome: Outcome): string {
  return hash('sha256', outcome.kind === 'outcome' ? outcome.outcome : outcome.error, 'hex');
}
