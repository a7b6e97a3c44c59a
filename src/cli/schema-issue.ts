import type * as v from 'valibot';
import type { FieldPath } from './serve/config-file.ts';
import { nearest } from './serve/nearest.ts';

/** What refusals of configuration files say alike, whichever schema refuses. */

const SHOWN_CHARACTERS = 60;

export function pathOf({ path }: v.BaseIssue<unknown>): FieldPath {
  return (path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
}

export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const json = JSON.stringify(value);
  return json.length <= SHOWN_CHARACTERS ? json : `${json.slice(0, SHOWN_CHARACTERS)}…`;
}

/** For a field that no schema has; `meant`: what was probably meant. */
export function unknownName(
  name: string,
  known: readonly string[],
  meant: string | undefined = nearest(name, known),
): string {
  const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
  return `expected one of ${known.join(', ')}, got "${name}"${hint}`;
}
