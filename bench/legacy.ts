import { join } from 'node:path';
import { aggregate } from '../legacy/aggregate.ts';
import type { Round } from '../src/contract/round.ts';
import { goBench, goNs } from './go.ts';
import type { Measurement, Setting } from './measurement.ts';
import { abba, mean, meanRatio } from './paired.ts';
import { LARGE, SMALL, readyRounds } from './rounds.ts';
import type { Shape } from './rounds.ts';
import { duration, size } from './units.ts';

const SEED = 1;
const BLOCKS = 16;
/** One measurement takes at least this long on our side; Go's takes longer with the numbers of rounds below. */
const SIDE_NS = 250e6;
const WARM_UP_NS = 1e9;

export const legacySmall = legacyAgainstGo('legacy-4x1', SMALL, 512);
export const legacyLarge = legacyAgainstGo('legacy-16x20', LARGE, 16);

function legacyAgainstGo(name: string, shape: Shape, count: number): Measurement {
  return {
    goals: [
      {
        name,
        compared: 'Go aggregator to legacy lane, time a round from wire bytes to outcome bytes',
        unit: 'times',
        limit: 'at least',
        target: 10,
      },
    ],
    needsGo: true,
    measure: async (setting) => {
      const rounds = readyRounds(shape, count, SEED);
      const { ours, go } = await compare(rounds, setting);
      const detail =
        `legacy ${duration(mean(ours))}, Go ${duration(mean(go))} a round of ` +
        `${size(bytesOf(rounds[0]))}; ${String(count)} rounds`;
      const pairs = ours.map((ns, index) => [go[index] ?? NaN, ns] as const);
      return [{ ...meanRatio(pairs), detail }];
    },
  };
}

/** Nanoseconds a round of both sides, block by block. */
async function compare(rounds: readonly Round[], { folder, goOracle, progress }: Setting) {
  const file = join(folder, 'rounds.jsonl');
  progress('building the Go aggregator, checking that the answers are equal');
  const bench = await goBench(await goOracle(), file, rounds, rounds.map(aggregate));
  try {
    const passes = warmUp(rounds);
    const legacy = (): Promise<number> => Promise.resolve(timePasses(rounds, passes));
    const blocks = await abba(BLOCKS, legacy, () => goNs(bench), progress);
    return { ours: blocks.map(({ first }) => mean(first)), go: blocks.map(({ second }) => mean(second)) };
  } finally {
    await bench.close();
  }
}

/** Runs until everything is compiled; answers how many passes over the rounds make one measurement. */
function warmUp(rounds: readonly Round[]): number {
  const start = process.hrtime.bigint();
  let ns = timePasses(rounds, 1);
  while (Number(process.hrtime.bigint() - start) < WARM_UP_NS) ns = timePasses(rounds, 1);
  return Math.ceil(SIDE_NS / (ns * rounds.length));
}

/** Nanoseconds a round. Nothing may be left out by a clever compiler: every outcome is looked at. */
function timePasses(rounds: readonly Round[], passes: number): number {
  const start = process.hrtime.bigint();
  let reports = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const round of rounds) {
      const outcome = aggregate(round);
      if (outcome.kind === 'outcome' && outcome.outcome.length > 0) reports++;
    }
  }
  const ns = Number(process.hrtime.bigint() - start);
  if (reports !== passes * rounds.length) throw new Error('a round gave no report while it was timed');
  return ns / reports;
}

function bytesOf(round: Round | undefined): number {
  return (
    round?.observations.flatMap(({ values }) => values).reduce((sum, { length }) => sum + length, 0) ?? 0
  );
}
