import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../../harness/journal.ts';
import { FAILING, LANE_TROUBLE } from '../../harness/report.ts';
import type { Judgement } from '../contract/judgement.ts';
import { VERDICT_KEYS } from '../contract/verdict.ts';
import type { VerdictKey } from '../contract/verdict.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** A host may kill the plugin at any time; no more than this is lost then. */
const FLUSH_EVERY_MS = 250;

/** Keeps what a shadowing plugin learns: verdicts counted, logged and in a journal. None of it can fail the host. */
export class ShadowRecord {
  private readonly log: Log;
  private readonly counts = new Map<VerdictKey, number>();
  private readonly pending = new Set<Promise<void>>();
  private journal: Journal | undefined;
  /** Writes follow each other. Never rejects. */
  private written: Promise<void> = Promise.resolve();
  private flushing: NodeJS.Timeout | undefined;

  /** Without a folder there is no journal. What is in its way is logged, and nobody waits for it. */
  constructor(folder: string | undefined, log: Log) {
    this.log = log;
    if (folder === undefined) log('info', 'no journal is written: SECUREMINT_SHADOW_JOURNAL is not set');
    else this.written = this.openJournal(folder);
  }

  /** The judgement is counted and written when it comes. */
  expect(judged: Promise<Judgement>): void {
    const recorded = judged
      .then((judgement) => this.add(judgement))
      .catch((error: unknown) => this.log('error', 'a round was not judged', { error: messageOf(error) }))
      .finally(() => this.pending.delete(recorded));
    this.pending.add(recorded);
  }

  /** Waits for what is due, makes the journal durable and logs the sums. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.flushing);
    await Promise.all(this.pending);
    this.write((journal) => journal.close());
    await this.written;
    this.journal = undefined;
    const sums = VERDICT_KEYS.map((key) => [key, this.counts.get(key) ?? 0] as const);
    const rounds = sums.reduce((sum, [, count]) => sum + count, 0);
    this.log('info', 'shadow ends', { rounds, ...Object.fromEntries(sums.filter(([, count]) => count > 0)) });
  }

  private async openJournal(folder: string): Promise<void> {
    const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
    // A host launches the plugin again and again, and several of them may share a folder.
    const path = join(folder, `journal-${time}-${String(process.pid)}.jsonl`);
    try {
      await mkdir(folder, { recursive: true });
      this.journal = await Journal.create(path);
      this.flushing = setInterval(() => this.write((journal) => journal.flush()), FLUSH_EVERY_MS).unref();
      this.log('info', 'journal opened', { path });
    } catch (error) {
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
    this.write((journal) => journal.append(judgement));
  }

  private write(step: (journal: Journal) => Promise<void>): void {
    this.written = this.written.then(() => this.attempt(step));
  }

  /** A journal that cannot be written is given up, with one line in the log. */
  private async attempt(step: (journal: Journal) => Promise<void>): Promise<void> {
    const { journal } = this;
    if (journal === undefined) return;
    try {
      await step(journal);
    } catch (error) {
      this.journal = undefined;
      this.log('error', 'the journal ends here', { error: messageOf(error) });
      await journal.close().catch(() => undefined);
    }
  }
}

/** The log says the first, the 10th, the 100th... of a kind: a node's log is not the journal. */
const isPowerOfTen = (count: number): boolean => /^10*$/.test(String(count));
