import type { Log } from '../../src/log.ts';

/** How the host deals with a plugin process. Every limit is in the unit its name ends with. */
export interface HostOptions {
  /** From launch to the first answer on the factory connection. 100 to 600,000. Default 10,000. */
  readonly startTimeoutMs: number;
  /**
   * One round from `aggregate` to its answer: waiting for a call, waiting for a process, the call, and a call alone when
   * the one it shared failed. A shared call gets half of what its round with the least time has left. 1 to 600,000.
   * Default 2,000.
   */
  readonly laneTimeoutMs: number;
  /** Between two health checks. 10 to 600,000. Default 1,000. */
  readonly pingIntervalMs: number;
  /** One health check. 10 to 600,000. Default 2,000. */
  readonly pingTimeoutMs: number;
  /** From the Shutdown call to SIGKILL; go-plugin's is two seconds (docs/spec/loopp-wire.md A.7). Default 2,000. */
  readonly exitTimeoutMs: number;
  /** Largest message that is accepted from the plugin; beyond it the call is a protocol error. Default 16 MiB. */
  readonly receiveLimitBytes: number;
  /** Rounds in one call at most. 1 sends each round in a call of its own. Default 32. */
  readonly batchRounds: number;
  /** Bytes in one call at most, unless one round has more: Go servers take 4 MiB (C.4). Default 1 MiB. */
  readonly batchBytes: number;
  /**
   * Calls in flight at most: one is answered while the next is written. Rounds that are asked alone after a failed call
   * are not counted; no further call is made while `batchRounds` of them are in flight. Default 2.
   */
  readonly callsInFlight: number;
  /** Rounds that may wait for a call; beyond it a round fails as unavailable. Default 1,000. */
  readonly waitingRounds: number;
  /** Hears every line of the plugin's log (docs/spec/loopp-wire.md A.5). Must not throw. Default: nobody does. */
  readonly onLog?: Log;
}

export const HOST_DEFAULTS: HostOptions = {
  startTimeoutMs: 10_000,
  laneTimeoutMs: 2000,
  pingIntervalMs: 1000,
  pingTimeoutMs: 2000,
  exitTimeoutMs: 2000,
  receiveLimitBytes: 16 * 1024 * 1024,
  batchRounds: 32,
  batchBytes: 1024 * 1024,
  callsInFlight: 2,
  waitingRounds: 1000,
};

/** The program to launch as a plugin. */
export interface PluginCommand {
  /** A path, or a name that is looked up in PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** PATH for the plugin: a script's interpreter is looked up there. Nothing else is inherited. */
  readonly path: string | undefined;
}
