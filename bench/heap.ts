import { join } from 'node:path';
import type { Goal, Measurement } from './measurement.ts';
import { mean, meanRatio } from './paired.ts';
import { runProgram } from './program.ts';
import { size } from './units.ts';

const REPETITIONS = 3;
const FEW = 10_000;
const MANY = 100_000;

const goal = (name: string, what: string): Goal => ({
  name,
  compared: `${what} after gc, 100,000 distinct rounds to 10,000, one process`,
  unit: 'times',
  limit: 'at most',
  target: 1.1,
});

export const heap: Measurement = {
  goals: [
    goal('heap-used', 'JavaScript heap'),
    goal('heap-total', 'JavaScript heap and memory outside it (external, with array buffers)'),
  ],
  needsGo: false,
  measure: async ({ folder, progress }) => {
    const runs: (readonly [few: Memory, many: Memory])[] = [];
    for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
      progress(`repetition ${String(repetition)} of ${String(REPETITIONS)}`);
      runs.push(await measureOnce(join(folder, `journal-${String(repetition)}.jsonl`), repetition));
    }
    const finding = (of: (memory: Memory) => number) => {
      const pairs = runs.map(([few, many]) => [of(many), of(few)] as const);
      const [many, few] = [mean(pairs.map(([over]) => over)), mean(pairs.map(([, under]) => under))];
      return { ...meanRatio(pairs), detail: `${size(many)} after ${size(few)}` };
    };
    return [finding(({ heapUsed }) => heapUsed), finding(({ heapUsed, external }) => heapUsed + external)];
  },
};

/** Bytes after garbage collection; `external` includes array buffers. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
}

async function measureOnce(journal: string, seed: number): Promise<readonly [few: Memory, many: Memory]> {
  const child = join(import.meta.dirname, 'heap-child.js');
  const args = ['--expose-gc', child, journal, String(seed), String(FEW), String(MANY)];
  const { stdout } = await runProgram(process.execPath, args);
  const [few, many] = JSON.parse(stdout) as Memory[];
  if (few === undefined || many === undefined) throw new Error(`expected two measurements, got ${stdout}`);
  return [few, many];
}
