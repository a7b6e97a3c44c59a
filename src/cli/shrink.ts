import { writeFile } from 'node:fs/promises';
import { causeOf, differenceKey, isFinding } from '../../harness/groups/cause.ts';
import type { Finding } from '../../harness/groups/cause.ts';
import { inputBytes } from '../../harness/groups/groups.ts';
import { roundLines } from '../../harness/groups/round-text.ts';
import { differenceLines } from '../../harness/groups/text.ts';
import { oneLine } from '../../harness/outcome-text.ts';
import { roundDigest } from '../../harness/digest.ts';
import { counted } from '../../harness/report-text.ts';
import { formatCapsule } from '../../harness/shrink/capsule.ts';
import type { Capsule } from '../../harness/shrink/capsule.ts';
import { shrinkRound } from '../../harness/shrink/shrink.ts';
import type { Shrunk } from '../../harness/shrink/shrink.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { openLanes } from './comparer.ts';
import type { Comparer } from './comparer.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import type { JournalLaneOptions } from './mismatches/lane-options.ts';
import { recordedBy } from './mismatches/recorded.ts';
import type { Recorded } from './mismatches/recorded.ts';
import { againLine } from './again-line.ts';
import { showTries } from './mismatches/tries.ts';
import { Today, refuseOcr3 } from './mismatches/today.ts';
import { productVersion } from './version.ts';

export interface ShrinkOptions extends JournalLaneOptions {
  readonly maxSeconds: number;
  readonly maxTries: number;
  /** The capsule's file; absent: named by the round. */
  readonly out?: string;
}

/** `shrink`: cut one finding to a capsule. Answers the exit code: 1 when today's lanes do not show it. */
export async function shrinkCommand(
  id: string,
  options: ShrinkOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  const recorded = await firstFinding(id, options.journal);
  const interrupt = onInterrupt();
  const comparer = await startUnlessInterrupted(interrupt, (signal) =>
    openLanes(options, pluginCommand, signal),
  );
  if (comparer === undefined) return EXIT.interrupted;
  try {
    const shrunk = await shrinkFinding(recorded, new Today(comparer), options, interrupt.signal);
    if (shrunk === undefined) return EXIT.no;
    await writeCapsule(recorded, shrunk, comparer, options, pluginCommand);
    return interrupt.signal.aborted ? EXIT.interrupted : EXIT.fine;
  } finally {
    await comparer.close();
    interrupt.release();
  }
}

async function firstFinding(id: string, journal: string | undefined): Promise<Recorded> {
  const name = oneLine(id);
  let other: string | undefined;
  for await (const recorded of recordedBy([id], journal)) {
    const { verdict, witness } = recorded.finding;
    if (isFinding({ verdict })) {
      refuseOcr3(recorded.finding, name);
      return recorded;
    }
    other = isFinding({ verdict, ...(witness === undefined ? {} : { witness }) })
      ? `${verdict}, which only its witness contradicts: that speaks for no smaller round`
      : verdict;
  }
  throw new AppError(
    'INPUT',
    `round ${name}: expected one on which the lanes differ, got ${other ?? 'no finding'}`,
  );
}

interface ShrunkFinding extends Shrunk {
  readonly finding: Finding;
}

/** Undefined when today's lanes do not show the difference, or not every time, which is told. */
export async function shrinkFinding(
  { round, finding }: Recorded,
  today: Today,
  { maxSeconds, maxTries }: Pick<ShrinkOptions, 'maxSeconds' | 'maxTries'>,
  interrupted: AbortSignal,
): Promise<ShrunkFinding | undefined> {
  const key = differenceKey(causeOf(finding, round));
  const now = await today.findingOf(round);
  if (differenceKey(causeOf(now, round)) !== key) {
    process.stdout.write(
      `round ${oneLine(round.id)}: today's lanes do not show it: was ${finding.verdict}, now ${now.verdict}\n`,
    );
    return undefined;
  }
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(maxSeconds * 1000)]);
  const progress = showTries();
  try {
    const shrunk = await shrinkRound(
      round,
      (candidate) => stillShows(today, candidate, key),
      { maxTries, signal },
      (trial) => progress.tell(trial.tries, inputBytes(trial.best)),
    );
    const again = await today.findingOf(shrunk.round);
    if (differenceKey(causeOf(again, shrunk.round)) === key) return { ...shrunk, finding: again };
    process.stdout.write(`round ${oneLine(round.id)}: ${NOT_AGAIN}\n`);
    return undefined;
  } finally {
    progress.stop();
  }
}

const NOT_AGAIN =
  'a smaller one showed it and did not when it was asked again: it depends on more than the round, so there is no capsule';

/** A comparison that throws at a smaller round is another fault than the one looked for. */
async function stillShows(today: Today, round: Round, key: string): Promise<boolean> {
  try {
    return differenceKey(causeOf(await today.findingOf(round), round)) === key;
  } catch {
    return false;
  }
}

async function writeCapsule(
  { round: original }: Recorded,
  { round, finding, tries, ended }: ShrunkFinding,
  { command }: Comparer,
  options: ShrinkOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<void> {
  const input = Buffer.from(roundDigest(original)).toString('hex');
  const file = options.out ?? `capsule-${input.slice(0, 12)}.json`;
  const { seed, plant } = options;
  const replay = againLine('replay', file, plant, pluginCommand);
  const versions = {
    product: productVersion(),
    node: process.version,
    loopp: command,
    plant: plant ?? 'none',
  };
  const capsule: Capsule = {
    finding,
    round,
    from: { id: original.id, input },
    tries,
    versions,
    seed,
    replay,
  };
  await writeNew(file, formatCapsule(capsule));
  if (options.json) {
    const sizes = { before: sizesOf(original), after: sizesOf(round) };
    process.stdout.write(`${JSON.stringify({ file, ...sizes, tries, ended, replay })}\n`);
    return;
  }
  const lines = [
    ...roundLines(round),
    `  ${finding.verdict}`,
    ...differenceLines(finding),
    '',
    `${sizeInWords(original)} became ${sizeInWords(round)} in ${counted(tries, 'try').replace('trys', 'tries')}`,
    ...(ended ? ['a limit ended it: there may be a smaller one'] : []),
    `${file}: ${replay}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw new AppError(
      'OUTPUT',
      `${file}: expected to write the capsule there, got ${messageOf(error)}: name another file with --out`,
      { cause: error },
    );
  }
}

interface Sizes {
  readonly oracles: number;
  readonly events: number;
  readonly bytes: number;
}

function sizesOf(round: Round): Sizes {
  const events = round.observations.reduce((sum, { values }) => sum + values.length, 0);
  return { oracles: round.observations.length, events, bytes: inputBytes(round) };
}

function sizeInWords(round: Round): string {
  const { oracles, events, bytes } = sizesOf(round);
  return `${counted(oracles, 'oracle')}, ${counted(events, 'event')}, ${counted(bytes, 'byte')}`;
}
