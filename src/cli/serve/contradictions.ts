import type { ServeVariables } from '../../config.ts';
import type { FieldPath } from './config-file.ts';
import { fieldName } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import type { ServeConfig } from './schema.ts';

/** What two fields say together and cannot. */
export function contradictions(
  { stage, flags, http }: ServeConfig,
  { unleashToken }: ServeVariables,
): readonly Refusal[] {
  const faults: Refusal[] = [];
  const say = (path: FieldPath, message: string): void => {
    faults.push({ path, message: `${fieldName(path)}: ${message}` });
  };
  if (stage !== undefined && flags.url !== undefined) {
    say(['stage'], `expected nothing beside flags.url, whose flag names the stage, got ${stage}`);
  }
  if (flags.url !== undefined && unleashToken === undefined) {
    say(['flags', 'url'], 'expected a client token in UNLEASH_API_TOKEN beside it, got nothing');
  }
  if (http.bodiesLimitBytes < http.bodyLimitBytes) {
    const came = String(http.bodiesLimitBytes);
    say(['http', 'bodiesLimitBytes'], `expected bodyLimitBytes or more, got ${came}`);
  }
  if (http.requestTimeoutMs < http.headersTimeoutMs) {
    const came = String(http.requestTimeoutMs);
    say(['http', 'requestTimeoutMs'], `expected headersTimeoutMs or more, got ${came}`);
  }
  return faults;
}
