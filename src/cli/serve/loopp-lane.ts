import { LooppLane } from '../../../loopp/host/lane.ts';
import type { PluginCommand } from '../../../loopp/host/options.ts';
import { inWords } from '../../../loopp/host/supervisor.ts';
import type { PluginState } from '../../../loopp/host/supervisor.ts';
import { LaneError } from '../../contract/lane.ts';
import type { Lane, LaneHealth, Outcome } from '../../contract/lane.ts';
import type { Round } from '../../contract/round.ts';
import type { Log } from '../../log.ts';
import type { PluginStateName, PluginStatus } from '../../serve/observed.ts';
import type { PluginWatch } from '../loopp.ts';
import { START_AGAIN_MS, startUntilItStarts } from '../start-again.ts';

/** States in which the plugin is known not to answer soon. */
const AWAY: ReadonlySet<PluginStateName> = new Set(['idle', 'backingOff', 'closed']);

/** The loopp lane of a service, which starts without it: a plugin that does not start is launched until it does. */
export class ServedLoopp implements Lane {
  readonly name = 'loopp';
  private readonly command: PluginCommand;
  private readonly inWords: string;
  private readonly watch: PluginWatch;
  private readonly log: Log;
  private readonly closing = new AbortController();
  private lane: LooppLane;
  private state: PluginStateName = 'idle';
  private reason = 'no stage asks for it';
  private starting: Promise<void> = Promise.resolve();

  /** `inWords`: the command for status and metrics. */
  constructor(command: PluginCommand, commandInWords: string, watch: PluginWatch, log: Log) {
    this.command = command;
    this.inWords = commandInWords;
    this.watch = watch;
    this.log = log;
    this.lane = this.newLane();
  }

  /** Launches the plugin beside everything else. */
  start(): void {
    const { signal } = this.closing;
    const starts = {
      start: () => this.lane.start(signal),
      failed: (reason: string) => this.putOff(reason),
      renew: () => {
        this.lane = this.newLane();
      },
    };
    this.starting = startUntilItStarts(starts, signal);
  }

  /** Rounds do not wait for a plugin that is away: whoever is served would wait with them. */
  aggregate(round: Round, signal?: AbortSignal): Promise<Outcome> {
    if (AWAY.has(this.state)) {
      return Promise.reject(new LaneError('unavailable', `plugin unavailable: ${this.reason}`));
    }
    return this.lane.aggregate(round, signal);
  }

  health(): LaneHealth {
    return this.state === 'ready' ? { ok: true } : { ok: false, reason: this.reason };
  }

  status(): PluginStatus {
    const { state, reason, inWords: command } = this;
    return { ...this.watch.facts, state, reason: state === 'ready' ? undefined : reason, command };
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.lane.close();
    await this.starting;
  }

  private putOff(reason: string): void {
    // The same every five seconds is news once.
    if (!this.reason.startsWith(reason)) this.log('error', 'the plugin is not started', { reason });
    this.state = 'backingOff';
    this.reason = `${reason}; next launch in ${String(START_AGAIN_MS)} ms`;
  }

  private newLane(): LooppLane {
    return new LooppLane(this.command, this.watch.hostOptions, (state) => this.become(state));
  }

  private become(state: PluginState): void {
    this.watch.onState(state);
    // What follows a launch that failed is told by `putOff`.
    if (state.name === 'closed' && !this.closing.signal.aborted) return;
    if (state.name === 'launching' && this.state === 'backingOff') {
      this.state = 'launching';
      return;
    }
    this.state = state.name;
    this.reason = inWords(state);
  }
}
