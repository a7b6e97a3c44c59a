import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFilter, passes } from '../../harness/groups/filter.ts';
import { Groups, needsWork } from '../../harness/groups/groups.ts';
import type { Group, JournalFinding } from '../../harness/groups/groups.ts';
import { parseKnown } from '../../harness/groups/known.ts';
import type { KnownDifference } from '../../harness/groups/known.ts';
import { rejudged } from '../../harness/groups/rejudge.ts';
import { findingLines, groupLines } from '../../harness/groups/text.ts';
import { counted } from '../../harness/report-text.ts';
import type { Lane, Outcome } from '../contract/lane.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { formatRound } from '../rounds/format.ts';
import { openLegacy } from './legacy.ts';
import type { Rejudge } from './mismatches/journal.ts';
import { JournalReading } from './mismatches/journal.ts';
import { paintFor } from './paint.ts';

export interface MismatchesOptions {
  readonly json: boolean;
  /** Compare the recorded answers again. */
  readonly rejudge: boolean;
  /** Conditions on groups, NAME=VALUE. */
  readonly where?: readonly string[];
  /** Show this group alone, with its sample. */
  readonly group?: number;
  /** Write the samples into this folder. */
  readonly export?: string;
  /** File of known differences. */
  readonly known?: string;
  readonly seed: number;
  /** Rounds of each group that are shown and exported. */
  readonly sample: number;
}

/** `mismatches`: what went wrong, by cause. Answers the exit code: 1 when something needs work. */
export async function mismatchesCommand(
  path: string | undefined,
  options: MismatchesOptions,
): Promise<number> {
  const filters = (options.where ?? []).map(parseFilter);
  const reading = new JournalReading(path);
  const known = options.known === undefined ? [] : await readKnown(options.known);
  const groups = new Groups({ known, now: Date.now(), seed: options.seed, sampleSize: options.sample });
  const findings = options.rejudge ? reading.readAgain(await openRejudge()) : reading.read();
  for await (const finding of findings) groups.add(finding);
  reading.refuseNothing();
  const all = groups.list();
  const chosen =
    options.group === undefined
      ? all.filter(({ cause }) => passes(cause, filters))
      : [groupAt(all, options.group)];
  if (options.export !== undefined) await exportSamples(options.export, chosen);
  if (options.json) printJson(reading, chosen, groups.beyond, options);
  else printText(reading, chosen, groups.beyond, options);
  const fine = groups.beyond === 0 && !all.some(needsWork);
  return fine ? EXIT.fine : EXIT.no;
}

/** With what Go may answer to a round, as far as the lane in this process knows. */
async function openRejudge(): Promise<Rejudge> {
  const legacy = await openLegacy();
  return (entry, round) => rejudged(entry, round, (asked) => possibleOutcomes(legacy, asked));
}

/** None when the lane does not know or cannot say: then no difference is excused. */
function possibleOutcomes(legacy: Lane, round: Round): readonly Outcome[] {
  try {
    return legacy.possibleOutcomes?.(round) ?? [];
  } catch {
    return [];
  }
}

async function readKnown(file: string): Promise<readonly KnownDifference[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new AppError('INPUT', `${file}: expected a file of known differences, got ${messageOf(error)}`);
  });
  return parseKnown(text, file);
}

function groupAt(groups: readonly Group[], number: number): Group {
  const group = groups[number - 1];
  if (group !== undefined) return group;
  const expected = groups.length === 0 ? 'a journal with findings' : `1 to ${String(groups.length)}`;
  throw new AppError('USAGE', `--group: expected ${expected}, got ${String(number)}`);
}

/** A capture for each group. */
async function exportSamples(folder: string, groups: readonly Group[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { number, sample } of groups) {
      // A capture has each id once; a journal of a service may not.
      const rounds = new Map(sample.map(({ round }) => [round.id, round]));
      const lines = [...rounds.values()].map((round) => `${JSON.stringify(formatRound(round))}\n`);
      await writeFile(join(folder, `group-${String(number)}.jsonl`), lines.join(''), { flag: 'wx' });
    }
  } catch (error) {
    throw new AppError('OUTPUT', `${folder}: expected to write captures there, got ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function printText(
  reading: JournalReading,
  groups: readonly Group[],
  beyond: number,
  { group, seed }: MismatchesOptions,
): void {
  const paint = paintFor(process.stdout);
  const [work, known] = [groups.filter(needsWork), groups.filter((each) => !needsWork(each))];
  const details = (each: Group): readonly string[] =>
    group === undefined ? [] : sampleLines(each, seed, (finding) => findingLines(finding, paint));
  const lines = [
    headLine(reading),
    ...work.flatMap((each) => [...groupLines(each, paint), ...details(each)]),
    ...(known.length === 0 ? [] : [paint.bold('known differences')]),
    ...known.flatMap((each) => [...groupLines(each, paint), ...details(each)]),
    ...(beyond === 0 ? [] : [`and ${counted(beyond, 'finding')} of further causes`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function headLine({ path, rounds, findings, skipped, otherwise }: JournalReading): string {
  const again = otherwise === 0 ? '' : `, ${counted(otherwise, 'round')} with another verdict than recorded`;
  const left = skipped === 0 ? '' : `, ${counted(skipped, 'line')} skipped`;
  return `${path}: ${counted(findings, 'finding')} in ${counted(rounds, 'round')}${again}${left}`;
}

function sampleLines(
  { count, sample }: Group,
  seed: number,
  show: (finding: JournalFinding) => readonly string[],
): readonly string[] {
  const drawn =
    count > sample.length ? ` of ${counted(count, 'finding')}, drawn with seed ${String(seed)}` : '';
  return [`sample: ${counted(sample.length, 'round')}${drawn}`, ...sample.flatMap(show)];
}

function printJson(
  { path, rounds, findings, skipped, otherwise }: JournalReading,
  groups: readonly Group[],
  beyond: number,
  { group, seed }: MismatchesOptions,
): void {
  const listed = groups.map((each) => groupJson(each, group !== undefined));
  const counts = { rounds, findings, otherwise, skipped };
  const result = { journal: path, ...counts, furtherCauses: beyond, seed, groups: listed };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function groupJson({ tolerance, sample, cause, ...group }: Group, whole: boolean): unknown {
  const known = tolerance === undefined ? {} : { known: { ...tolerance.known, expired: tolerance.expired } };
  const rounds = sample.map(({ entry, round }) =>
    whole ? { id: entry.id, differences: entry.differences ?? [], round: formatRound(round) } : entry.id,
  );
  return { ...group, ...cause, ...known, sample: rounds };
}
