import type { PluginState } from '../../loopp/host/supervisor.ts';
import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { HostOptions, PluginCommand } from '../../loopp/host/options.ts';
import { readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { textLog } from '../log.ts';
import type { Log } from '../log.ts';
import { withoutRepeats } from './repeats.ts';
import { pluginStates } from './plugin-states.ts';
import { MAIN_FILE } from './version.ts';

/** Options of every command with a loopp lane. */
export interface LooppOptions {
  readonly verbose: boolean;
  readonly laneTimeoutMs: number;
  readonly startTimeoutMs: number;
}

/** A started loopp lane with what it tells about its process. */
export interface OpenedLoopp {
  readonly lane: LooppLane;
  readonly facts: { ready: boolean; launches: number; exits: number };
  /** The plugin's command line, for reports. */
  readonly command: string;
}

/** What a host tells of its plugin process: counted for metrics, and on standard error. */
export interface PluginWatch {
  readonly facts: OpenedLoopp['facts'];
  /** With the command's time-outs; the plugin's log goes to the host's. */
  readonly hostOptions: HostOptions;
  readonly onState: (state: PluginState) => void;
}

/** Warnings and errors are shown, those of the plugin without most of their repeats; with `verbose` everything. */
export function watchPlugin({ verbose, laneTimeoutMs, startTimeoutMs }: LooppOptions): PluginWatch {
  const log = textLog((line) => process.stderr.write(line), verbose ? 'debug' : 'warn');
  const onLog = pluginLines(verbose ? log : withoutRepeats(log));
  return {
    ...pluginStates(log, 'plugin'),
    hostOptions: { ...HOST_DEFAULTS, laneTimeoutMs, startTimeoutMs, onLog },
  };
}

/**
 * Launches the product's own plugin, or `command`. Rejects with `AppError` PLUGIN_START, also when `signal` aborts
 * meanwhile; nothing is left then.
 */
export async function openLoopp(
  command: readonly string[] | undefined,
  options: LooppOptions,
  signal?: AbortSignal,
): Promise<OpenedLoopp> {
  const program = pluginCommandOf(command);
  const { facts, hostOptions, onState } = watchPlugin(options);
  const lane = new LooppLane(program, hostOptions, onState);
  await lane.start(signal);
  return { lane, facts, command: inReports(command) };
}

/** The plugin's command line for reports; the product's own has no paths of this machine in it. */
export function inReports(command: readonly string[] | undefined): string {
  return command === undefined ? 'securemint-shadow plugin' : command.join(' ');
}

/** What the plugin logs, on the host's log; nothing in it may move the cursor or forge a line. */
function pluginLines(log: Log): Log {
  return (level, message, fields = {}) => {
    const facts = Object.entries(fields).map(([name, value]): [string, string] => [
      printable(name),
      printable(String(value)),
    ]);
    log(level, `plugin: ${printable(message)}`, Object.fromEntries(facts));
  };
}

const printable = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));

/** The product's own plugin, or `command`. Throws `AppError` USAGE for an empty one. */
export function pluginCommandOf(command: readonly string[] | undefined): PluginCommand {
  const { path } = readConfig();
  if (command === undefined) return { file: process.execPath, args: [MAIN_FILE, 'plugin'], path };
  const [file, ...args] = command;
  if (file === undefined) throw new AppError('USAGE', 'expected the plugin command after --, got nothing');
  return { file, args, path };
}
