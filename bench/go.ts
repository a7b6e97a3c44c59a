import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { packageFile } from '../src/cli/version.ts';
import { bareEvents } from '../test/helpers/bare-events.ts';
import { GoBench, GoOracle, oracleLine } from '../test/helpers/go-oracle.ts';
import { expectSame } from './same.ts';

/** Builds the oracle into a folder and answers the path of its binary. */
export function buildOracle(folder: string): Promise<string> {
  return build('test/oracle', '.', join(folder, 'oracle'));
}

/** Builds a command of test/interop into a folder and answers the path of its binary. */
export function buildInterop(folder: string, command: string): Promise<string> {
  return build('test/interop', `./cmd/${command}`, join(folder, command));
}

async function build(module: string, pack: string, binary: string): Promise<string> {
  // No version control stamp: git refuses to look into a checkout that another user owns.
  const args = ['build', '-buildvcs=false', '-o', binary, pack];
  await promisify(execFile)('go', args, { cwd: packageFile(module) });
  return binary;
}

/**
 * The real aggregator, ready to be timed on rounds that are known to have the same answers there: `outcomes` are ours.
 * Its observations are the bare events inside ours. Rejects when an answer differs.
 */
export async function goBench(
  binary: string,
  file: string,
  rounds: readonly Round[],
  outcomes: readonly Outcome[],
): Promise<GoBench> {
  const bare = rounds.map((round) => {
    const events = bareEvents(round);
    if (events === undefined) throw new Error(`round ${round.id} has no equal for the Go aggregator`);
    return events;
  });
  expectSame(outcomes, await new GoOracle(binary).answers(bare), 'the Go aggregator');
  await writeFile(file, bare.map((round) => `${oracleLine(round)}\n`).join(''));
  const bench = new GoBench(binary, file, 1);
  await bench.block();
  return bench;
}

/** Nanoseconds a round of one block. */
export async function goNs(bench: GoBench): Promise<number> {
  const { rounds, nanoseconds } = await bench.block();
  return nanoseconds / rounds;
}
