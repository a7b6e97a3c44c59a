import type { Paint } from '../../../harness/report-text.ts';
import { printable } from '../../../harness/text.ts';
import type { StageShares } from '../../contract/decision.ts';
import { STAGES } from '../../contract/stage.ts';
import type { Stage } from '../../contract/stage.ts';
import type { FlagPlace } from '../../flags/admin.ts';
import { percent } from '../../flags/shares.ts';
import type { Move } from '../../flags/shares.ts';
import { rowOf } from '../../flags/stages.ts';
import type { WorkflowMove } from './workflows.ts';

/** Names that are listed before the rest is only counted. */
const SHOWN_WORKFLOWS = 20;
const CELL = 11;

export function placeInWords({ name, project, environment }: FlagPlace): string {
  return `flag ${name} in project ${project}, environment ${environment}`;
}

/** A column of shares; undefined: they depend on more than weights. */
export interface SharesColumn {
  readonly head: string;
  readonly shares: StageShares | undefined;
}

/** One row a stage: the columns, and what the stage does. */
export function stageTable(columns: readonly SharesColumn[], paint: Paint): readonly string[] {
  const head = columns.map((column) => column.head.padStart(CELL)).join('');
  const rows = STAGES.map((stage) => {
    const cells = columns.map(({ shares }) => shareCell(shares?.[stage]).padStart(CELL)).join('');
    const row = `  ${stage.padEnd(8)}${cells}   ${actionOf(stage)}`;
    return columns.every(({ shares }) => shares?.[stage] === 0) ? paint.dim(row) : row;
  });
  return [paint.bold(`  ${'stage'.padEnd(8)}${head}   serves`), ...rows];
}

function shareCell(permille: number | undefined): string {
  return permille === undefined ? '?' : percent(permille);
}

/** e.g. `loopp, legacy beside it`. */
function actionOf(stage: Stage): string {
  const { serves, alsoRuns } = rowOf(stage);
  return alsoRuns === undefined ? serves : `${serves}, compared with ${alsoRuns}`;
}

/** What share of workflows moves where, and what an operator should know about that. */
export function moveLines(moves: readonly Move[] | undefined, paint: Paint): readonly string[] {
  if (moves === undefined) return ['how many workflows move depends on more than weights'];
  return moves.map(({ from, to, permille }) => {
    const line = `${percent(permille)} of the workflows move from ${from} to ${to}`;
    const warning = warningOf(from, to);
    return warning === undefined ? line : `${line}: ${paint.bad(warning)}`;
  });
}

/** The way is off, shadow, live, complete: each step shows that the next one is safe. */
function warningOf(from: Stage, to: Stage): string | undefined {
  if (from === 'off' && to !== 'shadow') return 'without shadow first';
  return from === 'shadow' && to === 'complete' ? 'without live first' : undefined;
}

/** `known`: how many were looked at; undefined: none were asked for. */
export function workflowLines(
  moved: readonly WorkflowMove[] | undefined,
  known: number | undefined,
): readonly string[] {
  if (known === undefined) return [];
  if (moved === undefined) return ['which workflows move depends on more than this flag'];
  const shown = moved.slice(0, SHOWN_WORKFLOWS).map(({ workflow, from, to }) => {
    return `  ${printable(workflow)}: ${from} -> ${to}`;
  });
  const more = moved.length - shown.length;
  return [
    `${String(moved.length)} of ${String(known)} known workflows move`,
    ...shown,
    ...(more > 0 ? [`  and ${String(more)} more (--json lists all)`] : []),
  ];
}
