import { AppError } from '../../src/errors.ts';
import type { Cause } from './cause.ts';

/** What groups can be chosen by. */
const NAMES = ['verdict', 'contradicted', 'field', 'kind', 'error', 'chain', 'revision', 'feature'] as const;
type FilterName = (typeof NAMES)[number];

/** One condition on a cause. */
export interface Filter {
  readonly name: FilterName;
  readonly value: string;
}

/** Reads `NAME=VALUE`. Throws `AppError` USAGE. */
export function parseFilter(text: string): Filter {
  const at = text.indexOf('=');
  const name = NAMES.find((known) => known === text.slice(0, Math.max(at, 0)));
  if (name !== undefined) return { name, value: text.slice(at + 1) };
  throw new AppError(
    'USAGE',
    `--where: expected NAME=VALUE with one of ${NAMES.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

/** Whether all conditions hold: of fields, kinds and lanes one has to be the value, an error text has to hold it. */
export function passes(cause: Cause, filters: readonly Filter[]): boolean {
  return filters.every(({ name, value }) => TESTS[name](cause, value));
}

const TESTS: Readonly<Record<FilterName, (cause: Cause, value: string) => boolean>> = {
  verdict: (cause, value) => cause.verdict === value,
  contradicted: (cause, value) => cause.contradicted.some((lane) => lane === value),
  field: (cause, value) => cause.fields.some((field) => field.slice(0, field.lastIndexOf(' ')) === value),
  kind: (cause, value) => cause.fields.some((field) => field.endsWith(` ${value}`)),
  error: (cause, value) => Object.values(cause.errors).some((text) => text.includes(value)),
  chain: (cause, value) => cause.chain === value,
  revision: (cause, value) => cause.revision === value,
  feature: (cause, value) => cause.feature === value,
};
