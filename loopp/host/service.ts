import { status } from '@grpc/grpc-js';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type {
  NewReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
} from '../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { BrokeredConnection } from '../wire/broker.ts';
import { asServiceError } from '../wire/grpc.ts';
import type { Execution, Result, SecureMintConfig } from '../wire/messages.ts';
import type { Submission } from '../wire/submission.ts';
import { within } from './deadline.ts';
import { HealingReportingPlugin } from './healing.ts';
import type { LaunchedPlugin } from './launch.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import { Supervisor, inWords } from './supervisor.ts';
import type { PluginState } from './supervisor.ts';
import { UpstreamFactory } from './upstream.ts';

/** How often each state of the plugin process was entered. */
export type TransitionCounts = Readonly<Record<PluginState['name'], number>>;

/** The service's own key in its health report, which a factory of upstream's has too, and the prefix of the plugin's keys (docs/spec/loopp-wire.md D.6). */
export const SERVICE_NAME = 'SecureMintService';

/**
 * The migration plan's service wrapper: one Secure Mint factory that outlives its process. It launches and supervises
 * the plugin, and whoever holds the service, or a reporting plugin of it, keeps holding the same object over restarts:
 * calls wait for the next process as long as their time allows (upstream's WaitCtx; docs/spec/loopp-wire.md F.1).
 */
export class SecureMintService implements ReportingPluginFactory {
  private readonly options: HostOptions;
  private readonly log: Log;
  private readonly supervisor: Supervisor;
  private readonly counts: Record<PluginState['name'], number> = {
    idle: 0,
    launching: 0,
    ready: 0,
    unhealthy: 0,
    backingOff: 0,
    closed: 0,
  };

  /**
   * Launches nothing yet. `log` hears of the process, `options.onLog` what it logs itself; `config`: what the factory
   * aggregates for, undefined: each execution brings its own. `onState` hears of every change, in order; it must not throw.
   */
  constructor(
    command: PluginCommand,
    options: HostOptions,
    log: Log,
    config?: SecureMintConfig,
    onState: (state: PluginState) => void = () => undefined,
  ) {
    this.options = options;
    this.log = log;
    const entered = (state: PluginState): void => {
      this.entered(state);
      onState(state);
    };
    this.supervisor = new Supervisor(command, options, entered, config);
  }

  get state(): PluginState {
    return this.supervisor.state;
  }

  get transitions(): TransitionCounts {
    return { ...this.counts };
  }

  /**
   * Launches the plugin. Rejects with `AppError` PLUGIN_START when the first launch fails, or `signal` aborts before it is
   * through; nothing is left then.
   */
  start(signal?: AbortSignal): Promise<void> {
    return this.supervisor.start(signal);
  }

  /** Resolves when the plugin says that it is ready. Rejects with `plugin unavailable: ...` when there is none now. */
  async ready(): Promise<void> {
    const { state } = this;
    if (state.name !== 'ready') throw new Error(`plugin unavailable: ${inWords(state)}`);
    await state.plugin.factory.ready(within(this.options.pingTimeoutMs));
  }

  /** By component: an empty text is healthy, else why not. Never rejects. */
  async healthReport(): Promise<ReadonlyMap<string, string>> {
    const { state } = this;
    if (state.name !== 'ready') return new Map([[SERVICE_NAME, `plugin unavailable: ${inWords(state)}`]]);
    try {
      const remote = await state.plugin.factory.healthReport(within(this.options.pingTimeoutMs));
      const prefixed = [...remote].map(([key, value]): [string, string] => [`${SERVICE_NAME}.${key}`, value]);
      return new Map([[SERVICE_NAME, ''], ...prefixed]);
    } catch (error) {
      return new Map([[SERVICE_NAME, messageOf(error)]]);
    }
  }

  /** One result for each execution, in their order. Rejects with grpc-js' `ServiceError`, or when none is up in time. */
  aggregate(executions: readonly Execution[], timeoutMs: number): Promise<readonly Result[]> {
    const deadline = within(timeoutMs);
    return this.reach(deadline, ({ factory }) => factory.aggregate(executions, deadline));
  }

  /** Hands a pending request to the reporting plugins; a process that is lost takes its pending requests along. */
  submit(submission: Submission, timeoutMs: number): Promise<void> {
    const deadline = within(timeoutMs);
    return this.reach(deadline, ({ factory }) => factory.submit(submission, deadline));
  }

  /**
   * A reporting plugin that heals: after a restart it is made again in the new process by its next call. Rejects with
   * grpc-js' `ServiceError`, or when no process is up within `timeoutMs` (default: the lane's).
   */
  async newReportingPlugin(
    config: ReportingPluginConfig,
    timeoutMs = this.options.laneTimeoutMs,
  ): Promise<NewReportingPlugin> {
    const plugin = new HealingReportingPlugin(this.supervisor, config, this.options.laneTimeoutMs);
    return { plugin, info: await plugin.open(within(timeoutMs)) };
  }

  /**
   * Upstream's factory over the host's external adapter, in whichever process runs (docs/spec/loopp-wire.md D.1): its first
   * call makes it, and the first one after a restart makes it again. Its reporting plugins do not heal: make new ones. Close
   * it before the service.
   */
  upstreamFactory(adapter: ExternalAdapter): UpstreamFactory {
    const { laneTimeoutMs, pingTimeoutMs, receiveLimitBytes } = this.options;
    const connect = async (): Promise<BrokeredConnection> =>
      (await this.supervisor.ready(laneTimeoutMs)).main;
    return new UpstreamFactory(connect, adapter, {
      name: SERVICE_NAME,
      callTimeoutMs: laneTimeoutMs,
      serviceTimeoutMs: pingTimeoutMs,
      receiveLimitBytes,
    });
  }

  /** Ends the plugin; nothing is left of it. Idempotent. */
  close(): Promise<void> {
    return this.supervisor.close();
  }

  private async reach<T>(deadline: Date, call: (plugin: LaunchedPlugin) => Promise<T>): Promise<T> {
    const plugin = await this.supervisor.ready(deadline.getTime() - Date.now());
    try {
      return await call(plugin);
    } catch (error) {
      if (asServiceError(error)?.code === status.UNAVAILABLE)
        this.supervisor.suspect(plugin, messageOf(error));
      throw error;
    }
  }

  private entered(state: PluginState): void {
    this.counts[state.name]++;
    const level = state.name === 'unhealthy' || state.name === 'backingOff' ? 'warn' : 'info';
    this.log(level, `plugin ${state.name}`, level === 'warn' ? { reason: inWords(state) } : {});
  }
}
