import { keyOf } from './ocr3-don.ts';
import type { DonConfig, HeldDon } from './ocr3-don.ts';
import { Ocr3Process } from './ocr3-process.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import type { PluginState } from './supervisor.ts';

/**
 * DONs in a plugin process, each for one round at a time. A process that is lost is launched again by the supervisor's
 * rules; one that has made enough DONs is replaced by a new one.
 */
export class Ocr3Dons {
  private readonly command: PluginCommand;
  private readonly options: HostOptions;
  private readonly onState: (state: PluginState) => void;
  /** The end of the last round that each DON was promised to. Never rejects. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly retiring = new Set<Promise<void>>();
  private current: Ocr3Process;

  /** `onState` hears of every change of the process that new rounds go to, in order; it must not throw. */
  constructor(
    command: PluginCommand,
    options: HostOptions,
    onState: (state: PluginState) => void = () => undefined,
  ) {
    this.command = command;
    this.options = options;
    this.onState = onState;
    this.current = this.newProcess();
  }

  /** Launches the first process. Rejects with `AppError` PLUGIN_START, also when `signal` aborts; nothing is left then. */
  start(signal?: AbortSignal): Promise<void> {
    return this.current.start(signal);
  }

  /**
   * Gives a round its DON, which no other round has meanwhile. Rejects as `use` and as making a DON does, and when there is
   * no process `laneTimeoutMs` after the call.
   */
  hold<T>(config: DonConfig, use: (don: HeldDon) => Promise<T>): Promise<T> {
    const key = keyOf(config);
    const deadlineMs = Date.now() + this.options.laneTimeoutMs;
    const turn = this.turns.get(key) ?? Promise.resolve();
    const held = turn.then(() => this.process().use(key, config, deadlineMs, use));
    const forget = (): void => {
      if (this.turns.get(key) === ended) this.turns.delete(key);
    };
    const ended: Promise<void> = held.then(forget, forget);
    this.turns.set(key, ended);
    return held;
  }

  /** Waits for the rounds that were promised a DON and ends every process. */
  async close(): Promise<void> {
    await Promise.all(this.turns.values());
    this.retire(this.current);
    await Promise.all(this.retiring);
  }

  private process(): Ocr3Process {
    if (this.current.isFull) {
      this.retire(this.current);
      this.current = this.newProcess();
      this.current.startAnyway();
    }
    return this.current;
  }

  private newProcess(): Ocr3Process {
    const made: Ocr3Process = new Ocr3Process(this.command, this.options, (state) => {
      if (this.current === made) this.onState(state);
    });
    return made;
  }

  /** No further round goes there. */
  private retire(process: Ocr3Process): void {
    const retired = process.retire().finally(() => this.retiring.delete(retired));
    this.retiring.add(retired);
  }
}
