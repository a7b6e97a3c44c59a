import { setTimeout as delay } from 'node:timers/promises';
import { FAILING, LANE_TROUBLE } from '../../harness/report.ts';
import type { Judgement } from '../contract/judgement.ts';
import { VERDICT_KEYS } from '../contract/verdict.ts';
import type { LaneObservation, VerdictKey } from '../contract/verdict.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { isPowerOfTen } from '../serve/power-of-ten.ts';
import { RotatingJournal } from './shadow-journal.ts';
import type { JournalLimits, JudgementSink, OpenJournal } from './shadow-journal.ts';

/** A host may kill the plugin at any time; no more than this is lost then. */
const FLUSH_EVERY_MS = 250;

/** What a record keeps: in memory, and on the disk. */
export interface RecordLimits extends JournalLimits {
  /** Judgements that may wait for the disk; those beyond are counted and not written. */
  readonly judgements: number;
  /** Of their rounds and answers, as they came. */
  readonly bytes: number;
}

/** 2 GiB on the disk; a round that matches takes about 500 bytes there. */
const LIMITS: RecordLimits = {
  judgements: 10_000,
  bytes: 64 * 1024 * 1024,
  fileBytes: 256 * 1024 * 1024,
  files: 8,
};

/**
 * Keeps what a shadowing plugin learns: verdicts counted, logged and in a journal, in memory that does not grow with the
 * rounds. None of it can fail the host.
 */
export class ShadowRecord {
  private readonly log: Log;
  private readonly limits: RecordLimits;
  private readonly counts = new Map<VerdictKey, number>();
  private readonly pending = new Set<Promise<void>>();
  private readonly waiting = { judgements: 0, bytes: 0 };
  private rounds = 0;
  private conflicts = 0;
  private dropped = 0;
  /** There is a journal, or one is being opened. */
  private journalling: boolean;
  private journal: JudgementSink | undefined;
  /** Writes follow each other. Never rejects. */
  private written: Promise<void> = Promise.resolve();
  private flushing: NodeJS.Timeout | undefined;
  private flushDue = false;

  /** Without a folder there is no journal. What is in its way is logged, and nobody waits for it. */
  constructor(
    folder: string | undefined,
    log: Log,
    limits: Partial<RecordLimits> = {},
    open: OpenJournal = (...args) => RotatingJournal.open(...args),
  ) {
    this.log = log;
    this.limits = { ...LIMITS, ...limits };
    this.journalling = folder !== undefined;
    if (folder === undefined) log('info', 'no journal is written: SECUREMINT_SHADOW_JOURNAL is not set');
    else this.written = this.openJournal(folder, open);
  }

  /** The judgement is counted and written when it comes. */
  expect(judged: Promise<Judgement>): void {
    this.rounds++;
    const recorded = judged
      .then((judgement) => this.add(judgement))
      .catch((error: unknown) => this.log('error', 'a round was not judged', { error: messageOf(error) }))
      .finally(() => this.pending.delete(recorded));
    this.pending.add(recorded);
  }

  /** An id came again with other bytes. */
  conflict(id: string): void {
    this.conflicts++;
    if (isPowerOfTen(this.conflicts)) {
      this.log('warn', 'an id came again with other contents', { id, soFar: this.conflicts });
    }
  }

  /**
   * Waits for what is due, `waitMs` at most, makes the journal durable and logs the sums: these after `limitMs`, whatever the
   * disk does. Never rejects.
   */
  async close(waitMs: number, limitMs: number): Promise<void> {
    const begun = performance.now();
    await settlesWithin(Promise.all(this.pending), waitMs);
    clearInterval(this.flushing);
    this.write((journal) => journal.close());
    this.journalling = false;
    if (!(await settlesWithin(this.written, limitMs - (performance.now() - begun)))) {
      this.log('error', 'the disk does not answer: the end of the journal is not written');
    }
    this.journal = undefined;
    this.logSums();
  }

  private async openJournal(folder: string, open: OpenJournal): Promise<void> {
    try {
      this.journal = await open(folder, this.limits, (path) => this.log('info', 'journal opened', { path }));
      if (this.journalling) this.flushing = setInterval(() => this.flush(), FLUSH_EVERY_MS).unref();
    } catch (error) {
      this.journalling = false;
      this.log('error', 'no journal is written', { error: messageOf(error) });
    }
  }

  private add(judgement: Judgement): void {
    const { key } = judgement.verdict;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    if ((FAILING.has(key) || LANE_TROUBLE.has(key)) && isPowerOfTen(count)) {
      this.log('warn', 'the lanes do not agree', { verdict: key, round: judgement.round.id, soFar: count });
    }
    if (this.journalling) this.append(judgement);
  }

  private append(judgement: Judgement): void {
    const { waiting, limits } = this;
    const bytes = sizeOf(judgement);
    if (waiting.judgements >= limits.judgements || waiting.bytes + bytes > limits.bytes) {
      this.drop();
      return;
    }
    waiting.judgements++;
    waiting.bytes += bytes;
    this.write(
      (journal) => journal.append(judgement),
      () => {
        waiting.judgements--;
        waiting.bytes -= bytes;
      },
    );
  }

  private drop(): void {
    this.dropped++;
    if (this.dropped > 1) return;
    this.log('warn', 'the journal cannot be written as fast as rounds come: some are missing there');
  }

  /** One at a time: a disk that hangs collects none. */
  private flush(): void {
    if (this.flushDue) return;
    this.flushDue = true;
    this.write(
      (journal) => journal.flush(),
      () => {
        this.flushDue = false;
      },
    );
  }

  /** `done` comes after the step, whatever became of it. */
  private write(step: (journal: JudgementSink) => Promise<void>, done: () => void = () => undefined): void {
    this.written = this.written.then(() => this.attempt(step)).finally(done);
  }

  /** A journal that cannot be written is given up, with one line in the log. */
  private async attempt(step: (journal: JudgementSink) => Promise<void>): Promise<void> {
    const { journal } = this;
    if (journal === undefined) return;
    try {
      await step(journal);
    } catch (error) {
      this.journal = undefined;
      this.journalling = false;
      this.log('error', 'the journal ends here', { error: messageOf(error) });
      await journal.close().catch(() => undefined);
    }
  }

  /** Every round ends in one verdict; where it did not, the log says so. */
  private logSums(): void {
    const { rounds, conflicts } = this;
    const notWritten = this.dropped + this.waiting.judgements;
    const sums = VERDICT_KEYS.map((key) => [key, this.counts.get(key) ?? 0] as const);
    const judged = sums.reduce((sum, [, count]) => sum + count, 0);
    if (judged !== rounds) this.log('error', 'the verdicts do not add up to the rounds', { judged, rounds });
    const facts = [...sums, ['conflicts', conflicts] as const, ['notWritten', notWritten] as const];
    this.log('info', 'shadow ends', {
      rounds,
      ...Object.fromEntries(facts.filter(([, count]) => count > 0)),
    });
  }
}

/** What a judgement keeps in memory, but for a small constant. */
function sizeOf({ round, observations }: Judgement): number {
  let bytes = round.config.length + (round.previousOutcome?.length ?? 0);
  for (const { values } of round.observations) for (const value of values) bytes += value.length;
  return bytes + answerSize(observations?.legacy) + answerSize(observations?.loopp);
}

function answerSize(observation: LaneObservation | undefined): number {
  if (observation?.kind !== 'answer') return 0;
  const { outcome } = observation;
  return outcome.kind === 'outcome' ? outcome.outcome.length : outcome.error.length;
}

/** Whether it settled in time. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const limit = delay(Math.max(ms, 0), false, { signal: settled.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), limit]);
  } finally {
    settled.abort();
  }
}
