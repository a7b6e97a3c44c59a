import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Round, WitnessAnswer } from '../../src/contract/round.ts';
import { goBuild } from '../helpers/go-build.ts';
import { oracleLine } from '../helpers/go-oracle.ts';

const SOURCE = import.meta.dirname;

/** What the tap says at its end. */
export interface Counts {
  readonly Posted: number;
  readonly Dropped: number;
  readonly Failed: number;
}

export interface Replayed {
  /** What the node had of its aggregator, in the order of the rounds. */
  readonly answers: readonly WitnessAnswer[];
  readonly counts: Counts;
}

/** The command of test/tap/cmd/replay, built into a folder of its own. */
export class TappedNode {
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<TappedNode> {
    const folder = await mkdtemp(join(tmpdir(), 'securemint-tap-'));
    await goBuild(SOURCE, `${folder}/`, './cmd/replay');
    return new TappedNode(folder);
  }

  /** Aggregates rounds whose observations are bare events, with the tap on; resolves once it has posted all it will. */
  async replay(rounds: readonly Round[], url: string, token: string): Promise<Replayed> {
    const node = spawn(join(this.folder, 'replay'), ['-url', url, '-token', token], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([
      text(node.stdout),
      pipeline(Readable.from(lines(rounds)), node.stdin),
    ]);
    const printed = output.split('\n').filter(Boolean);
    const { counts } = JSON.parse(printed.pop() ?? '{}') as { counts?: Counts };
    if (counts === undefined || printed.length !== rounds.length) {
      throw new Error(`the node answered ${String(printed.length)} of ${String(rounds.length)} rounds`);
    }
    return { answers: printed.map(answerOf), counts };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

function* lines(rounds: readonly Round[]): Generator<string> {
  for (const round of rounds) yield `${oracleLine(round)}\n`;
}

function answerOf(line: string): WitnessAnswer {
  const { outcome, error, panic } = JSON.parse(line) as { outcome?: string; error?: string; panic?: string };
  if (outcome !== undefined) return { kind: 'outcome', outcome: Buffer.from(outcome, 'base64') };
  if (error !== undefined) return { kind: 'error', error };
  return { kind: 'panic', panic: panic ?? '' };
}
