import { arbitraryAnyRound } from '../../harness/arbitraries/any.ts';
import { generatedRounds } from '../../harness/fuzz.ts';
import { PLANTS, PLANT_NAMES } from '../../harness/plants.ts';
import { sensitivity } from '../../harness/plants/sensitivity.ts';
import type { Fault, Sensitivity, SensitivityProgress } from '../../harness/plants/sensitivity.ts';
import { counted } from '../../harness/report-text.ts';
import type { Paint } from '../../harness/report-text.ts';
import type { Round } from '../contract/round.ts';
import { EXIT } from '../errors.ts';
import { bundledRounds } from './fuzz/bundled.ts';
import { onInterrupt, startUnlessInterrupted } from './interrupt.ts';
import { openLegacy } from './legacy.ts';
import { openLoopp } from './loopp.ts';
import type { LooppOptions, OpenedLoopp } from './loopp.ts';
import { paintFor } from './paint.ts';
import { showProgress } from './progress.ts';

export interface SensitivityOptions extends LooppOptions {
  readonly json: boolean;
  readonly maxRounds: number;
  readonly seed: number;
}

/** `sensitivity`: every known lie in turn. Answers the exit code: 1 when one is not caught, or an honest lane is. */
export async function sensitivityCommand(
  options: SensitivityOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  const interrupt = onInterrupt();
  const loopp = await startUnlessInterrupted(interrupt, (signal) =>
    openLoopp(pluginCommand, options, signal),
  );
  if (loopp === undefined) return EXIT.interrupted;
  try {
    const result = await plantAll(loopp, options, interrupt.signal);
    const { aborted } = interrupt.signal;
    const text = options.json
      ? JSON.stringify(result)
      : sensitivityLines(result, aborted, paintFor(process.stdout)).join('\n');
    process.stdout.write(`${text}\n`);
    if (aborted) return EXIT.interrupted;
    return isProven(result) ? EXIT.fine : EXIT.no;
  } finally {
    await loopp.lane.close();
    interrupt.release();
  }
}

async function plantAll(
  { lane: loopp }: OpenedLoopp,
  { maxRounds, seed }: SensitivityOptions,
  signal: AbortSignal,
): Promise<Sensitivity> {
  const [legacy, bundled] = await Promise.all([openLegacy(), bundledRounds()]);
  let at: SensitivityProgress = { rounds: 0, caught: 0 };
  const progress = showProgress(() => ({
    rounds: at.rounds,
    share: at.caught / PLANT_NAMES.length,
    findings: at.caught,
  }));
  try {
    return await sensitivity(
      { legacy, loopp },
      () => roundsFrom(bundled, seed),
      { names: PLANT_NAMES, maxRounds, signal },
      (now) => {
        at = now;
      },
    );
  } finally {
    progress.stop();
  }
}

/** What real nodes answered, as long as it lasts; then what nobody recorded. */
function* roundsFrom(bundled: readonly Round[], seed: number): Generator<Round> {
  yield* bundled;
  yield* generatedRounds(arbitraryAnyRound(bundled), seed);
}

function isProven({ planted, caught, control }: Sensitivity): boolean {
  return caught === planted && control.findings === 0;
}

function sensitivityLines(result: Sensitivity, interrupted: boolean, paint: Paint): readonly string[] {
  const { faults, control } = result;
  const width = Math.max(...faults.map(({ name }) => name.length));
  const conclusion = `${interrupted ? 'interrupted: ' : isProven(result) ? 'yes: ' : 'no: '}${reasonOf(result)}`;
  const good = isProven(result) && !interrupted;
  return [
    ...faults.map((fault) => faultLine(fault, width, paint)),
    '',
    paint.dim(
      `without a lie: ${counted(control.findings, 'finding')} in ${counted(control.rounds, 'round')}`,
    ),
    good ? paint.good(conclusion) : paint.bad(conclusion),
  ];
}

function faultLine({ name, rounds, by }: Fault, width: number, paint: Paint): string {
  const head = `${name.padEnd(width)}  ${(rounds === null ? '-' : rounds.toLocaleString('en')).padStart(6)}`;
  const line = `${head}  ${(by ?? 'not caught').padEnd(10)}  ${PLANTS[name].description}`;
  return by === null ? paint.bad(line) : line;
}

function reasonOf({ planted, caught, control }: Sensitivity): string {
  const lies = `${String(caught)} of ${String(planted)} lies were caught`;
  return control.findings === 0 ? lies : `${lies}; the lanes differ without a lie too`;
}
