import { messageOf } from '../../src/errors.ts';
import { toLaneError } from './lane-errors.ts';
import type { LaunchedPlugin } from './launch.ts';
import { ProcessDons } from './ocr3-don.ts';
import type { DonConfig, HeldDon } from './ocr3-don.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import { Supervisor } from './supervisor.ts';
import type { PluginState } from './supervisor.ts';

/** DONs that one process makes at most; each oracle has sockets in it. */
const DONS_OF_PROCESS = 32;

/** A plugin that is kept alive, and the DONs in the process that it is now. */
export class Ocr3Process {
  private readonly supervisor: Supervisor;
  private readonly options: HostOptions;
  private readonly uses = new Set<Promise<unknown>>();
  private dons: ProcessDons | undefined;
  /** The first launch is through. Never rejects. */
  private started: Promise<void> = Promise.resolve();

  constructor(command: PluginCommand, options: HostOptions, onState: (state: PluginState) => void) {
    this.options = options;
    this.supervisor = new Supervisor(command, options, onState);
  }

  /** Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile. */
  start(signal?: AbortSignal): Promise<void> {
    return this.supervisor.start(signal);
  }

  /** Launches in the background, again and again until it succeeds. Rounds wait for the first launch. */
  startAnyway(): void {
    this.started = this.supervisor.startAnyway();
  }

  /** It has made as many DONs as it should. */
  get isFull(): boolean {
    return (this.dons?.made ?? 0) >= DONS_OF_PROCESS;
  }

  /**
   * Gives the DON of a key to a round. `deadlineMs`, as `Date.now()`: how long the round waits for a process. Rejects as
   * `use` and as making the DON does; a process that cannot be reached is replaced.
   */
  async use<T>(
    key: string,
    config: DonConfig,
    deadlineMs: number,
    use: (don: HeldDon) => Promise<T>,
  ): Promise<T> {
    const used = this.started
      .then(() => this.supervisor.ready(deadlineMs - Date.now()))
      .then((process) => this.useIn(process, key, config, use));
    this.uses.add(used);
    try {
      return await used;
    } finally {
      this.uses.delete(used);
    }
  }

  /** Ends the process once the rounds in progress have; nothing is left of it. Never rejects. */
  async retire(): Promise<void> {
    await Promise.allSettled(this.uses);
    await this.supervisor.close();
  }

  private async useIn<T>(
    process: LaunchedPlugin,
    key: string,
    config: DonConfig,
    use: (don: HeldDon) => Promise<T>,
  ): Promise<T> {
    const dons = this.donsOf(process);
    const discard = (): void => dons.discard(key);
    try {
      return await use({ oracles: await dons.get(key, config), discard });
    } catch (error) {
      discard();
      if (toLaneError(error).kind === 'unavailable') this.supervisor.suspect(process, messageOf(error));
      throw error;
    }
  }

  private donsOf(process: LaunchedPlugin): ProcessDons {
    if (this.dons?.process !== process) this.dons = new ProcessDons(process, this.options);
    return this.dons;
  }
}
