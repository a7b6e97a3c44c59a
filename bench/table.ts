import type { Finding, Goal, Result } from './measurement.ts';
import { digits } from './units.ts';

/** A result with what people want to know about it. */
export interface Row {
  readonly goal: Goal;
  readonly result: Result;
  /** Absent when it was skipped. */
  readonly finding?: Finding;
}

const HEADS = ['name', 'measured', '95 % interval', 'target', 'met', 'n'];

/** The results as a table, then what each of them compares. */
export function table(rows: readonly Row[]): string {
  const cells = [HEADS, ...rows.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', ...rows.map(explanation), ''].join('\n');
}

function cellsOf({ result }: Row): string[] {
  const { name, ratio, low, high, limit, target, unit, met, n } = result;
  const goal = `${limit} ${String(target)} ${unit}`;
  if (ratio === null) return [name, '-', '-', goal, 'skipped', '0'];
  const interval = `${digits(low ?? NaN)} to ${digits(high ?? NaN)}`;
  return [name, `${digits(ratio)} ${unit}`, interval, goal, met ? 'yes' : 'no', String(n)];
}

function explanation({ goal, result, finding }: Row): string {
  const told = finding === undefined ? `skipped: ${result.skipped ?? ''}` : finding.detail;
  return `${goal.name}: ${goal.compared}\n  ${told}`;
}
