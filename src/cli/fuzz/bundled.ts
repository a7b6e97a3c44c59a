import { Readable } from 'node:stream';
import type { Round } from '../../contract/round.ts';
import { readRounds } from '../../rounds/read.ts';
import { packageFile } from '../version.ts';

/** The captures that come with the product, both revisions in turn, with their witnesses; of every `every` rounds one. */
export async function bundledRounds(every = 1): Promise<readonly Round[]> {
  const [july, september] = await Promise.all(
    ['2025-07', '2025-09'].map((revision) => capture(revision, every)),
  );
  return (july ?? []).flatMap((round, index) => [round, ...(september ?? []).slice(index, index + 1)]);
}

async function capture(revision: string, every: number): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  let at = 0;
  for await (const read of readRounds(
    [packageFile(`examples/don-${revision}.jsonl.gz`)],
    Readable.from([]),
  )) {
    if (read.kind === 'bad') throw read.error;
    // Both captures have the same ids; a harness takes each once.
    if (at++ % every === 0) rounds.push({ ...read.round, id: `${revision} ${read.round.id}` });
  }
  return rounds;
}
