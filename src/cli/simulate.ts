import { randomInt } from 'node:crypto';
import { counted, grouped } from '../../harness/report-text.ts';
import type { SimulatorOptions } from '../../loopp/simulator/options.ts';
import type { DonSimulator } from '../../loopp/simulator/simulator.ts';
import { AppError, EXIT } from '../errors.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';
import { writeCapture } from './simulate/capture.ts';
import { openSimulator } from './simulate/open.ts';
import { simulatorOptions } from './simulate/options.ts';
import type { SimulationOptions } from './simulate/options.ts';
import { summaryJson, summaryLines } from './simulate/summary.ts';
import type { Simulated } from './simulate/summary.ts';

export interface SimulateOptions extends Omit<SimulationOptions, 'seed'> {
  /** Absent: random. */
  readonly seed?: number;
  readonly out: string;
  readonly force: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly startTimeoutMs: number;
}

/** `simulate`: write a capture with a simulated DON, to the end or to Ctrl-C. Answers the exit code. */
export async function simulateCommand(options: SimulateOptions): Promise<number> {
  const seed = options.seed ?? randomInt(2 ** 32);
  const simulated = simulatorOptions({ ...options, seed });
  const interrupt = onInterrupt();
  const simulator = await startUnlessInterrupted(interrupt, (signal) =>
    openSimulator(simulated, options, signal),
  );
  if (simulator === undefined) return EXIT.interrupted;
  try {
    await write(simulator, simulated, options, interrupt.signal);
    const { tally, relaunches } = simulator;
    print(
      { options: simulated, tally, relaunches, file: options.out },
      options.json,
      interrupt.signal.aborted,
    );
    if (interrupt.signal.aborted) return EXIT.interrupted;
    if (tally.rounds === 0) throw nothingSimulated(simulator);
    return EXIT.fine;
  } finally {
    await simulator.close();
    interrupt.release();
  }
}

async function write(
  simulator: DonSimulator,
  { rounds }: SimulatorOptions,
  { out, force }: SimulateOptions,
  signal: AbortSignal,
): Promise<void> {
  const { tally } = simulator;
  const progress = showProgress(() => ({
    rounds: tally.ocrRounds,
    share: tally.ocrRounds / rounds,
    findings: undefined,
  }));
  try {
    await writeCapture(out, simulator.rounds(signal), { force });
  } finally {
    progress.stop();
  }
}

function print(simulated: Simulated, json: boolean, interrupted: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(summaryJson(simulated))}\n`);
    return;
  }
  const paint = paintFor(process.stdout);
  const ending = interrupted ? [paint.bad('interrupted: the capture ends there')] : [];
  process.stdout.write(`${[...summaryLines(simulated, paint), ...ending].join('\n')}\n`);
}

function nothingSimulated({ tally: { ocrRounds, withoutOutcome } }: DonSimulator): AppError {
  const expected = `expected a report in ${counted(ocrRounds, 'round')} of OCR, got none`;
  const unheard = `too few oracles could be heard in ${grouped(withoutOutcome)}`;
  return new AppError('INPUT', `${expected}: the first agrees on blocks alone, and ${unheard}`);
}
