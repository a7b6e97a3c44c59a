import * as v from 'valibot';
import type { ServeVariables } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { unleashAddress } from '../../flags/address.ts';
import { NO_FILE, readConfigFile } from './config-file.ts';
import type { FieldPath } from './config-file.ts';
import { contradictions } from './contradictions.ts';
import { overlay, warningsOf } from './environment.ts';
import { refusalOf } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { SERVE_SCHEMA } from './schema.ts';
import type { ServeConfig } from './schema.ts';

/** What is to be said of a configuration that is taken. */
export interface LoadedConfig {
  readonly config: ServeConfig;
  readonly warnings: readonly string[];
}

/**
 * The configuration of a service: the file's, above it the environment's; what neither says has its default. Rejects with
 * `AppError` INPUT or USAGE, one line for each field that is not what it should be.
 */
export async function loadConfig(path: string | undefined, variables: ServeVariables): Promise<LoadedConfig> {
  const file = path === undefined ? NO_FILE : await readConfigFile(path);
  const { value, variableOf } = overlay(file.value, variables.settings);
  const where = (field: FieldPath): string => variableOf(field) ?? file.where(field);
  const result = v.safeParse(SERVE_SCHEMA, value);
  if (!result.success) throw refused(result.issues.map(refusalOf), where);
  const faults = contradictions(result.output, variables);
  if (faults.length > 0) throw refused(faults, where);
  return { config: withAddress(result.output, where), warnings: warningsOf(variables.settings) };
}

function refused(faults: readonly Refusal[], where: (path: FieldPath) => string): AppError {
  return new AppError('INPUT', faults.map(({ path, message }) => `${where(path)}: ${message}`).join('\n'));
}

/** Clients want the server's address alone. Throws `AppError` USAGE. */
function withAddress(config: ServeConfig, where: (path: FieldPath) => string): ServeConfig {
  const { url } = config.flags;
  if (url === undefined) return config;
  const address = unleashAddress(url, `${where(['flags', 'url'])}: flags.url`);
  return { ...config, flags: { ...config.flags, url: address } };
}
