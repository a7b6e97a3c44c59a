import type * as v from 'valibot';
import { pathOf, shownValue, unknownName } from '../schema-issue.ts';
import type { FieldPath } from './config-file.ts';
import { nearest } from './nearest.ts';
import { OPTION_ROWS } from './option-rows.ts';

/** Names that people give to what must not stand in a file. */
const SECRETS: Readonly<Record<string, string>> = {
  token: 'SECUREMINT_SHADOW_TOKEN',
  'http.token': 'SECUREMINT_SHADOW_TOKEN',
  'flags.token': 'UNLEASH_API_TOKEN',
  'flags.apiToken': 'UNLEASH_API_TOKEN',
};
/** Of a source, which the rows do not have. */
const SOURCE_FIELDS = ['kind', 'path', 'from'];

type Issue = v.BaseIssue<unknown>;

/** What is wrong with one field: which, what was expected, what came, and what was probably meant. */
export interface Refusal {
  readonly path: FieldPath;
  readonly message: string;
}

export function refusalOf(issue: Issue): Refusal {
  const path = pathOf(issue);
  const field = fieldName(path);
  if (issue.expected === 'never') return { path, message: unknownField(path, field) };
  const missing = issue.input === undefined;
  const expected = missing && issue.type === 'strict_object' ? 'a value' : issue.message;
  return { path, message: `${field}: expected ${expected}, got ${shownValue(issue.input)}` };
}

/** `http.port`, `sources[0].path`. */
export function fieldName(path: FieldPath): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${part}`)).join('');
  return name === '' ? 'configuration' : name.replace(/^\./, '');
}

function unknownField(path: FieldPath, field: string): string {
  const variable = SECRETS[field];
  if (variable !== undefined) {
    return `${field}: expected no secret in a file, got one: it comes from the variable ${variable}`;
  }
  const outer = path.slice(0, -1);
  const known = fieldsOf(outer);
  const name = String(path.at(-1));
  return `${field}: ${unknownName(name, known, nearest(name, known) ?? elsewhere(name))}`;
}

/** An option of another section that is called so. */
function elsewhere(name: string): string | undefined {
  const row = OPTION_ROWS.find(({ path }) => path.at(-1)?.toLowerCase() === name.toLowerCase());
  return row?.path.join('.');
}

function fieldsOf(outer: FieldPath): readonly string[] {
  if (outer[0] === 'sources') return SOURCE_FIELDS;
  const inside = OPTION_ROWS.filter(({ path }) => outer.every((name, at) => path[at] === name));
  return [...new Set(inside.map(({ path }) => path[outer.length] ?? ''))];
}
