import { setTimeout as delay } from 'node:timers/promises';
import { compareRounds } from '../harness/comparison.ts';
import type { ComparisonSink } from '../harness/comparison.ts';
import { Harness } from '../harness/harness.ts';
import { Journal } from '../harness/journal.ts';
import { Metrics } from '../harness/metrics.ts';
import { Summary } from '../harness/report.ts';
import { legacyLane } from '../legacy/lane.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import { openLoopp } from '../src/cli/loopp.ts';
import type { Round } from '../src/contract/round.ts';
import type { Memory } from './heap.ts';
import { SMALL, generateRounds } from './rounds.ts';

// A child of heap.ts: `heap-child.js JOURNAL SEED ROUNDS...`. Compares until so many rounds are done, as `run` does it,
// and prints the memory after garbage collection at each of the numbers, as JSON.
const [journalFile = '', seed = '0', ...counts] = process.argv.slice(2);
const { laneTimeoutMs, startTimeoutMs } = HOST_DEFAULTS;
const loopp = await openLoopp(undefined, { verbose: false, laneTimeoutMs, startTimeoutMs });
const journal = await Journal.create(journalFile);
const summary = new Summary();
const metrics = new Metrics(summary, () => loopp.facts, { product: 'bench' });
const harness = new Harness({
  legacy: legacyLane(),
  loopp: loopp.lane,
  seed: Number(seed),
});
const rounds = generateRounds(SMALL, Number(seed));

const sink: ComparisonSink = {
  expect: () => summary.tally.expect(),
  record: async (judgement) => {
    summary.add(judgement);
    metrics.observe(judgement);
    await journal.append(judgement);
  },
  refuse: ({ id }) => Promise.reject(new Error(`round ${id} came twice`)),
};

const measured: Memory[] = [];
try {
  for (const count of counts.map(Number)) {
    const { signal } = new AbortController();
    await compareRounds(harness, roundsUntil(count), sink, { concurrency: 64, signal });
    measured.push(await memory());
  }
} finally {
  await journal.close();
  await loopp.lane.close();
}
const { verdicts, rounds: compared } = summary.tally;
if (verdicts.match !== compared) throw new Error(`expected matches only, got ${JSON.stringify(verdicts)}`);
process.stdout.write(`${JSON.stringify(measured)}\n`);

/** The next rounds, until so many were taken in all. */
async function* roundsUntil(count: number): AsyncGenerator<Round> {
  for (let taken = summary.tally.rounds; taken < count; taken++) yield rounds.next().value;
}

async function memory(): Promise<Memory> {
  // What finalizers release is only gone after the event loop has turned.
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await delay(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}
