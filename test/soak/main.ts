import { Readable } from 'node:stream';
import { quantileOf } from './quantile.ts';
import { endure } from './endurance.ts';
import { killUnderLoad } from './kills.ts';
import type { Round } from '../../src/contract/round.ts';
import { readRounds } from '../../src/rounds/read.ts';

// `npm run soak`: the full counts of what the tests run a hundredth of; prints the figures for docs/loopp.md as JSON.

const KILLS = 100;
/** More than the 10 s within which an exit counts as a crash loop. */
const REST_MS = 10_500;
const ROUNDS = 86_400;
const WARM_UP = 10_000;
const PLUGIN = { file: process.execPath, args: ['dist/src/cli/main.js', 'plugin'], path: undefined };

const rounds: Round[] = [];
for await (const read of readRounds(['examples/don-2025-09.jsonl.gz'], Readable.from([]))) {
  if (read.kind === 'bad') throw read.error;
  rounds.push(read.round);
}

const kills = await killUnderLoad(PLUGIN, rounds, KILLS, REST_MS, (done) =>
  say(`${String(done)} of ${String(KILLS)} kills`),
);
const { recoveryMs, ...rest } = kills;
const recovery = {
  medianMs: quantileOf(recoveryMs, 0.5),
  p99Ms: quantileOf(recoveryMs, 0.99),
  maxMs: quantileOf(recoveryMs, 1),
};
const endurance = await endure(PLUGIN, rounds, ROUNDS, WARM_UP, (done) =>
  say(`${String(done)} of ${String(ROUNDS)} rounds`),
);
process.stdout.write(`${JSON.stringify({ kills: { ...rest, recovery }, endurance }, null, 2)}\n`);

function say(text: string): void {
  process.stderr.write(`\r\u001b[K${text}`);
}
