import { readServeVariables } from '../config.ts';
import type { ServeVariables } from '../config.ts';
import type { FlagSource } from '../contract/decision.ts';
import { EXIT } from '../errors.ts';
import { textLog } from '../log.ts';
import type { Log } from '../log.ts';
import { loadConfig } from './serve/load.ts';
import { openApplication } from './serve/open.ts';
import type { Opened } from './serve/open.ts';
import { configAsYaml } from './serve/print.ts';
import type { ServeConfig } from './serve/schema.ts';
import { onEndSignals } from './serve/signals.ts';

export interface ServeOptions {
  readonly config?: string;
  readonly check: boolean;
  readonly printConfig: boolean;
  /** Files and folders; `-` is standard input. */
  readonly follow?: readonly string[];
  readonly verbose: boolean;
}

/** `serve`: the staging service, until it is told to stop. Answers the exit code. */
export async function serveCommand(
  options: ServeOptions,
  pluginCommand: readonly string[] | undefined,
): Promise<number> {
  const variables = readServeVariables();
  const log = textLog((line) => process.stderr.write(line), options.verbose ? 'debug' : 'info');
  const { config: configured, warnings } = await loadConfig(options.config, variables);
  const config = withArguments(configured, options.follow ?? [], pluginCommand);
  for (const warning of warnings) log('warn', warning);
  if (options.printConfig) process.stdout.write(configAsYaml(config, variables));
  else if (options.check) process.stdout.write(`${options.config ?? 'the configuration'} is fine\n`);
  if (options.printConfig || options.check) return EXIT.fine;
  return run(config, variables, options.verbose, log);
}

/** What the command line says counts for more than the configuration, or beside it. */
function withArguments(
  config: ServeConfig,
  follow: readonly string[],
  pluginCommand: readonly string[] | undefined,
): ServeConfig {
  const sources = follow.map((path) =>
    path === '-' ? ({ kind: 'stdin' } as const) : ({ kind: 'follow', path, from: 'start' } as const),
  );
  return {
    ...config,
    loopp: { ...config.loopp, command: [...(pluginCommand ?? config.loopp.command)] },
    sources: [...config.sources, ...sources],
  };
}

async function run(
  config: ServeConfig,
  { token, unleashToken }: ServeVariables,
  verbose: boolean,
  log: Log,
): Promise<number> {
  const signals = onEndSignals(log);
  try {
    const opened = await openApplication(config, { token, unleashToken, verbose, log });
    return await serveUntil(signals.told, opened, config.shutdownGraceMs, (url) =>
      introduce(url, opened, token, log),
    );
  } finally {
    signals.release();
  }
}

async function serveUntil(
  told: Promise<number>,
  { application, close }: Opened,
  graceMs: number,
  introduceAt: (url: string) => void,
): Promise<number> {
  try {
    introduceAt(await application.start());
    const code = await told;
    return (await application.stop(graceMs)) ? code : EXIT.no;
  } catch (error) {
    await application.stop(0);
    throw error;
  } finally {
    await close();
  }
}

function introduce(url: string, { flags, journalFolder }: Opened, token: string | undefined, log: Log): void {
  log('info', `serving on ${url}: POST /v1/rounds, GET /status /metrics /healthz /readyz`);
  log('info', stageInWords(flags));
  if (token === undefined) log('warn', 'writes are refused: SECUREMINT_SHADOW_TOKEN is not set');
  log('info', `verdicts go to ${journalFolder}`);
}

function stageInWords(flags: FlagSource): string {
  const { kind, name = '' } = flags.state();
  if (kind === 'unleash') return `the stage of each round comes from the flag ${name}`;
  return `stage ${flags.decide('').stage} for every round: no flag is asked (flags.url)`;
}
