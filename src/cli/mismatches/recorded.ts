import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Finding } from '../../../harness/groups/cause.ts';
import { parseCapsule } from '../../../harness/shrink/capsule.ts';
import type { Round } from '../../contract/round.ts';
import { AppError, messageOf } from '../../errors.ts';
import { RoundFormatError, parseRound } from '../../rounds/parse.ts';
import { readRounds } from '../../rounds/read.ts';
import { DEFAULT_JOURNAL, JournalReading } from './journal.ts';

/** A round with what was found on it. */
export interface Recorded {
  readonly round: Round;
  readonly finding: Finding;
}

/**
 * What the arguments name, one after the other: capsules (files that end in `.json`), every finding of journals (other files
 * and folders), and rounds of the journal `journal` by their id. Rejects with `AppError` INPUT for what is none of them.
 */
export async function* recordedBy(
  names: readonly string[],
  journal: string | undefined,
): AsyncGenerator<Recorded> {
  const [files, ids] = [names.filter((name) => existsSync(name)), names.filter((name) => !existsSync(name))];
  for (const file of files) {
    if (await isCapsule(file)) yield await readCapsule(file);
    else yield* wholeJournal(file);
  }
  if (ids.length > 0) yield* byId(ids, journal);
}

/** The same, and every round of captures, of which nothing was found yet: for showing. */
export async function* shownBy(
  names: readonly string[],
  journal: string | undefined,
): AsyncGenerator<Partial<Recorded> & Pick<Recorded, 'round'>> {
  for (const name of names) {
    if (await isCapture(name)) yield* roundsOf(name);
    else yield* recordedBy([name], journal);
  }
}

/** A line of a journal is no round: its first says which of the two a file is. */
async function isCapture(name: string): Promise<boolean> {
  if (!existsSync(name) || !(await stat(name)).isFile() || (await isCapsule(name))) return false;
  for await (const read of readRounds([name], process.stdin)) return read.kind === 'round';
  return false;
}

async function* roundsOf(file: string): AsyncGenerator<Pick<Recorded, 'round'>> {
  for await (const read of readRounds([file], process.stdin)) {
    if (read.kind === 'bad') throw read.error;
    yield { round: read.round };
  }
}

async function isCapsule(file: string): Promise<boolean> {
  return file.endsWith('.json') && (await stat(file)).isFile();
}

async function readCapsule(file: string): Promise<Recorded> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new AppError('INPUT', `${file}: expected a capsule, got ${messageOf(error)}`, { cause: error });
  });
  const { finding, round } = parseCapsule(text, file);
  try {
    return { finding, round: parseRound(JSON.stringify(round)) };
  } catch (error) {
    if (error instanceof RoundFormatError) throw new AppError('INPUT', `${file}: round: ${error.message}`);
    throw error;
  }
}

async function* wholeJournal(file: string): AsyncGenerator<Recorded> {
  const reading = new JournalReading(file);
  for await (const { entry, round } of reading.read()) yield { finding: entry, round };
  reading.refuseNothing();
}

async function* byId(ids: readonly string[], journal: string | undefined): AsyncGenerator<Recorded> {
  const missing = new Set(ids);
  const reading = new JournalReading(journal);
  for await (const { entry, round } of reading.withIds(new Set(ids))) {
    missing.delete(entry.id);
    yield { finding: entry, round };
  }
  const [first] = missing;
  if (first === undefined) return;
  throw new AppError(
    'INPUT',
    `${first}: expected a file, or the id of a round that ${journal ?? DEFAULT_JOURNAL} has whole, got neither`,
  );
}
