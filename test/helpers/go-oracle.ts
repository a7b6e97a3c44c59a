import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Round, WitnessAnswer } from '../../src/contract/round.ts';
import { goBuild } from './go-build.ts';

export { goAvailable } from './go-build.ts';

/** What the real aggregator answers; `invalid` when a node could not have decoded the round's bytes. */
export type GoAnswer = WitnessAnswer | { readonly kind: 'invalid'; readonly reason: string };

const SOURCE = join(import.meta.dirname, '../oracle');

const FOLDER_PREFIX = join(tmpdir(), 'securemint-oracle-');
let folder: string | undefined;
let building: Promise<string> | undefined;

/**
 * Builds the oracle of test/oracle, once for a test file, and answers the path of its binary; `removeGoOracle` ends its
 * life. The first build on a machine downloads modules and takes a minute or so. Rejects with what `go build` says.
 */
export function buildGoOracle(): Promise<string> {
  building ??= build();
  return building;
}

/** Removes what `buildGoOracle` built, for `afterAll`: a test worker is ended without its exit handlers. */
export function removeGoOracle(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
  building = undefined;
}

async function build(): Promise<string> {
  folder = mkdtempSync(FOLDER_PREFIX);
  const binary = join(folder, 'oracle');
  await goBuild(SOURCE, binary, '.');
  return binary;
}

/** Asks the oracle about rounds whose observations are bare events. One process for each call. */
export class GoOracle {
  private readonly binary: string;

  constructor(binary: string) {
    this.binary = binary;
  }

  /** One answer for each round, in order. Where Go's map order decides, any of the possible ones. */
  async answers(rounds: readonly Round[]): Promise<readonly GoAnswer[]> {
    const lines = await this.run(rounds, []);
    return lines.map(goAnswer);
  }

  /** The distinct answers of `times` attempts at each round. */
  async allAnswers(rounds: readonly Round[], times: number): Promise<readonly (readonly GoAnswer[])[]> {
    const lines = await this.run(rounds, ['-repeat', String(times)]);
    return lines.map(({ answers = [] }) => answers.map(goAnswer));
  }

  private async run(rounds: readonly Round[], args: readonly string[]): Promise<readonly AnswerLine[]> {
    const oracle = spawn(this.binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const closed = once(oracle, 'close');
    const [output, [code]] = await Promise.all([
      buffer(oracle.stdout),
      closed,
      pipeline(Readable.from(roundLines(rounds)), oracle.stdin),
    ]);
    const answers = output.toString('utf8').split('\n').filter(Boolean).map(answerLine);
    const inOrder = answers.length === rounds.length && answers.every(({ id }, i) => id === rounds[i]?.id);
    if (code !== 0 || !inOrder) {
      throw new Error(
        `the oracle ended with ${String(code)} after ${String(answers.length)} of ${String(rounds.length)} rounds`,
      );
    }
    return answers;
  }
}

function* roundLines(rounds: readonly Round[]): Generator<string> {
  for (const round of rounds) yield `${oracleLine(round)}\n`;
}

/** A round as the oracle reads it: one line of JSON, without a line feed. */
export function oracleLine(round: Round): string {
  const { id, f, config, previousOutcome, observations } = round;
  return JSON.stringify({
    id,
    f,
    config: base64(config),
    previousOutcome: previousOutcome === null ? null : base64(previousOutcome),
    observations: Object.fromEntries(observations.map(({ oracle, values }) => [oracle, values.map(base64)])),
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

interface AnswerFields {
  readonly outcome?: string;
  readonly error?: string;
  readonly panic?: string;
  readonly invalid?: string;
}

interface AnswerLine extends AnswerFields {
  readonly id: string;
  readonly answers?: readonly AnswerFields[];
}

function answerLine(line: string): AnswerLine {
  return JSON.parse(line) as AnswerLine;
}

function goAnswer({ outcome, error, panic, invalid }: AnswerFields): GoAnswer {
  if (outcome !== undefined) return { kind: 'outcome', outcome: Buffer.from(outcome, 'base64') };
  if (error !== undefined) return { kind: 'error', error };
  if (panic !== undefined) return { kind: 'panic', panic };
  return { kind: 'invalid', reason: invalid ?? 'the oracle gave no answer' };
}

/** Rounds of one block, and the time the oracle's own clock took for them. */
export interface GoBlock {
  readonly rounds: number;
  readonly nanoseconds: number;
}

/** The oracle as a benchmark: it times a block whenever it is asked, so that other work can be interleaved. */
export class GoBench {
  private readonly oracle;
  private readonly replies: AsyncIterator<string>;

  /** @param file lines of `oracleLine` @param passes how often one block goes over the file */
  constructor(binary: string, file: string, passes: number) {
    const args = ['-bench', file, '-block', String(passes)];
    this.oracle = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.replies = createInterface({ input: this.oracle.stdout })[Symbol.asyncIterator]();
  }

  /** Times one block. Rejects when the oracle refuses the file; its reason is on standard error. */
  async block(): Promise<GoBlock> {
    this.oracle.stdin.write('go\n');
    const reply = await this.replies.next();
    if (reply.done === true) throw new Error('the oracle ended instead of timing a block');
    return JSON.parse(reply.value) as GoBlock;
  }

  async close(): Promise<void> {
    if (this.oracle.exitCode !== null) return;
    const closed = once(this.oracle, 'close');
    this.oracle.stdin.end();
    await closed;
  }
}
