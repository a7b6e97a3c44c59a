import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { HostOptions } from '../../loopp/host/options.ts';
import { readConfig } from '../config.ts';
import type { Lane, LaneHealth, Outcome } from '../contract/lane.ts';
import type { Round } from '../contract/round.ts';
import type { Log } from '../log.ts';
import { pluginStates } from './plugin-states.ts';
import type { PluginStates } from './plugin-states.ts';
import { startUntilItStarts } from './start-again.ts';
import { MAIN_FILE } from './version.ts';

/** Less than a host's own time-out of 2 s, so that there is time to fall back. */
const LANE_TIMEOUT_MS = 1000;
/** Shutdown waits for the inner plugin, and the outer one's host for Shutdown. */
const EXIT_TIMEOUT_MS = 400;

/** The loopp lane of a plugin that shadows: an ordinary plugin as its child, started until it starts. */
export class InnerLane implements Lane {
  readonly name = 'loopp';
  /** Of the inner plugin's process, as metrics show them. */
  readonly facts: PluginStates['facts'];
  private readonly states: PluginStates;
  private readonly log: Log;
  private readonly closing = new AbortController();
  private lane: LooppLane;
  private starting: Promise<void> = Promise.resolve();

  constructor(log: Log) {
    this.log = log;
    this.states = pluginStates(log, 'inner plugin');
    this.facts = this.states.facts;
    this.lane = this.newLane();
  }

  /** Launches the plugin beside everything else; rounds wait for it as long as for an answer. */
  start(): void {
    const starts = {
      start: () => this.lane.start(),
      failed: (error: string) => this.log('error', 'inner plugin not started', { error }),
      renew: () => {
        this.lane = this.newLane();
      },
    };
    this.starting = startUntilItStarts(starts, this.closing.signal);
  }

  aggregate(round: Round): Promise<Outcome> {
    return this.lane.aggregate(round);
  }

  health(): LaneHealth {
    return this.lane.health();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.lane.close();
    await this.starting;
  }

  private newLane(): LooppLane {
    const options: HostOptions = {
      ...HOST_DEFAULTS,
      laneTimeoutMs: LANE_TIMEOUT_MS,
      exitTimeoutMs: EXIT_TIMEOUT_MS,
      onLog: (level, message, fields) => this.log(level, `inner plugin: ${message}`, fields),
    };
    const { path } = readConfig();
    const command = { file: process.execPath, args: [MAIN_FILE, 'plugin'], path };
    return new LooppLane(command, options, this.states.onState);
  }
}
