import { counted, grouped } from '../../../harness/report-text.ts';
import type { Paint } from '../../../harness/report-text.ts';
import type { SimulatorOptions } from '../../../loopp/simulator/options.ts';
import type { Tally } from '../../../loopp/simulator/tally.ts';
import { chainName } from '../../chains/selectors.ts';

/** What `simulate` says at its end. */
export interface Simulated {
  readonly options: SimulatorOptions;
  readonly tally: Tally;
  /** Plugin processes that were lost and launched again. */
  readonly relaunches: number;
  readonly file: string;
}

/** As JSON for programs. */
export function summaryJson({ options, tally, relaunches, file }: Simulated): Record<string, unknown> {
  const { seed, n, f, revision } = options;
  const { ocrRounds, withoutOutcome, withoutReport, reports, signatures } = tally;
  return {
    file,
    rounds: tally.rounds,
    seed,
    oracles: n,
    f,
    revision,
    ocrRounds,
    withoutOutcome,
    withoutReport,
    reports,
    signatures,
    refusedObservations: tally.refusedObservations,
    refusedSignatures: tally.refusedSignatures,
    relaunches,
    faults: Object.fromEntries(tally.strikes),
    chains: Object.fromEntries([...tally.chains].map(([selector, chain]) => [String(selector), chain])),
  };
}

/** As tables for people, one line each. */
export function summaryLines(simulated: Simulated, paint: Paint): readonly string[] {
  const { options, tally, file } = simulated;
  const { seed, n, f } = options;
  return [
    ...chainTable(tally, paint),
    '',
    row(paint, 'OCR', ocrText(tally)),
    row(paint, 'reports', `${grouped(tally.reports)} under ${counted(tally.signatures, 'signature')}`),
    ...(tally.strikes.size === 0 ? [] : [row(paint, 'faults', faultsText(tally))]),
    ...lossLines(simulated, paint),
    '',
    `${counted(tally.rounds, 'round')} in ${file}; ${counted(n, 'oracle')}, f ${String(f)}, seed ${String(seed)}`,
  ];
}

function chainTable({ chains }: Tally, paint: Paint): readonly string[] {
  const rows = [...chains].map(([selector, { rounds, reports }]): readonly [string, string, string] => [
    `  ${chainName(selector) ?? String(selector)}`,
    grouped(rounds),
    grouped(reports),
  ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, ...cells]: readonly string[]): string =>
    `${(name ?? '').padEnd(width)}${cells.map((cell) => cell.padStart(15)).join('')}`;
  return [paint.bold(line(['chain', 'rounds', 'with a report'])), ...rows.map(line)];
}

const row = (paint: Paint, name: string, text: string): string => `${paint.bold(name.padEnd(9))}${text}`;

function ocrText({ ocrRounds, withoutOutcome, withoutReport }: Tally): string {
  const parts = [
    counted(ocrRounds, 'round'),
    `${grouped(withoutReport)} without anything new`,
    `${grouped(withoutOutcome)} without enough oracles`,
  ];
  return parts.join(', ');
}

function faultsText({ strikes, refusedObservations, refusedSignatures }: Tally): string {
  const struck = [...strikes].map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
  const refused = `${counted(refusedObservations, 'observation')} and ${counted(refusedSignatures, 'signature')}`;
  return `${struck}; refused: ${refused}`;
}

function lossLines({ relaunches }: Simulated, paint: Paint): readonly string[] {
  if (relaunches === 0) return [];
  return [row(paint, 'plugins', `launched again: ${counted(relaunches, 'time')}`)];
}
