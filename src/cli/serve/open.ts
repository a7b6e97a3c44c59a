import { rowOf } from '../../flags/stages.ts';
import type { FlagSource } from '../../contract/decision.ts';
import type { Log } from '../../log.ts';
import { ParseThread } from '../../rounds/parse-thread.ts';
import { Application } from '../../serve/application.ts';
import type { ApplicationOptions } from '../../serve/application.ts';
import type { JournalFile } from '../../serve/journal-writer.ts';
import { Follow } from '../../serve/sources/follow.ts';
import type { RoundSource } from '../../serve/sources/source.ts';
import { StandardInput } from '../../serve/sources/standard-input.ts';
import { inReports, pluginCommandOf, watchPlugin } from '../loopp.ts';
import { makeOutputFolder } from '../output.ts';
import { productVersion } from '../version.ts';
import { openFlags } from './flags.ts';
import { openJournalFile } from './journal.ts';
import { legacyOrNone } from './legacy-lane.ts';
import { ServedLoopp } from './loopp-lane.ts';
import type { ServeConfig } from './schema.ts';

/** What is not in the configuration. */
export interface Opening {
  readonly token: string | undefined;
  readonly unleashToken: string | undefined;
  readonly verbose: boolean;
  readonly log: Log;
}

/** Beyond what any request may take. */
const IDLE_MARGIN_MS = 10_000;
const POLL_FILES_MS = 250;

/** An application that has not started yet, and what stands beside it. */
export interface Opened {
  readonly application: Application;
  readonly flags: FlagSource;
  readonly journalFolder: string;
  /** Ends what the application does not. */
  readonly close: () => Promise<void>;
}

/** Makes all parts of the service. Rejects with `AppError` INPUT, USAGE and OUTPUT. */
export async function openApplication(config: ServeConfig, opening: Opening): Promise<Opened> {
  const { log } = opening;
  const journalFolder = await makeOutputFolder(config.journal.folder);
  const openJournal = (): Promise<JournalFile> =>
    openJournalFile(journalFolder, config.journal, (path) => log('info', 'journal opened', { path }));
  // A folder that cannot be written is refused at the start; later it is only an alarm.
  const first = await openJournal();
  const legacy = await legacyOrNone(log);
  const loopp = newLoopp(config, opening);
  const flags = await openFlags(config, opening.unleashToken, log);
  if (asksForLoopp(flags)) loopp.start();
  const thread = config.sources.length === 0 ? undefined : new ParseThread();
  const journals = [first];
  const application = new Application(
    {
      legacy,
      loopp,
      flags,
      openJournal: async () => journals.shift() ?? (await openJournal()),
      sources: thread === undefined ? [] : sourcesOf(config, thread),
      plugin: () => loopp.status(),
      log,
    },
    optionsOf(config, opening.token, journalFolder),
  );
  return { application, flags, journalFolder, close: async () => thread?.close() };
}

function newLoopp({ loopp }: ServeConfig, { verbose, log }: Opening): ServedLoopp {
  const command = loopp.command.length === 0 ? undefined : loopp.command;
  const { laneTimeoutMs, startTimeoutMs } = loopp;
  const watch = watchPlugin({ verbose, laneTimeoutMs, startTimeoutMs });
  return new ServedLoopp(pluginCommandOf(command), inReports(command), watch, log);
}

/** A fixed stage never changes; a flag may ask for the loopp lane at any time. */
function asksForLoopp(flags: FlagSource): boolean {
  if (flags.state().kind !== 'fixed') return true;
  const { serves, alsoRuns } = rowOf(flags.decide('').stage);
  return serves === 'loopp' || alsoRuns === 'loopp';
}

function sourcesOf({ sources, http }: ServeConfig, thread: ParseThread): readonly RoundSource[] {
  const lines = {
    lineLimitBytes: http.bodyLimitBytes,
    parse: (batch: readonly Uint8Array[]) => thread.parse(batch),
  };
  return sources.map((source) =>
    source.kind === 'stdin'
      ? new StandardInput(process.stdin, lines)
      : new Follow(source.path, { ...lines, from: source.from, pollIntervalMs: POLL_FILES_MS }),
  );
}

function optionsOf(
  config: ServeConfig,
  token: string | undefined,
  journalFolder: string,
): ApplicationOptions {
  const { http, comparison, loopp } = config;
  // A round may wait for the loopp lane, and then for the legacy one.
  const idleTimeoutMs =
    Math.max(http.requestTimeoutMs, http.keepAliveTimeoutMs, loopp.laneTimeoutMs) + IDLE_MARGIN_MS;
  return {
    http: { ...http, idleTimeoutMs },
    rounds: { ...http, token },
    shadow: {
      concurrency: comparison.concurrency,
      waiting: comparison.queueRounds,
      waitingBytes: comparison.queueBytes,
    },
    journalFolder,
    versions: {
      product: productVersion(),
      node: process.version,
      loopp: inReports(loopp.command.length === 0 ? undefined : loopp.command),
      plant: 'none',
    },
  };
}
