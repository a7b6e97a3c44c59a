import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { arbitraryAnyRound } from '../../harness/arbitraries/any.ts';
import { fuzz } from '../../harness/fuzz.ts';
import type { AskLanes, Counterexample, Fuzzed, FuzzProgress } from '../../harness/fuzz.ts';
import { roundDigest } from '../../harness/digest.ts';
import { isPlant, PLANTS } from '../../harness/plants.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { formatRound } from '../rounds/format.ts';
import { openLanes } from './comparer.ts';
import type { Comparer } from './comparer.ts';
import { bundledRounds } from './fuzz/bundled.ts';
import { againLine } from './again-line.ts';
import { fuzzJson, fuzzLines } from './fuzz/text.ts';
import type { Replay } from './fuzz/text.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import type { LooppOptions } from './loopp.ts';
import { Today } from './mismatches/today.ts';
import { showTries } from './mismatches/tries.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';

export interface FuzzCommandOptions extends LooppOptions {
  readonly json: boolean;
  readonly rounds: number;
  /** Absent: random, printed. */
  readonly seed?: number;
  readonly maxTries: number;
  readonly plant?: string;
  /** The counterexample's file; absent: named by the round. */
  readonly out?: string;
}

/** One bundled round in so many is mutated: they repeat the same few situations. */
const EVERY = 10;

/** `fuzz`: compare both lanes on generated rounds until they differ. Answers the exit code: 1 when they do. */
export async function fuzzCommand(
  options: FuzzCommandOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  refuseUnseen(options.plant);
  const seed = options.seed ?? randomInt(2 ** 32);
  const interrupt = onInterrupt();
  const comparer = await startUnlessInterrupted(interrupt, (signal) =>
    openLanes({ ...options, seed }, pluginCommand, signal),
  );
  if (comparer === undefined) return EXIT.interrupted;
  try {
    const fuzzed = await compare(comparer, { ...options, seed }, interrupt.signal);
    const { counterexample } = fuzzed;
    const replay =
      counterexample === undefined ? undefined : await write(counterexample, options, pluginCommand);
    const run = { fuzzed, seed, replay, interrupted: interrupt.signal.aborted };
    const text = options.json
      ? JSON.stringify(fuzzJson(run))
      : fuzzLines(run, paintFor(process.stdout)).join('\n');
    process.stdout.write(`${text}\n`);
    if (run.interrupted) return EXIT.interrupted;
    return counterexample === undefined ? EXIT.fine : EXIT.no;
  } finally {
    await comparer.close();
    interrupt.release();
  }
}

/** Generated rounds come without a witness, and only answers are compared. */
function refuseUnseen(name: string | undefined): void {
  if (!isPlant(name)) return;
  const { lanes, lateMs } = PLANTS[name];
  if (lanes !== 'both' && lateMs === undefined) return;
  const why = lanes === 'both' ? 'only a witness can tell' : 'leaves every answer true';
  throw new AppError(
    'USAGE',
    `--plant: expected a lie by which the lanes' answers differ, got ${name}, which ${why}: use sensitivity`,
  );
}

async function compare(
  comparer: Comparer,
  { rounds, seed, maxTries }: FuzzCommandOptions & { readonly seed: number },
  signal: AbortSignal,
): Promise<Fuzzed> {
  const today = new Today(comparer);
  const arbitrary = arbitraryAnyRound(await bundledRounds(EVERY));
  let at: FuzzProgress = { rounds: 0, tries: 0, bytes: 0 };
  const progress = showProgress(() => ({
    rounds: at.rounds,
    share: at.rounds / rounds,
    findings: undefined,
  }));
  const shrinking = showTries();
  const onProgress = (now: FuzzProgress): void => {
    at = now;
    if (now.tries === 0) return;
    // From the first try on there are no more rounds.
    if (now.tries === 1) progress.stop();
    shrinking.tell(now.tries, now.bytes);
  };
  const ask: AskLanes = (round) => today.findingOf(round);
  try {
    return await fuzz(arbitrary, ask, { rounds, seed, maxTries, signal }, onProgress);
  } finally {
    progress.stop();
    shrinking.stop();
  }
}

async function write(
  { round }: Counterexample,
  { out, plant }: FuzzCommandOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<Replay> {
  const file = out ?? `counterexample-${Buffer.from(roundDigest(round)).toString('hex').slice(0, 12)}.jsonl`;
  try {
    await writeFile(file, `${JSON.stringify(formatRound(round))}\n`);
  } catch (error) {
    throw new AppError(
      'OUTPUT',
      `${file}: expected to write the counterexample there, got ${messageOf(error)}: name another file with --out`,
      { cause: error },
    );
  }
  return { file, command: againLine('run', file, plant, pluginCommand) };
}
