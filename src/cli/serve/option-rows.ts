import type * as v from 'valibot';
import { SERVE_SCHEMA } from './schema.ts';

/** One option of the configuration, as documents and the environment need it. */
export interface OptionRow {
  /** Its names from the outermost section inwards. */
  readonly path: readonly string[];
  /** The environment variable that counts for more than the file. */
  readonly variable: string;
  /** A variable's text is the option's value; of every other option it is YAML. */
  readonly isText: boolean;
  readonly expected: string;
  /** Undefined: the option is absent. */
  readonly fallback: unknown;
  readonly meaning: string;
}

/** Variables with a name of their own: others read them too. */
const VARIABLES: Readonly<Record<string, string>> = {
  'flags.url': 'UNLEASH_URL',
  'journal.folder': 'SECUREMINT_SHADOW_JOURNAL',
};

/** Every option, in the order of the schema. */
export const OPTION_ROWS: readonly OptionRow[] = rowsOf(SERVE_SCHEMA, []);

function rowsOf(schema: v.GenericSchema, path: readonly string[]): readonly OptionRow[] {
  const inner = isWrapper(schema) ? schema.wrapped : schema;
  const section = isPipe(inner) ? inner.pipe.find(isSection) : undefined;
  if (section === undefined) return [rowOf(path, schema, inner)];
  return Object.entries(section.entries).flatMap(([name, entry]) => rowsOf(entry, [...path, name]));
}

function rowOf(path: readonly string[], entry: v.GenericSchema, schema: v.GenericSchema): OptionRow {
  const [first = schema, ...rest] = isPipe(schema) ? schema.pipe : [schema];
  return {
    path,
    variable: variableOf(path),
    isText: 'type' in first && (first.type === 'string' || first.type === 'picklist'),
    expected: messageOf(first),
    fallback: isWrapper(entry) ? entry.default : undefined,
    meaning: rest.find(isDescription)?.description ?? '',
  };
}

function variableOf(path: readonly string[]): string {
  const words = path.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return VARIABLES[path.join('.')] ?? `SECUREMINT_SHADOW_${words.join('_')}`;
}

interface Wrapper extends v.GenericSchema {
  readonly wrapped: v.GenericSchema;
  readonly default: unknown;
}

interface Section {
  readonly entries: v.ObjectEntries;
}

interface Pipe extends v.GenericSchema {
  readonly pipe: readonly object[];
}

function isWrapper(schema: v.GenericSchema): schema is Wrapper {
  return 'wrapped' in schema;
}

function isPipe(schema: v.GenericSchema): schema is Pipe {
  return 'pipe' in schema;
}

function isSection(item: object): item is Section {
  return 'entries' in item;
}

function isDescription(item: object): item is { readonly description: string } {
  return 'description' in item;
}

function messageOf(item: object): string {
  return 'message' in item && typeof item.message === 'string' ? item.message : '';
}
