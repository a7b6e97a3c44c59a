import * as v from 'valibot';
import { AppError } from '../../errors.ts';
import { readConfigFile } from '../serve/config-file.ts';
import type { ConfigFile, FieldPath } from '../serve/config-file.ts';
import { pathOf, shownValue, unknownName } from '../schema-issue.ts';
import { CHAIN_SCHEMA } from './schema.ts';
import type { ChainConfig } from './schema.ts';

/** What may hold a secret, and what people may have put there by mistake, is not shown. */
const MAY_BE_SECRET = /url|key|sender|signer/i;

/** Reads and checks the file. Rejects with `AppError` INPUT, one line for each field that is not what it should be. */
export async function loadChainConfig(path: string): Promise<ChainConfig> {
  const file = await readConfigFile(path);
  const result = v.safeParse(CHAIN_SCHEMA, file.value);
  if (!result.success) throw refused(result.issues.map((issue) => refusalOf(file, issue)));
  const faults = contradictions(file, result.output);
  if (faults.length > 0) throw refused(faults);
  return result.output;
}

const refused = (faults: readonly string[]): AppError => new AppError('INPUT', faults.join('\n'));

function contradictions(file: ConfigFile, { caches }: ChainConfig): readonly string[] {
  if (caches.legacy.toLowerCase() !== caches.loopp.toLowerCase()) return [];
  return [
    `${file.where(['caches', 'loopp'])}: caches.loopp: expected another cache than caches.legacy, got the same`,
  ];
}

function refusalOf(file: ConfigFile, issue: v.BaseIssue<unknown>): string {
  const path = pathOf(issue);
  const field = path.length === 0 ? 'configuration' : path.join('.');
  const where = `${file.where(path)}: ${field}`;
  if (issue.expected === 'never') return `${where}: ${unknownField(path)}`;
  const isMissing = issue.input === undefined;
  const expected = isMissing && issue.type === 'strict_object' ? 'a value' : issue.message;
  return `${where}: expected ${expected}, got ${shown(field, issue.input)}`;
}

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(CHAIN_SCHEMA.entries),
  caches: Object.keys(CHAIN_SCHEMA.entries.caches.entries),
  don: Object.keys(CHAIN_SCHEMA.entries.don.entries),
  workflow: Object.keys(CHAIN_SCHEMA.entries.workflow.entries),
  keys: Object.keys(CHAIN_SCHEMA.entries.keys.wrapped.entries),
};

function unknownField(path: FieldPath): string {
  const known = SECTIONS[path.slice(0, -1).join('.')] ?? [];
  const name = String(path.at(-1));
  if (/key/i.test(name) && name !== 'keys') {
    return 'expected no secret in this file, got one: keys come from files of their own or from the environment';
  }
  return unknownName(name, known);
}

function shown(field: string, value: unknown): string {
  const isThere = value !== undefined && value !== null;
  if (isThere && MAY_BE_SECRET.test(field))
    return `another ${typeof value === 'string' ? 'text' : typeof value}`;
  return shownValue(value);
}
