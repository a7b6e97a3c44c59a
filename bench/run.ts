import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { aggregate } from '../legacy/aggregate.ts';
import { packageFile } from '../src/cli/version.ts';
import { goBench, goNs } from './go.ts';
import type { Goal, Measurement, Setting } from './measurement.ts';
import { abba, mean, meanRatio } from './paired.ts';
import { runProgram } from './program.ts';
import { SMALL, captureLine, generateRounds, readyRounds } from './rounds.ts';
import { duration, rate } from './units.ts';

const SEED = 3;
const BLOCKS = 10;
const ROUNDS = 20_000;
/** Of a second, shorter run: the difference of the two is without start and end. */
const FEW_ROUNDS = 4_000;
/** Go takes as long for each of them; all 20,000 would only take long. */
const GO_ROUNDS = 1_000;

const GOAL = { unit: 'times', limit: 'at least', target: 3 } as const;
const GOALS: readonly Goal[] = [
  {
    name: 'run-4x1',
    compared: `whole \`run\` of ${String(ROUNDS)} rounds, start and end included, to Go aggregator alone, rounds a second`,
    ...GOAL,
  },
  {
    name: 'run-4x1-steady',
    compared: 'the same without start and end (difference of two lengths), rounds a second',
    ...GOAL,
  },
];

export const wholeRun: Measurement = {
  goals: GOALS,
  needsGo: true,
  measure: async (setting) => {
    const { whole, steady, go } = await compare(setting);
    const against = (ours: readonly number[]) => ({
      ...meanRatio(ours.map((ns, index) => [go[index] ?? NaN, ns] as const)),
      detail: `run ${rate(mean(ours), 'rounds')}, Go ${rate(mean(go), 'rounds')} (${duration(mean(go))} a round)`,
    });
    return [against(whole), against(steady)];
  },
};

/** Nanoseconds a round, block by block. */
async function compare({ folder, goOracle, progress }: Setting) {
  progress(`writing ${String(ROUNDS)} rounds, checking that the answers are equal`);
  const [many, few] = [join(folder, 'many.jsonl'), join(folder, 'few.jsonl')];
  await writeRounds(many, ROUNDS);
  await writeRounds(few, FEW_ROUNDS);
  const rounds = readyRounds(SMALL, GO_ROUNDS, SEED);
  const bench = await goBench(await goOracle(), join(folder, 'go.jsonl'), rounds, rounds.map(aggregate));
  const runs = async (): Promise<readonly [many: number, few: number]> => [
    await run(many, ROUNDS, folder),
    await run(few, FEW_ROUNDS, folder),
  ];
  try {
    const blocks = await abba(BLOCKS, runs, () => goNs(bench), progress);
    return {
      whole: blocks.map(({ first }) => mean(first.map(([ns]) => ns)) / ROUNDS),
      steady: blocks.map(({ first }) => mean(first.map(([ns, fewNs]) => ns - fewNs)) / (ROUNDS - FEW_ROUNDS)),
      go: blocks.map(({ second }) => mean(second)),
    };
  } finally {
    await bench.close();
  }
}

async function writeRounds(path: string, count: number): Promise<void> {
  await pipeline(Readable.from(lines(count)), createWriteStream(path));
}

function* lines(count: number): Generator<string> {
  let left = count;
  for (const round of generateRounds(SMALL, SEED)) {
    yield `${captureLine(round)}\n`;
    if (--left === 0) return;
  }
}

/** Nanoseconds from launching the command to its exit. Rejects unless every round is a match. */
async function run(file: string, rounds: number, folder: string): Promise<number> {
  const out = join(folder, 'out');
  const main = packageFile('dist/src/cli/main.js');
  const { ns, stdout } = await runProgram(process.execPath, [main, 'run', file, '--out', out, '--json']);
  await rm(out, { recursive: true });
  const report: unknown = JSON.parse(stdout);
  if (matchesOf(report) !== rounds) {
    throw new Error(`expected ${String(rounds)} matches of the run, got the report ${stdout}`);
  }
  return ns;
}

function matchesOf(report: unknown): unknown {
  if (typeof report !== 'object' || report === null || !('verdicts' in report)) return undefined;
  const { verdicts } = report;
  return typeof verdicts === 'object' && verdicts !== null && 'match' in verdicts
    ? verdicts.match
    : undefined;
}
