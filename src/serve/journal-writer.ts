import type { Judgement } from '../contract/judgement.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { judgementBytes } from './judgement-size.ts';
import { settlesWithin } from './settles-within.ts';

/** An open journal. Calls follow each other; none is made while another is under way. */
export interface JournalFile {
  append(judgement: Judgement): Promise<void>;
  /** Writes what waits. */
  flush(): Promise<void>;
  /** Makes what is written durable. */
  sync(): Promise<void>;
  /** As both, and ends it. */
  close(): Promise<void>;
}

/** What may wait for a disk; judgements beyond are counted and not written. */
export interface WaitingLimits {
  readonly judgements: number;
  /** Of rounds and answers, as they came. */
  readonly bytes: number;
}

const WAITING: WaitingLimits = { judgements: 10_000, bytes: 64 * 1024 * 1024 };
/** A process that is killed loses no more than this. */
const FLUSH_EVERY_MS = 250;
/** A machine that loses its power loses no more than this: every fourth flush. */
const SYNC_EVERY_FLUSHES = 4;
/** A disk that is full or gone may come back. */
const OPEN_AGAIN_MS = 5000;

/** `open`: being written. `broken`: the last step failed, and a new file is tried soon. */
export type JournalState = 'opening' | 'open' | 'broken' | 'closed';

/** For status and metrics. */
export interface JournalStatus {
  readonly state: JournalState;
  readonly written: number;
  /** For the disk. */
  readonly waiting: number;
  /** Judgements that are missing in the journal. */
  readonly dropped: number;
  /** Why it is broken. */
  readonly problem: string | undefined;
}

/** Writes judgements beside everything else, in bounded memory: whatever a disk does, rounds are served. */
export class JournalWriter {
  private readonly open: () => Promise<JournalFile>;
  private readonly log: Log;
  private readonly limits: WaitingLimits;
  private readonly timer: NodeJS.Timeout;
  private state: JournalState = 'opening';
  private problem: string | undefined;
  private file: JournalFile | undefined;
  private readonly waiting = { judgements: 0, bytes: 0 };
  private written = 0;
  private dropped = 0;
  private toldOfDrops = false;
  private flushes = 0;
  private openAgainAt = 0;
  /** A disk that hangs collects no more flushes than one. */
  private flushing = false;
  /** Steps follow each other. Never rejects. */
  private steps: Promise<void>;

  /** Opens the first file at once. `open` is called again after trouble. */
  constructor(open: () => Promise<JournalFile>, log: Log, limits: WaitingLimits = WAITING) {
    this.open = open;
    this.log = log;
    this.limits = limits;
    this.steps = this.attempt(() => this.openFile());
    this.timer = setInterval(() => this.flush(), FLUSH_EVERY_MS).unref();
  }

  append(judgement: Judgement): void {
    const { waiting, limits } = this;
    const bytes = judgementBytes(judgement);
    if (this.state === 'broken' || this.state === 'closed') {
      this.dropped++;
      return;
    }
    if (waiting.judgements >= limits.judgements || waiting.bytes + bytes > limits.bytes) {
      this.drop();
      return;
    }
    waiting.judgements++;
    waiting.bytes += bytes;
    this.step(
      () => this.appendTo(judgement),
      () => {
        waiting.judgements--;
        waiting.bytes -= bytes;
      },
    );
  }

  status(): JournalStatus {
    const { state, written, dropped, problem } = this;
    return { state, written, waiting: this.waiting.judgements, dropped, problem };
  }

  /** Writes what waits and makes it durable, in `limitMs` at most. Never rejects. */
  async close(limitMs: number): Promise<void> {
    clearInterval(this.timer);
    this.step(async () => {
      const { file } = this;
      this.file = undefined;
      await file?.close();
    });
    if (!(await settlesWithin(this.steps, limitMs))) {
      this.log('error', 'the disk does not answer: the end of the journal is not written');
    }
    this.state = 'closed';
  }

  private drop(): void {
    this.dropped++;
    if (this.toldOfDrops) return;
    this.toldOfDrops = true;
    this.log('warn', 'the journal cannot be written as fast as rounds come: some are missing there');
  }

  private flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    this.step(
      () => this.flushed(),
      () => {
        this.flushing = false;
      },
    );
  }

  private async flushed(): Promise<void> {
    if (this.state === 'broken' && Date.now() >= this.openAgainAt) await this.openFile();
    await this.file?.flush();
    if (++this.flushes % SYNC_EVERY_FLUSHES === 0) await this.file?.sync();
  }

  private async openFile(): Promise<void> {
    this.file = await this.open();
    this.state = 'open';
    this.problem = undefined;
  }

  private async appendTo(judgement: Judgement): Promise<void> {
    if (this.file === undefined) {
      this.dropped++;
      return;
    }
    await this.file.append(judgement);
    this.written++;
  }

  /** `done` comes after the step, whatever became of it. */
  private step(act: () => Promise<void>, done: () => void = () => undefined): void {
    this.steps = this.steps.then(() => this.attempt(act)).finally(done);
  }

  private async attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      await this.break(messageOf(error));
    }
  }

  /** The file is given up: a line in it may have been cut in the middle. */
  private async break(problem: string): Promise<void> {
    const { file } = this;
    // The first of a series is told.
    if (this.state !== 'broken') this.log('error', 'the journal cannot be written', { problem });
    this.state = 'broken';
    this.problem = problem;
    this.file = undefined;
    this.openAgainAt = Date.now() + OPEN_AGAIN_MS;
    await file?.close().catch(() => undefined);
  }
}
