import { causeOf, isFinding } from '../../harness/groups/cause.ts';
import type { Finding } from '../../harness/groups/cause.ts';
import { roundLines } from '../../harness/groups/round-text.ts';
import { answerLines, differenceLines, inWords } from '../../harness/groups/text.ts';
import { oneLine } from '../../harness/outcome-text.ts';
import { counted } from '../../harness/report-text.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { openLanes } from './comparer.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import type { JournalLaneOptions } from './mismatches/lane-options.ts';
import { recordedBy, shownBy } from './mismatches/recorded.ts';
import type { Recorded } from './mismatches/recorded.ts';
import { FATES, Today, fateOf, refuseOcr3 } from './mismatches/today.ts';
import type { Fate } from './mismatches/today.ts';
import { paintFor } from './paint.ts';

export interface ReplayOptions extends JournalLaneOptions {
  /** Print the rounds decoded, and ask no lane. */
  readonly show: boolean;
}

/** `replay`: what today's lanes make of recorded findings. Answers the exit code: 1 when one is still there. */
export async function replayCommand(
  names: readonly string[],
  options: ReplayOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  if (options.show) return show(names, options.journal);
  const interrupt = onInterrupt();
  const comparer = await startUnlessInterrupted(interrupt, (signal) =>
    openLanes(options, pluginCommand, signal),
  );
  if (comparer === undefined) return EXIT.interrupted;
  const replay = new Replay(options.json);
  try {
    const today = new Today(comparer);
    for await (const each of recordedBy(names, options.journal)) {
      if (interrupt.signal.aborted) break;
      replay.add(each, await askedOf(today, each));
    }
  } finally {
    await comparer.close();
    interrupt.release();
  }
  replay.end();
  if (interrupt.signal.aborted) return EXIT.interrupted;
  return replay.isFine ? EXIT.fine : EXIT.no;
}

/** What both lanes say now, or why the comparison could not judge it. */
export type Asked = Finding | { readonly failed: string };

/** Rejects with `AppError` INPUT for what is no finding of two lanes. */
export async function askedOf(today: Today, { round, finding }: Recorded): Promise<Asked> {
  const name = oneLine(round.id);
  if (!isFinding(finding)) {
    throw new AppError(
      'INPUT',
      `round ${name}: expected a finding, got ${finding.verdict} (replay --show prints it)`,
    );
  }
  refuseOcr3(finding, name);
  try {
    return await today.findingOf(round);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return { failed: oneLine(messageOf(error)) };
  }
}

async function show(names: readonly string[], journal: string | undefined): Promise<number> {
  for await (const { round, finding } of shownBy(names, journal)) {
    const recorded = finding === undefined ? [] : recordedLines(round, finding);
    process.stdout.write(`${[...roundLines(round), ...recorded, ''].join('\n')}\n`);
  }
  return EXIT.fine;
}

function recordedLines(round: Round, finding: Finding): readonly string[] {
  const differ = finding.differences !== undefined && finding.differences.length > 0;
  return [
    `  recorded  ${inWords(causeOf(finding, round))}`,
    ...(differ ? differenceLines(finding) : []),
    ...answerLines(finding.answers),
  ];
}

/** Also of rounds that the comparison of today throws at: they are neither there nor gone. */
const RESULTS = [...FATES, 'unjudged'] as const;
type Result = Fate | 'unjudged';

/** Rounds with one result that are printed, and listed in JSON. */
const SHOWN = 20;
const LISTED = 1000;

/** Counts what became of each finding, and tells. */
export class Replay {
  readonly counts: Record<Result, number> = { reproduced: 0, changed: 0, vanished: 0, unjudged: 0 };
  private readonly json: boolean;
  private readonly listed: unknown[] = [];

  constructor(json: boolean) {
    this.json = json;
  }

  get isFine(): boolean {
    const { reproduced, changed, unjudged } = this.counts;
    return reproduced + changed + unjudged === 0;
  }

  add({ round, finding }: Recorded, asked: Asked): void {
    const result = 'failed' in asked ? 'unjudged' : fateOf(finding, asked, round);
    const count = ++this.counts[result];
    if (this.json) {
      const today = 'failed' in asked ? { problem: asked.failed } : { verdict: asked.verdict };
      const listed = { id: round.id, result, recorded: { verdict: finding.verdict }, today };
      if (this.listed.length < LISTED) this.listed.push(listed);
      return;
    }
    if (count > SHOWN) return;
    process.stdout.write(`${linesOf({ round, finding }, asked, result).join('\n')}\n`);
  }

  end(): void {
    if (this.json) {
      process.stdout.write(`${JSON.stringify({ ...this.counts, rounds: this.listed })}\n`);
      return;
    }
    const all = RESULTS.reduce((sum, result) => sum + this.counts[result], 0);
    const parts = RESULTS.filter((result) => this.counts[result] > 0 || result !== 'unjudged');
    const text = parts.map((result) => `${result} ${String(this.counts[result])}`).join(', ');
    const paint = paintFor(process.stdout);
    const line = `${counted(all, 'finding')}: ${text}`;
    process.stdout.write(`${this.isFine ? paint.good(line) : paint.bad(line)}\n`);
  }
}

function linesOf({ round, finding }: Recorded, asked: Asked, result: Result): readonly string[] {
  const paint = paintFor(process.stdout);
  const name = `round ${oneLine(round.id)}`;
  const before = inWords(causeOf(finding, round));
  if ('failed' in asked) return [`${paint.bad(result)}  ${name}: was ${before}; now ${asked.failed}`];
  if (result === 'vanished') return [`${paint.good(result)}  ${name}: was ${before}; now ${asked.verdict}`];
  if (result === 'reproduced') return [`${paint.bad(result)}  ${name}: ${before}`, ...differenceLines(asked)];
  const now = inWords(causeOf(asked, round));
  return [`${paint.bad(result)}  ${name}: was ${before}; now ${now}`, ...differenceLines(asked)];
}
