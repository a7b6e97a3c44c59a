import * as v from 'valibot';
import { AppError } from '../../errors.ts';
import { DEFAULT_PLAN, PLAN_SCHEMA } from '../../flags/controller/plan.ts';
import type { Plan } from '../../flags/controller/plan.ts';
import { pathOf, shownValue, unknownName } from '../schema-issue.ts';
import { readConfigFile } from '../serve/config-file.ts';
import type { FieldPath } from '../serve/config-file.ts';
import { fieldName } from '../serve/refusals.ts';

type Issue = v.BaseIssue<unknown>;

/** The plan of a file, or the one built in. Rejects with `AppError` INPUT, one line for each field that is not what it should be. */
export async function loadPlan(path: string | undefined): Promise<Plan> {
  if (path === undefined) return DEFAULT_PLAN;
  const file = await readConfigFile(path);
  const result = v.safeParse(PLAN_SCHEMA, file.value);
  if (result.success) return result.output;
  const lines = result.issues.map((issue) => {
    const field = pathOf(issue);
    return `${file.where(field)}: ${refusal(issue, field)}`;
  });
  throw new AppError('INPUT', [...new Set(lines)].join('\n'));
}

function refusal(issue: Issue, path: FieldPath): string {
  const field = path.length === 0 ? 'plan' : fieldName(path);
  if (issue.expected === 'never') return `${field}: ${unknownField(path)}`;
  return `${field}: expected ${expectedBy(issue)}, got ${shownValue(issue.input)}`;
}

/** Objects have a message of Valibot's own. */
function expectedBy({ type, message, input }: Issue): string {
  if (type !== 'strict_object') return input === undefined ? 'a value' : message;
  return input === undefined ? 'a value' : 'a section with fields';
}

function unknownField(path: FieldPath): string {
  const known = path[0] === 'steps' ? STEP_FIELDS : PLAN_FIELDS;
  return unknownName(String(path.at(-1)), known);
}

const PLAN_FIELDS = Object.keys(PLAN_SCHEMA.entries);
const STEP_FIELDS = [...new Set(DEFAULT_PLAN.steps.flatMap((step) => Object.keys(step)))];
