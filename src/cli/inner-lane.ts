import { setTimeout as delay } from 'node:timers/promises';
import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { HostOptions } from '../../loopp/host/options.ts';
import { inWords } from '../../loopp/host/supervisor.ts';
import type { PluginState } from '../../loopp/host/supervisor.ts';
import { readConfig } from '../config.ts';
import type { Lane, LaneHealth, Outcome } from '../contract/lane.ts';
import type { Round } from '../contract/round.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { MAIN_FILE } from './version.ts';

/** Less than a host's own time-out of 2 s, so that there is time to fall back. */
const LANE_TIMEOUT_MS = 1000;
/** Shutdown waits for the inner plugin, and the outer one's host for Shutdown. */
const EXIT_TIMEOUT_MS = 400;
const START_AGAIN_MS = 5000;

/** The loopp lane of a plugin that shadows: an ordinary plugin as its child, started until it starts. */
export class InnerLane implements Lane {
  readonly name = 'loopp';
  /** Of the inner plugin's process, as metrics show them. */
  readonly facts = { ready: false, launches: 0, exits: 0 };
  private readonly log: Log;
  private readonly closing = new AbortController();
  private lane: LooppLane;
  private starting: Promise<void> = Promise.resolve();

  constructor(log: Log) {
    this.log = log;
    this.lane = this.newLane();
  }

  /** Launches the plugin beside everything else; rounds wait for it as long as for an answer. */
  start(): void {
    this.starting = this.startUntilItStarts();
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

  private async startUntilItStarts(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.lane.start();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.log('error', 'inner plugin not started', { error: messageOf(error) });
      }
      await delay(START_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) this.lane = this.newLane();
    }
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
    return new LooppLane(command, options, (state) => this.tell(state));
  }

  private tell(state: PluginState): void {
    this.facts.ready = state.name === 'ready';
    if (state.name === 'launching') this.facts.launches++;
    if (state.name === 'unhealthy') this.facts.exits++;
    const trouble = state.name === 'unhealthy' || state.name === 'backingOff';
    if (trouble) this.log('warn', `inner plugin ${state.name}`, { reason: inWords(state) });
    else this.log('debug', `inner plugin ${state.name}`);
  }
}
