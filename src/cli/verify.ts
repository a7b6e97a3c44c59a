import { answerInWords, oneLine, outcomeInWords } from '../../harness/outcome-text.ts';
import { isWitnessed } from '../../harness/witness.ts';
import { counted } from '../../harness/words.ts';
import type { Lane, Outcome } from '../contract/lane.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { readRounds } from '../rounds/read.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import { openLegacy } from './legacy.ts';
import { openLoopp } from './loopp.ts';
import type { LooppOptions } from './loopp.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';

export interface VerifyOptions extends LooppOptions {
  readonly json: boolean;
  readonly lane: string;
}

/** A round that a lane answered otherwise than real Go. */
interface VerifyFailure {
  readonly id: string;
  readonly note?: string;
  readonly expected: readonly string[];
  readonly got: string;
}

/** What `verify --json` prints. */
interface VerifyResult {
  /** Rounds that came with a witness. */
  rounds: number;
  passed: number;
  failed: number;
  readonly failures: VerifyFailure[];
}

/** Rounds asked at the same time. */
const IN_PROGRESS = 64;

/** `verify`: hold one lane against recorded answers. Answers the exit code. */
export async function verifyCommand(
  files: readonly string[],
  options: VerifyOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  if (pluginCommand !== undefined && options.lane !== 'loopp') {
    throw new AppError('USAGE', '--lane: expected loopp together with -- CMD, got legacy');
  }
  const interrupt = onInterrupt();
  const lane = await startUnlessInterrupted(interrupt, async (signal) =>
    options.lane === 'legacy' ? openLegacy() : (await openLoopp(pluginCommand, options, signal)).lane,
  );
  if (lane === undefined) return EXIT.interrupted;
  const result: VerifyResult = { rounds: 0, passed: 0, failed: 0, failures: [] };
  const progress = showProgress(() => ({ rounds: result.rounds, findings: result.failed, share: undefined }));
  let unwitnessed = 0;
  try {
    unwitnessed = await verifyFiles(files, lane, result, interrupt.signal);
  } finally {
    progress.stop();
    await lane.close();
    interrupt.release();
  }
  if (result.rounds === 0 && !interrupt.signal.aborted) {
    throw new AppError('INPUT', `${files.join(', ')}: expected rounds with \`expect\`, got none`);
  }
  print(result, lane.name, options.json, unwitnessed);
  if (interrupt.signal.aborted) return EXIT.interrupted;
  return result.failed === 0 ? EXIT.fine : EXIT.no;
}

/** Answers how many rounds came without a witness. */
async function verifyFiles(
  files: readonly string[],
  lane: Lane,
  result: VerifyResult,
  signal: AbortSignal,
): Promise<number> {
  let unwitnessed = 0;
  const asked: Promise<void>[] = [];
  for await (const read of readRounds(files, process.stdin, { signal })) {
    if (signal.aborted) break;
    if (read.kind === 'bad') throw read.error;
    if (read.round.witness === undefined) {
      unwitnessed++;
      continue;
    }
    asked.push(verifyRound(read.round, lane, result));
    if (asked.length >= IN_PROGRESS) await asked.shift();
  }
  await Promise.all(asked);
  return unwitnessed;
}

async function verifyRound(round: Round, lane: Lane, result: VerifyResult): Promise<void> {
  const answer = await lane
    .aggregate(round)
    .catch((error: unknown) => `no answer: ${oneLine(messageOf(error))}`);
  const { witness } = round;
  result.rounds++;
  if (typeof answer !== 'string' && witness !== undefined && isWitnessed(witness, answer)) {
    result.passed++;
    return;
  }
  result.failed++;
  result.failures.push({
    id: round.id,
    ...(round.note === undefined ? {} : { note: round.note }),
    expected: (witness?.answers ?? []).map((right) =>
      right.kind === 'outcome' ? withBytes(right) : answerInWords(right),
    ),
    got: typeof answer === 'string' ? answer : withBytes(answer),
  });
}

/** Two outcomes may differ where their words do not. */
function withBytes(outcome: Outcome): string {
  const words = outcomeInWords(outcome);
  return outcome.kind === 'error' ? words : `${words} [${Buffer.from(outcome.outcome).toString('hex')}]`;
}

const SHOWN_FAILURES = 10;

function print(result: VerifyResult, lane: string, json: boolean, unwitnessed: number): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const paint = paintFor(process.stdout);
  for (const { id, note, expected, got } of result.failures.slice(0, SHOWN_FAILURES)) {
    const name = oneLine(note === undefined ? id : `${id} (${note})`);
    const lines = [
      paint.bad(`round ${name}`),
      ...expected.map((text, index) => `  ${index === 0 ? 'expected' : 'or      '} ${text}`),
      `  got      ${got}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  const more = result.failures.length - SHOWN_FAILURES;
  if (more > 0) process.stdout.write(`and ${String(more)} more (--json lists all)\n`);
  const text = `${lane}: ${String(result.passed)} of ${String(result.rounds)} rounds answered as the Go node did`;
  process.stdout.write(`${result.failed === 0 ? paint.good(text) : paint.bad(text)}\n`);
  if (unwitnessed > 0)
    process.stdout.write(`${counted(unwitnessed, 'round')} left out: without \`expect\`\n`);
}
