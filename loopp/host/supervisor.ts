import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import { asServiceError } from '../wire/grpc.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import { launch } from './launch.ts';
import type { LaunchedPlugin } from './launch.ts';
import type { HostOptions, PluginCommand } from './options.ts';

/** What the plugin process is doing. `Supervisor.become` is the only writer; `closed` is final. */
export type PluginState =
  | { readonly name: 'idle' }
  | { readonly name: 'launching' }
  | { readonly name: 'ready'; readonly plugin: LaunchedPlugin }
  /** It no longer answers, or is gone; what is left of it is being removed. */
  | { readonly name: 'unhealthy'; readonly reason: string }
  | { readonly name: 'backingOff'; readonly reason: string; readonly delayMs: number }
  | { readonly name: 'closed' };

/** A process that lasts this long ends a crash loop: the next relaunch is immediate again. */
const CRASH_LOOP_MS = 10_000;
const FIRST_BACK_OFF_MS = 100;
const LARGEST_BACK_OFF_MS = 5000;
/** Health checks that may time out in a row; a busy plugin is not a dead one. */
const MISSED_PINGS = 2;

/** The process that a call could not reach, and what the call said. */
interface Suspicion {
  readonly plugin: LaunchedPlugin;
  readonly reason: string;
}

/** Keeps one plugin process alive: launches it, checks its health, launches it again when it is gone. */
export class Supervisor {
  private readonly command: PluginCommand;
  private readonly options: HostOptions;
  private readonly onState: (state: PluginState) => void;
  private readonly config: SecureMintConfig | undefined;
  private readonly closing = new AbortController();
  private readonly waiters = new Set<() => void>();
  private current: PluginState = { name: 'idle' };
  private suspicion: Suspicion | undefined;
  /** How long the next relaunch is put off; grows with every launch until a process lasts. */
  private backOffMs = 0;
  /** Everything from the first launch on; settles once nothing is left. Never rejects. */
  private supervision: Promise<void> = Promise.resolve();

  /**
   * `onState` hears of every change, in order; it must not throw. `config` is what each process makes its factory with;
   * undefined: each execution brings its own.
   */
  constructor(
    command: PluginCommand,
    options: HostOptions,
    onState: (state: PluginState) => void,
    config?: SecureMintConfig,
  ) {
    this.config = config;
    this.command = command;
    this.options = options;
    this.onState = onState;
  }

  get state(): PluginState {
    return this.current;
  }

  /**
   * Launches the plugin for the first time. Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile: then
   * the supervisor is closed and nothing is left of the process. Later failures are retried instead.
   */
  async start(signal?: AbortSignal): Promise<void> {
    const abandon = (): void => this.end();
    signal?.addEventListener('abort', abandon, { once: true });
    if (signal?.aborted === true) abandon();
    const first = this.launch();
    this.supervision = first.then(
      (plugin) => this.supervise(plugin),
      () => this.become({ name: 'closed' }),
    );
    await first.finally(() => signal?.removeEventListener('abort', abandon));
  }

  /** As `start`, but a first launch that fails is tried again like a later one. Resolves after that launch; never rejects. */
  async startAnyway(): Promise<void> {
    const first = this.launch();
    this.supervision = first.then(
      (plugin) => this.supervise(plugin),
      async (error: unknown) => this.supervise(await this.relaunch(messageOf(error))),
    );
    await first.catch(() => undefined);
  }

  /** The running plugin; waits for a relaunch. Rejects after `timeoutMs` and when closed. */
  async ready(timeoutMs: number): Promise<LaunchedPlugin> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { current } = this;
      if (current.name === 'ready' && !this.isSuspected(current.plugin)) return current.plugin;
      const left = deadline - Date.now();
      if (current.name === 'closed' || left <= 0) throw new Error(`plugin unavailable: ${inWords(current)}`);
      await this.change(left);
    }
  }

  /** A call found the plugin unreachable: it gets no more calls and is killed now, not at the next health check. */
  suspect(plugin: LaunchedPlugin, reason: string): void {
    if (this.current.name !== 'ready' || this.current.plugin !== plugin) return;
    if (this.isSuspected(plugin)) return;
    this.suspicion = { plugin, reason };
    void plugin.kill();
  }

  isSuspected(plugin: LaunchedPlugin): boolean {
    return this.suspicion?.plugin === plugin;
  }

  /** Shuts the plugin down and waits until nothing is left of it. Idempotent. */
  async close(): Promise<void> {
    this.end();
    await this.supervision;
  }

  private end(): void {
    this.become({ name: 'closed' });
    this.closing.abort();
  }

  private become(state: PluginState): void {
    if (this.current.name === 'closed') return;
    this.current = state;
    this.onState(state);
    for (const wake of this.waiters) wake();
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private launch(): Promise<LaunchedPlugin> {
    this.become({ name: 'launching' });
    return launch(this.command, this.options, this.closing.signal, this.config);
  }

  /** Runs until closed: one turn for each process. */
  private async supervise(first: LaunchedPlugin | undefined): Promise<void> {
    let plugin = first;
    while (plugin !== undefined) {
      this.become({ name: 'ready', plugin });
      const launchedAt = performance.now();
      const reason: string = await this.untilUnhealthy(plugin);
      if (this.closed) {
        await plugin.close();
        return;
      }
      this.become({ name: 'unhealthy', reason });
      await plugin.kill();
      if (performance.now() - launchedAt >= CRASH_LOOP_MS) this.backOffMs = 0;
      plugin = await this.relaunch(reason);
    }
  }

  /** Tries until a launch succeeds; undefined when closed meanwhile. */
  private async relaunch(cause: string): Promise<LaunchedPlugin | undefined> {
    let reason = cause;
    while (!this.closed) {
      const delayMs = this.backOffMs;
      this.backOffMs = nextBackOff(delayMs);
      if (delayMs > 0) await this.backOff(reason, delayMs);
      if (this.closed) break;
      try {
        return await this.launch();
      } catch (error) {
        reason = messageOf(error);
      }
    }
    return undefined;
  }

  private async backOff(reason: string, delayMs: number): Promise<void> {
    // Between half and all of it, so that the nodes of a DON do not relaunch in step.
    const jittered = delayMs * (0.5 + Math.random() / 2);
    this.become({ name: 'backingOff', reason, delayMs: jittered });
    await delay(jittered, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  /** Why the plugin is no longer healthy. */
  private async untilUnhealthy(plugin: LaunchedPlugin): Promise<string> {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.closing.signal]);
    const reason = await Promise.race([
      plugin.exited.then((how) => `plugin process exited: ${how}${this.suspicionOf(plugin)}`),
      this.pingUntilBroken(plugin, signal),
      // A check that is in flight is not waited for when the host closes.
      aborted(signal).then(() => 'closed'),
    ]);
    stop.abort();
    return reason;
  }

  /** Why the host itself may have ended the process; empty when it did not. */
  private suspicionOf(plugin: LaunchedPlugin): string {
    return this.suspicion?.plugin === plugin ? ` (${this.suspicion.reason})` : '';
  }

  private async pingUntilBroken(plugin: LaunchedPlugin, signal: AbortSignal): Promise<string> {
    let missed = 0;
    while (!signal.aborted) {
      await delay(this.options.pingIntervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        await plugin.ping(this.options.pingTimeoutMs);
        missed = 0;
      } catch (error) {
        const slow = asServiceError(error)?.code === status.DEADLINE_EXCEEDED;
        if (!slow || ++missed >= MISSED_PINGS) return `health check failed: ${messageOf(error)}`;
      }
    }
    return 'closed';
  }

  private change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.waiters.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, timeoutMs);
      this.waiters.add(settle);
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const nextBackOff = (delayMs: number): number =>
  delayMs === 0 ? FIRST_BACK_OFF_MS : Math.min(delayMs * 2, LARGEST_BACK_OFF_MS);

/** A state for people. */
export function inWords(state: PluginState): string {
  switch (state.name) {
    case 'unhealthy':
      return state.reason;
    case 'backingOff':
      return `${state.reason}; next launch in ${String(Math.round(state.delayMs))} ms`;
    default:
      return `it is ${state.name}`;
  }
}
