import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { compareRounds } from '../../harness/comparison.ts';
import { Harness } from '../../harness/harness.ts';
import { Journal } from '../../harness/journal.ts';
import { Metrics } from '../../harness/metrics.ts';
import { PLANTS, plant } from '../../harness/plants.ts';
import type { PlantName } from '../../harness/plants.ts';
import { Summary, objections } from '../../harness/report.ts';
import type { Report } from '../../harness/report.ts';
import { reportLines } from '../../harness/report-text.ts';
import { legacyLane } from '../../legacy/lane.ts';
import type { Round } from '../contract/round.ts';
import { AppError, EXIT } from '../errors.ts';
import { readRounds } from '../rounds/read.ts';
import type { ReadRound, RoundSource } from '../rounds/read.ts';
import { onInterrupt } from './interrupt.ts';
import { openLoopp } from './loopp.ts';
import type { LooppOptions, OpenedLoopp } from './loopp.ts';
import { serveMetrics } from './metrics-server.ts';
import { makeOutputFolder, writeReport } from './output.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';
import { packageFile, productVersion } from './version.ts';

export interface RunOptions extends LooppOptions {
  readonly json: boolean;
  /** Absent: random. */
  readonly seed?: number;
  readonly limit?: number;
  /** Folder for journal and report; absent: one named by the time. */
  readonly out?: string;
  readonly keepGoing: boolean;
  /** Most time-outs and unavailable answers that are fine. */
  readonly maxLaneErrors: number;
  /** Rounds in progress at most. */
  readonly concurrency: number;
  readonly plant?: string;
  /** Absent: no metrics server. 0: a free port. */
  readonly metricsPort?: number;
}

/** `run`: compare both lanes over captures, to the end or to Ctrl-C, and report. Answers the exit code. */
export async function runCommand(
  files: readonly string[],
  options: RunOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  const inputs = files.length === 0 ? [packageFile('examples/don-2025-09.jsonl.gz')] : files;
  const interrupt = onInterrupt();
  const loopp = await openLoopp(pluginCommand, options);
  try {
    const folder = await makeOutputFolder(options.out);
    const run = new Run(
      options,
      loopp,
      await Journal.create(join(folder, 'journal.jsonl')),
      interrupt.signal,
    );
    const failure = await run.compare(inputs);
    await writeReport(join(folder, 'report.json'), run.report());
    run.print(folder);
    if (failure !== undefined) throw failure;
    if (interrupt.signal.aborted) return EXIT.interrupted;
    return run.answer();
  } finally {
    await loopp.lane.close();
    interrupt.release();
  }
}

/** One comparison from its first round to its report. */
class Run {
  private readonly options: RunOptions;
  private readonly journal: Journal;
  private readonly signal: AbortSignal;
  private readonly seed: number;
  private readonly versions: Readonly<Record<string, string>>;
  private readonly summary = new Summary();
  private readonly metrics: Metrics;
  private readonly harness: Harness;
  private bytesRead = 0;
  /** Where the round stands that was read last, for messages. */
  private source: RoundSource = { file: '', line: 0 };

  constructor(options: RunOptions, loopp: OpenedLoopp, journal: Journal, signal: AbortSignal) {
    this.options = options;
    this.journal = journal;
    this.signal = signal;
    this.seed = options.seed ?? randomInt(2 ** 32);
    this.versions = {
      product: productVersion(),
      node: process.version,
      loopp: loopp.command,
      plant: options.plant ?? 'none',
    };
    this.metrics = new Metrics(this.summary, () => loopp.facts, this.versions);
    const { lane } = loopp;
    this.harness = new Harness({
      legacy: legacyLane(),
      loopp: isPlant(options.plant) ? plant(lane, options.plant) : lane,
      served: 'legacy',
      seed: this.seed,
    });
  }

  /** Compares until the input ends; answers what ended it early, after everything before it was journalled. */
  async compare(inputs: readonly string[]): Promise<AppError | undefined> {
    const { metricsPort } = this.options;
    const server =
      metricsPort === undefined ? undefined : await serveMetrics(this.metrics.registry, metricsPort);
    if (server !== undefined) process.stderr.write(`metrics on ${server.url}\n`);
    const progress = showProgress(() => this.progress(inputs));
    let failure: AppError | undefined;
    try {
      await this.compareRounds(inputs);
      if (this.summary.tally.rounds === 0 && this.summary.refused > 0)
        throw nothingLeft(this.summary.refused);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure = error;
    } finally {
      progress.stop();
      server?.close();
      await this.journal.close();
    }
    this.summary.tally.assertSum();
    return failure;
  }

  report(): Report {
    return this.summary.report({ seed: this.seed, versions: this.versions });
  }

  print(folder: string): void {
    const report = this.report();
    if (this.options.json) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return;
    }
    const paint = paintFor(process.stdout);
    const lines = [
      ...reportLines(report, this.summary.findings, paint),
      '',
      paint.dim(`journal and report in ${folder}; seed ${String(this.seed)}`),
      ...this.verdictLines(report).map((line) =>
        line.startsWith('yes') ? paint.good(line) : paint.bad(line),
      ),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }

  answer(): number {
    return objections(this.report(), this.options.maxLaneErrors).length === 0 ? EXIT.fine : EXIT.no;
  }

  private verdictLines(report: Report): readonly string[] {
    const reasons = objections(report, this.options.maxLaneErrors);
    const refused = report.refused === 0 ? [] : [`refused lines: ${String(report.refused)}`];
    if (report.rounds === 0) return ['no: no round was compared', ...refused];
    if (this.signal.aborted)
      return [`interrupted after ${String(report.rounds)} rounds`, ...refused, ...reasons];
    return reasons.length === 0
      ? ['yes: the lanes agree', ...refused]
      : [`no: ${reasons.join('; ')}`, ...refused];
  }

  private async compareRounds(inputs: readonly string[]): Promise<void> {
    this.signal.addEventListener('abort', () => void process.stdin.destroy(), { once: true });
    const reads = readRounds(inputs, process.stdin, (count) => {
      this.bytesRead += count;
    });
    await compareRounds(this.harness, this.rounds(reads), this, {
      concurrency: this.options.concurrency,
      signal: this.signal,
    });
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

  private progress(
    inputs: readonly string[],
  ): Parameters<typeof showProgress>[0] extends () => infer T ? T : never {
    const { tally, findingCount } = this.summary;
    const { limit } = this.options;
    const size = sizeOf(inputs);
    const share = limit === undefined ? this.bytesRead / size : tally.rounds / limit;
    return {
      rounds: tally.rounds,
      findings: findingCount,
      share: Number.isFinite(share) ? Math.min(share, 1) : undefined,
    };
  }
}

function isPlant(name: string | undefined): name is PlantName {
  return name !== undefined && Object.hasOwn(PLANTS, name);
}

function nothingLeft(refused: number): AppError {
  return new AppError(
    'INPUT',
    `expected at least one round in the input, got ${String(refused)} refused lines`,
  );
}

/** Bytes of all files together; NaN when one has no size, such as standard input. */
function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? NaN), 0);
}
