import { readRounds } from '../../src/rounds/read.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { Readable } from 'node:stream';

export const VECTORS = ['2025-07', '2025-09'].map(
  (revision) => `test/vectors/aggregator-${revision}.jsonl.gz`,
);
export const PROBES = 'test/vectors/go-probes.jsonl';
export const CAPTURES = ['2025-07', '2025-09'].map((revision) => `examples/don-${revision}.jsonl.gz`);

/** Loads whole capture files; any unreadable line fails. */
export async function loadRounds(...files: readonly string[]): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for await (const read of readRounds(files, Readable.from([]))) {
    if (read.kind === 'bad') throw read.error;
    rounds.push(read.round);
  }
  return rounds;
}

/** Whether an answer is one of those that real Go gave. Where Go crashes, any error text is. */
export function isWitnessed(round: Round, outcome: Outcome): boolean {
  return (round.witness?.answers ?? []).some((answer) => {
    if (answer.kind === 'outcome') {
      return outcome.kind === 'outcome' && Buffer.compare(answer.outcome, outcome.outcome) === 0;
    }
    return outcome.kind === 'error' && (answer.kind === 'panic' || answer.error === outcome.error);
  });
}
