import { existsSync } from 'node:fs';
import { isFinding } from '../../../harness/groups/cause.ts';
import type { JournalFinding } from '../../../harness/groups/groups.ts';
import type { JournalEntry } from '../../../harness/journal-entry.ts';
import { readJournal } from '../../../harness/journal-read.ts';
import { oneLine } from '../../../harness/outcome-text.ts';
import { AppError, messageOf } from '../../errors.ts';
import { RoundFormatError, parseRound } from '../../rounds/parse.ts';

/** Where `run` writes, when nobody says otherwise. */
export const DEFAULT_JOURNAL = 'securemint-shadow-out/latest';

/** How recorded answers are judged today; undefined where they are not whole. */
export type Rejudge = (entry: JournalEntry, round: JournalFinding['round']) => JournalEntry | undefined;

/** Of what was left out, so many are named on standard error; all are counted. */
const SHOWN_SKIPPED = 10;

/** Counts over a journal while its findings are read. */
export class JournalReading {
  readonly path: string;
  /** Entries of any verdict. */
  rounds = 0;
  findings = 0;
  /** Rounds that got another verdict than the journal's. */
  otherwise = 0;
  /** Lines that are none, and findings whose round cannot be read. */
  skipped = 0;

  /** Throws `AppError` INPUT when there is no journal under its default name. */
  constructor(path: string | undefined) {
    if (path === undefined && !existsSync(DEFAULT_JOURNAL)) {
      throw new AppError(
        'INPUT',
        `${DEFAULT_JOURNAL}: expected the journal of a run there, got none: name a journal or its folder`,
      );
    }
    this.path = path ?? DEFAULT_JOURNAL;
  }

  /** Every finding with its round, in flat memory. Rejects as `readJournal`. */
  async *read(): AsyncGenerator<JournalFinding> {
    for await (const { entry, place } of this.entries()) {
      if (!isFinding(entry)) continue;
      const round = this.roundOf(entry, place);
      if (round === undefined) continue;
      this.findings++;
      yield { entry, round };
    }
  }

  /** The same by the judgement of today: of every round that the journal has whole. */
  async *readAgain(again: Rejudge): AsyncGenerator<JournalFinding> {
    for await (const { entry, place } of this.entries()) {
      if (entry.round === undefined && !isFinding(entry)) continue;
      const round = this.roundOf(entry, place);
      if (round === undefined) continue;
      const today = this.judgedAgain(again, entry, round, place);
      if (today === undefined) continue;
      if (today.verdict !== entry.verdict) this.otherwise++;
      if (!isFinding(today)) continue;
      this.findings++;
      yield { entry: today, round };
    }
  }

  /** The findings, and other rounds that the journal has whole, with one of these ids. */
  async *withIds(ids: ReadonlySet<string>): AsyncGenerator<JournalFinding> {
    for await (const { entry, place } of this.entries()) {
      if (!ids.has(entry.id) || entry.verdict === 'notCompared') continue;
      // Of a match the journal only has digests.
      if (entry.round === undefined && !isFinding(entry)) continue;
      const round = this.roundOf(entry, place);
      if (round !== undefined) yield { entry, round };
    }
  }

  /** A journal of which nothing could be read says nothing, not that all is well. Throws `AppError` INPUT. */
  refuseNothing(): void {
    if (this.rounds > 0) return;
    throw new AppError('INPUT', `${this.path}: expected a journal with rounds, got none`);
  }

  private async *entries(): AsyncGenerator<{ readonly entry: JournalEntry; readonly place: string }> {
    for await (const read of readJournal(this.path)) {
      if (read.kind === 'skipped') {
        this.skip(read.error.message);
        continue;
      }
      this.rounds++;
      yield { entry: read.entry, place: `${read.source.file}:${String(read.source.line)}` };
    }
    if (this.skipped > SHOWN_SKIPPED) {
      process.stderr.write(`skipped: ${String(this.skipped - SHOWN_SKIPPED)} more\n`);
    }
  }

  /** A comparison that throws at a round gives it no verdict: it is named. */
  private judgedAgain(
    again: Rejudge,
    entry: JournalEntry,
    round: JournalFinding['round'],
    place: string,
  ): JournalEntry | undefined {
    try {
      const today = again(entry, round);
      if (today === undefined) this.skip(`${place}: expected both answers whole, got a digest or none`);
      return today;
    } catch (error) {
      this.skip(`${place}: expected a verdict, got ${oneLine(messageOf(error))}`);
      return undefined;
    }
  }

  private roundOf({ round }: JournalEntry, place: string): JournalFinding['round'] | undefined {
    if (round === undefined) {
      this.skip(`${place}: round: expected the whole round, got none`);
      return undefined;
    }
    try {
      return parseRound(JSON.stringify(round));
    } catch (error) {
      if (!(error instanceof RoundFormatError)) throw error;
      this.skip(`${place}: round: ${error.message}`);
      return undefined;
    }
  }

  private skip(message: string): void {
    this.skipped++;
    if (this.skipped <= SHOWN_SKIPPED) process.stderr.write(`skipped: ${message}\n`);
  }
}
