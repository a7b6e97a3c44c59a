import { readFile } from 'node:fs/promises';
import type { Stage } from '../../contract/stage.ts';
import { AppError, messageOf } from '../../errors.ts';
import { decideByFlag } from '../../flags/decide.ts';
import type { FlagDefinition } from '../../flags/definition.ts';
import { readFlag } from '../../flags/reading.ts';
import type { KnownOptions } from './options.ts';
import { askService } from './service.ts';
import type { ServiceAnswer } from './service.ts';

/** For one service; a kill must not wait for names. */
const STATUS_TIMEOUT_MS = 1000;

/** What the file and the services know. */
export interface Known {
  /** Each once, sorted; undefined: nobody was asked. */
  readonly workflows: readonly string[] | undefined;
  readonly services: readonly ServiceAnswer[];
}

/** Rejects with `AppError` INPUT when the file cannot be read. */
export async function askWhatIsKnown({ workflows: path, service = [] }: KnownOptions): Promise<Known> {
  const listed = path === undefined ? [] : await readWorkflows(path);
  const asked = service.map((address) => askService(address, STATUS_TIMEOUT_MS));
  const services = await Promise.all(asked);
  const served = services.flatMap(({ status }) => (typeof status === 'string' ? [] : status.workflows));
  const isAsked = path !== undefined || services.length > 0;
  return { workflows: isAsked ? [...new Set([...listed, ...served])].toSorted() : undefined, services };
}

async function readWorkflows(path: string): Promise<readonly string[]> {
  try {
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    return lines.filter((line) => line !== '');
  } catch (error) {
    const expected = `--workflows ${path}: expected a file with one workflow a line`;
    throw new AppError('INPUT', `${expected}, got ${messageOf(error)}`, { cause: error });
  }
}

/** The stage of each workflow as a service decides it; undefined when that takes more than this flag. */
export async function stagesOf(
  flag: FlagDefinition,
  workflows: readonly string[],
): Promise<ReadonlyMap<string, Stage> | undefined> {
  const { name, enabled, strategies, dependencies } = flag;
  const hasSegments = strategies.some(({ segments }) => segments.length > 0);
  if (enabled && (hasSegments || (dependencies ?? []).length > 0)) return undefined;
  // It takes a third of a second to load, and only names need it.
  const { FlagEvaluator } = await import('../../flags/evaluator.ts');
  const evaluator = new FlagEvaluator();
  evaluator.put([flag]);
  const reading = readFlag(name, flag);
  const stages = workflows.map((key) => [key, decideByFlag(name, reading, evaluator, key).stage] as const);
  evaluator.close();
  return new Map(stages);
}

/** A workflow that changes its stage. */
export interface WorkflowMove {
  readonly workflow: string;
  readonly from: Stage;
  readonly to: Stage;
}

/** Which of these workflows a change moves; undefined when that takes more than this flag. */
export async function workflowMoves(
  before: FlagDefinition,
  after: FlagDefinition,
  workflows: readonly string[],
): Promise<readonly WorkflowMove[] | undefined> {
  const [left, entered] = [await stagesOf(before, workflows), await stagesOf(after, workflows)];
  if (left === undefined || entered === undefined) return undefined;
  return [...left].flatMap(([workflow, from]) => {
    const to = entered.get(workflow);
    return to === undefined || to === from ? [] : [{ workflow, from, to }];
  });
}
