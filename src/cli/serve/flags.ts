import type { FlagSource } from '../../contract/decision.ts';
import { FixedSource } from '../../flags/fixed-source.ts';
import type { Log } from '../../log.ts';
import type { ServeConfig } from './schema.ts';

/** The flag's server, or the configuration's stage. Rejects with `AppError` INPUT. */
export async function openFlags(
  { stage = 'off', flags }: ServeConfig,
  token: string | undefined,
  log: Log,
): Promise<FlagSource> {
  const { url, name, refreshMs, ageLimitMs, pollTimeoutMs, bootstrapFile, stateFile } = flags;
  if (url === undefined || token === undefined) return new FixedSource(stage);
  // Its client takes a third of a second to load.
  const { UnleashSource } = await import('../../flags/unleash-source.ts');
  return UnleashSource.open({
    address: url,
    token,
    flagName: name,
    refreshMs,
    ageLimitMs,
    pollTimeoutMs,
    bootstrapFile,
    stateFile,
    log,
  });
}
