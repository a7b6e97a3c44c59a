import * as v from 'valibot';
import { messageOf } from '../errors.ts';

/** A flag as a server delivered it: only its name has been looked at. */
export interface RawFlag {
  readonly name: string;
}

const variantSchema = v.looseObject({
  name: v.string(),
  /** In permille. */
  weight: v.pipe(v.number(), v.integer(), v.minValue(0)),
  stickiness: v.optional(v.string()),
  overrides: v.optional(v.array(v.unknown()), []),
});
export type FlagVariant = v.InferOutput<typeof variantSchema>;

export const strategySchema = v.looseObject({
  name: v.string(),
  parameters: v.optional(v.record(v.string(), v.unknown()), {}),
  constraints: v.optional(v.array(v.unknown()), []),
  segments: v.optional(v.array(v.unknown()), []),
  variants: v.optional(v.array(variantSchema), []),
});
export type FlagStrategy = v.InferOutput<typeof strategySchema>;

const definitionSchema = v.looseObject({
  name: v.string(),
  enabled: v.boolean(),
  strategies: v.array(strategySchema),
  /** Unleash's older way: they count for strategies that have none. */
  variants: v.nullish(v.array(variantSchema), []),
  dependencies: v.nullish(v.array(v.unknown()), []),
});
/** A flag as Unleash's client API delivers it; the admin API's is brought into the same form (admin.ts). */
export type FlagDefinition = v.InferOutput<typeof definitionSchema>;

/** Reads an answer of the server. Throws an `Error` that names the field, what was expected and what came. */
export function parseAs<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? 'body';
  const isMissing = issue.received === 'undefined';
  const [expected, came] = isMissing
    ? ['it to be there', 'nothing']
    : [issue.expected ?? issue.message, issue.received];
  throw new Error(`${field}: expected ${expected}, got ${came}`);
}

/** Throws an `Error` that names the flag and the field. */
export function parseDefinition(name: string, feature: unknown): FlagDefinition {
  try {
    return parseAs(definitionSchema, feature);
  } catch (error) {
    throw new Error(`flag ${name}: ${messageOf(error)}`, { cause: error });
  }
}
