import type { PluginCommand } from '../loopp/host/options.ts';
import type { Execution, Result } from '../loopp/wire/messages.ts';
import { packValues } from '../loopp/wire/observations.ts';
import { MAIN_FILE } from '../src/cli/version.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import type { Estimate, Setting } from './measurement.ts';
import { abba, mean, meanRatio, median } from './paired.ts';

/** What every comparison of calls has: rounds that differ, one after the other, in blocks, after a warm-up. */

export const ROUNDS = 500;
const CALLS = 200;
const BLOCKS = 30;
/** 400 calls of each side a block. */
const WARM_UP_BLOCKS = 15;

/** The product's own plugin, as `run` launches it. */
export const OWN_PLUGIN: PluginCommand = {
  file: process.execPath,
  args: [MAIN_FILE, 'plugin'],
  path: process.env['PATH'],
};

/** The ratio of one side's p50 to the other's, and the mean p50 of each in nanoseconds. */
export interface ComparedCalls {
  readonly estimate: Estimate;
  readonly first: number;
  readonly second: number;
}

/** `first` and `second` answer the p50 in nanoseconds of their next calls. */
export async function compareCalls(
  first: () => Promise<number>,
  second: () => Promise<number>,
  progress: Setting['progress'],
): Promise<ComparedCalls> {
  await abba(WARM_UP_BLOCKS, first, second, () => undefined);
  const blocks = await abba(BLOCKS, first, second, progress);
  const pairs = blocks.map((block) => [mean(block.first), mean(block.second)] as const);
  return {
    estimate: meanRatio(pairs),
    first: mean(pairs.map(([over]) => over)),
    second: mean(pairs.map(([, under]) => under)),
  };
}

/** The p50 in nanoseconds of the next 200 calls, one after the other. */
export function p50Of<T>(
  questions: readonly T[],
  ask: (question: T) => Promise<unknown>,
): () => Promise<number> {
  let next = 0;
  return async () => {
    const times: number[] = [];
    while (times.length < CALLS) {
      const question = questions[next++ % questions.length];
      if (question === undefined) break;
      const start = process.hrtime.bigint();
      await ask(question);
      times.push(Number(process.hrtime.bigint() - start));
    }
    return median(times);
  };
}

/** The round as the loopp lane sends it. */
export function executionOf({ id, f, previousOutcome, observations, config, revision }: Round): Execution {
  return {
    id,
    f,
    previousOutcome: previousOutcome ?? undefined,
    observations: new Map(observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config,
    revision,
  };
}

/** Answers every execution in a call of its own. */
export async function answersOf(
  executions: readonly Execution[],
  ask: (execution: Execution) => Promise<readonly Result[]>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const execution of executions) {
    const [result] = await ask(execution);
    if (result?.id !== execution.id)
      throw new Error(`round ${execution.id}: expected its result, got another`);
    const { outcome, error = 'neither outcome nor error' } = result;
    outcomes.push(outcome === undefined ? { kind: 'error', error } : { kind: 'outcome', outcome });
  }
  return outcomes;
}
