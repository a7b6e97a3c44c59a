import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { compareRounds } from '../../harness/comparison.ts';
import { Journal } from '../../harness/journal.ts';
import { Metrics } from '../../harness/metrics.ts';
import { Summary, objections } from '../../harness/report.ts';
import type { Report } from '../../harness/report.ts';
import { counted, reportLines } from '../../harness/report-text.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT } from '../errors.ts';
import type { ReadRound, RoundSource } from '../rounds/read.ts';
import type { ChainProof } from './chain/proof.ts';
import { openLanes } from './comparer.ts';
import type { Comparer } from './comparer.ts';
import { conclusionOf } from './conclusion.ts';
import type { Ending } from './conclusion.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import type { LooppOptions } from './loopp.ts';
import { serveMetrics } from './metrics-server.ts';
import { openOcr3 } from './ocr3/open.ts';
import { checkInput, openInput } from './open-input.ts';
import { makeOutputFolder, writeReport } from './output.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';
import type { ProgressState } from './progress.ts';
import type { RunInput } from './run-input.ts';
import { productVersion } from './version.ts';

export interface RunOptions extends LooppOptions {
  readonly json: boolean;
  /** Absent: random. */
  readonly seed?: number;
  readonly limit?: number;
  /** Rounds of OCR that a simulated DON holds; absent: rounds come from captures. */
  readonly simulate?: number;
  /** Folder for journal and report; absent: one named by the time. */
  readonly out?: string;
  readonly keepGoing: boolean;
  /** Most time-outs and unavailable answers that are fine. */
  readonly maxLaneErrors: number;
  /** Rounds in progress at most. */
  readonly concurrency: number;
  readonly plant?: string;
  /** Configuration of a chain that both lanes' outcomes are brought to; absent: they are only compared here. */
  readonly chain?: string;
  /** Compare whole rounds of OCR3. */
  readonly ocr3: boolean;
  /** Absent: no metrics server. 0: a free port. */
  readonly metricsPort?: number;
}

/** `run`: compare both lanes over captures or a simulated DON, to the end or to Ctrl-C, and report. Answers the exit code. */
export async function runCommand(
  files: readonly string[],
  options: RunOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  checkInput(files, options.simulate);
  const interrupt = onInterrupt();
  const seed = options.seed ?? randomInt(2 ** 32);
  const started = await startUnlessInterrupted(interrupt, (signal) =>
    startRun(files, { ...options, seed }, pluginCommand, signal),
  );
  if (started === undefined) return EXIT.interrupted;
  const { comparer, input, chain } = started;
  try {
    const folder = await makeOutputFolder(options.out);
    const journal = await Journal.create(join(folder, 'journal.jsonl'));
    await chain?.begin(folder);
    const run = new Run({ ...options, seed }, comparer, chain, journal, interrupt.signal);
    const failure = await run.compare(input);
    const report = run.report();
    run.print(report, folder, endingOf(failure, interrupt.signal));
    await writeReport(join(folder, 'report.json'), run.withChain(report));
    if (failure !== undefined) throw failure;
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const reasons = [...objections(report, options.maxLaneErrors), ...run.objections()];
    return reasons.length === 0 ? EXIT.fine : EXIT.no;
  } finally {
    await input.close();
    await chain?.close();
    await comparer.close();
    interrupt.release();
  }
}

interface StartedRun {
  readonly comparer: Comparer;
  readonly input: RunInput;
  readonly chain: ChainProof | undefined;
}

/** The lanes, where their rounds come from and where they go. Rejects as these do, and leaves nothing behind then. */
async function startRun(
  files: readonly string[],
  options: RunOptions & { readonly seed: number },
  pluginCommand: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<StartedRun> {
  const open = options.ocr3 ? openOcr3 : openLanes;
  const chain = await startChain(options, signal);
  let comparer: Comparer | undefined;
  try {
    comparer = await open(options, pluginCommand, signal);
    return { comparer, input: await openInput(files, options, signal), chain };
  } catch (error) {
    await comparer?.close();
    await chain?.close();
    throw error;
  }
}

async function startChain({ chain, ocr3 }: RunOptions, signal: AbortSignal): Promise<ChainProof | undefined> {
  if (chain === undefined) return undefined;
  if (ocr3) {
    throw new AppError(
      'USAGE',
      '--chain: expected no --ocr3 beside it, whose answers are no outcomes, got both',
    );
  }
  const { openChain } = await import('./chain/open.ts');
  return openChain(chain, signal);
}

function endingOf(failure: AppError | undefined, signal: AbortSignal): Ending {
  if (failure !== undefined) return 'failed';
  return signal.aborted ? 'interrupted' : 'whole';
}

/** One comparison from its first round to its report. */
class Run {
  private readonly options: RunOptions & { readonly seed: number };
  private readonly journal: Journal;
  private readonly signal: AbortSignal;
  private readonly versions: Readonly<Record<string, string>>;
  private readonly summary = new Summary();
  private readonly metrics: Metrics;
  private readonly comparer: Comparer;
  private readonly chain: ChainProof | undefined;
  /** Where the round stands that was read last, for messages. */
  private source: RoundSource = { file: '', line: 0 };

  constructor(
    options: RunOptions & { readonly seed: number },
    comparer: Comparer,
    chain: ChainProof | undefined,
    journal: Journal,
    signal: AbortSignal,
  ) {
    this.options = options;
    this.chain = chain;
    this.journal = journal;
    this.signal = signal;
    this.versions = {
      product: productVersion(),
      node: process.version,
      loopp: comparer.command,
      plant: options.plant ?? 'none',
    };
    this.metrics = new Metrics(this.summary, () => comparer.facts, this.versions);
    this.comparer = comparer;
  }

  /** Compares until the input ends; answers what ended it early, after everything before it was journalled. */
  async compare(input: RunInput): Promise<AppError | undefined> {
    const failure = await this.journalled(input).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof AppError) return error;
        throw error;
      },
    );
    this.summary.tally.assertSum();
    return failure;
  }

  report(): Report {
    return this.summary.report({
      concurrency: this.options.concurrency,
      seed: this.options.seed,
      versions: this.versions,
    });
  }

  withChain(report: Report): Report & { readonly chain?: unknown } {
    return this.chain === undefined ? report : { ...report, chain: this.chain.summary() };
  }

  /** Besides those of the report. */
  objections(): readonly string[] {
    return [...this.comparer.objections(), ...(this.chain?.objections() ?? [])];
  }

  print(report: Report, folder: string, ending: Ending): void {
    if (this.options.json) {
      process.stdout.write(`${JSON.stringify(this.withChain(report))}\n`);
      for (const objection of this.objections()) process.stderr.write(`${objection}\n`);
      return;
    }
    const paint = paintFor(process.stdout);
    const { maxLaneErrors } = this.options;
    const { good, lines } = conclusionOf(report, ending, maxLaneErrors, this.objections());
    const notes = [...this.comparer.notes(), ...(this.chain?.lines() ?? [])];
    // Tables of zeros would only hide what went wrong.
    const tables = report.rounds === 0 ? [] : [...reportLines(report, this.summary, paint), '', ...notes];
    const text = [
      ...tables,
      paint.dim(`journal and report in ${folder}; seed ${String(this.options.seed)}`),
      ...lines.map((line) => (good ? paint.good(line) : paint.bad(line))),
    ];
    process.stdout.write(`${text.join('\n')}\n`);
  }

  private async journalled(input: RunInput): Promise<void> {
    try {
      await this.watched(input);
    } finally {
      await this.journal.close();
    }
  }

  /** With metrics and progress for whoever looks on. */
  private async watched(input: RunInput): Promise<void> {
    const { metricsPort } = this.options;
    const server =
      metricsPort === undefined ? undefined : await serveMetrics(this.metrics.registry, metricsPort);
    if (server !== undefined) process.stderr.write(`metrics on ${server.url}\n`);
    const progress = showProgress(() => this.progress(input));
    try {
      await this.compareRounds(input);
    } finally {
      progress.stop();
      server?.close();
    }
  }

  private async compareRounds(input: RunInput): Promise<void> {
    try {
      await compareRounds(this.comparer.harness, this.rounds(input.reads(this.signal)), this, {
        concurrency: this.options.concurrency,
        signal: this.signal,
      });
    } finally {
      await this.chain?.settle();
    }
    const { tally, refused } = this.summary;
    if (tally.rounds === 0 && refused > 0) throw nothingLeft(refused);
    const remarks = this.comparer.remarks();
    for (const remark of remarks) process.stderr.write(`${remark}\n`);
    const { notCompared } = tally.verdicts;
    if (remarks.length > 0 && notCompared === tally.rounds) throw nothingHeld(notCompared);
  }

  /** The rounds of the input, as far as `--limit`; lines that are none are refused in their place. */
  private async *rounds(reads: AsyncIterable<ReadRound>): AsyncGenerator<Round> {
    let left = this.options.limit ?? Infinity;
    for await (const read of reads) {
      if (this.signal.aborted) return;
      if (read.kind === 'bad') this.refuseLine(read.error);
      else {
        this.source = read.source;
        yield read.round;
        if (--left <= 0) return;
      }
    }
  }

  expect(): void {
    this.summary.tally.expect();
  }

  async record(judgement: Parameters<Summary['add']>[0]): Promise<void> {
    this.summary.add(judgement);
    this.metrics.observe(judgement);
    await this.journal.append(judgement);
    await this.chain?.take(judgement);
  }

  refuse(round: Round): Promise<void> {
    const { file, line } = this.source;
    this.refuseLine(
      new AppError(
        'INPUT',
        `${file}:${String(line)}: id: expected one that did not come before with other bytes, got "${round.id}"`,
      ),
    );
    return Promise.resolve();
  }

  private refuseLine(error: AppError): void {
    if (!this.options.keepGoing) throw error;
    this.summary.refuse();
    this.metrics.refuse();
    process.stderr.write(`refused: ${error.message}\n`);
  }

  private progress(input: RunInput): ProgressState {
    const { tally, findingCount } = this.summary;
    const { limit } = this.options;
    const share = limit === undefined ? input.share() : tally.rounds / limit;
    return {
      rounds: tally.rounds,
      findings: findingCount,
      share: Number.isFinite(share) ? Math.min(share, 1) : undefined,
    };
  }
}

function nothingLeft(refused: number): AppError {
  return new AppError(
    'INPUT',
    `expected at least one round in the input, got ${String(refused)} refused ${refused === 1 ? 'line' : 'lines'}`,
  );
}

function nothingHeld(rounds: number): AppError {
  return new AppError(
    'INPUT',
    `--ocr3: expected at least one round that OCR3 can hold, got none in ${counted(rounds, 'round')}`,
  );
}
