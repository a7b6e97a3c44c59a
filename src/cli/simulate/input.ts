import type { Round } from '../../contract/round.ts';
import type { ReadRound } from '../../rounds/read.ts';
import type { LooppOptions } from '../loopp.ts';
import type { RunInput } from '../run-input.ts';
import { openSimulator } from './open.ts';
import { simulatorOptions } from './options.ts';

/** A simulated DON without faults as a run's input. Rejects as `openSimulator`. */
export async function simulatedInput(
  { rounds, seed, ...loopp }: LooppOptions & { readonly rounds: number; readonly seed: number },
  signal: AbortSignal,
): Promise<RunInput> {
  const options = simulatorOptions({ rounds, seed, revision: '2025-09', fault: [] });
  const simulator = await openSimulator(options, loopp, signal);
  return {
    reads: (ended) => numbered(simulator.rounds(ended)),
    share: () => simulator.tally.ocrRounds / rounds,
    close: () => simulator.close(),
  };
}

async function* numbered(rounds: AsyncIterable<Round>): AsyncGenerator<ReadRound> {
  let line = 0;
  for await (const round of rounds) {
    line++;
    yield { kind: 'round', round, source: { file: 'simulated DON', line } };
  }
}
