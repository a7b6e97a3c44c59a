import { parse } from 'yaml';
import type { ServeVariables } from '../../config.ts';
import { AppError, messageOf } from '../../errors.ts';
import type { FieldPath } from './config-file.ts';
import { nearest } from './nearest.ts';
import { OPTION_ROWS } from './option-rows.ts';
import type { OptionRow } from './option-rows.ts';
import { fieldName } from './refusals.ts';

export interface Overlay {
  readonly value: unknown;
  /** The variable that a field, or the list around it, came from. */
  readonly variableOf: (path: FieldPath) => string | undefined;
}

/** The file's values with the environment's above them. Throws `AppError` USAGE. */
export function overlay(value: unknown, settings: ServeVariables['settings']): Overlay {
  const overridden = new Map<string, string>();
  let result = value;
  for (const row of OPTION_ROWS) {
    const text = settings.get(row.variable);
    if (text === undefined) continue;
    overridden.set(fieldName(row.path), row.variable);
    result = withValue(result, row.path, valueIn(row, text));
  }
  return {
    value: result,
    variableOf: (path) =>
      path
        .map((_, at) => overridden.get(fieldName(path.slice(0, path.length - at))))
        .find((variable) => variable !== undefined),
  };
}

function valueIn({ isText, variable, expected }: OptionRow, text: string): unknown {
  if (isText) return text;
  try {
    return parse(text, { logLevel: 'error', prettyErrors: false });
  } catch (error) {
    throw new AppError('USAGE', `${variable}: expected ${expected}, got: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A copy with one field set. What is no section is left for the schema to refuse. */
function withValue(outer: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (typeof outer !== 'object' && outer !== undefined) return outer;
  if (Array.isArray(outer)) return outer;
  const section: Readonly<Record<string, unknown>> = { ...outer };
  return { ...section, [name]: withValue(section[name] ?? undefined, rest, value) };
}

/** Other programs' variables begin alike (a Kubernetes service makes some), so only what is nearly ours is told. */
export function warningsOf(settings: ServeVariables['settings']): readonly string[] {
  const known = [...OPTION_ROWS.map(({ variable }) => variable), 'SECUREMINT_SHADOW_TOKEN'];
  return [...settings.keys()]
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, known);
      return meant === undefined ? [] : [`${name} is nothing that serve knows: did you mean ${meant}?`];
    });
}
