import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { Log } from '../../src/log.ts';
import type { HostOptions, PluginCommand } from '../host/options.ts';
import { SecureMintService } from '../host/service.ts';
import type { OracleFactory, OracleHost } from './oracle-host.ts';

/** One for each oracle of a usual DON; more would only take longer to start. */
const DEFAULT_PROCESSES = 4;

export interface PluginProcessesOptions {
  /** The LOOPP whose reporting plugins make the reports. */
  readonly command: PluginCommand;
  /** `laneTimeoutMs` is for one call, waiting for a process that was lost included. */
  readonly host: HostOptions;
  /** Hears of the processes; must not throw. */
  readonly log: Log;
  /** Oracles, 1 or more. */
  readonly oracles: number;
  /**
   * Processes at most: beyond that oracles share them, each with a factory, an adapter and a plugin of its own. 1 or more.
   * Default 4.
   */
  readonly processes?: number;
}

/** Oracles have their plugins in LOOPP processes that are kept alive. */
export class PluginProcesses implements OracleHost {
  private readonly services: readonly SecureMintService[];

  /** Launches nothing yet. */
  constructor({ command, host, log, oracles, processes = DEFAULT_PROCESSES }: PluginProcessesOptions) {
    const count = Math.min(oracles, processes);
    this.services = Array.from({ length: count }, () => new SecureMintService(command, host, log));
  }

  get relaunches(): number {
    return this.services.reduce((sum, { transitions }) => sum + Math.max(0, transitions.launching - 1), 0);
  }

  async start(signal?: AbortSignal): Promise<void> {
    const starts = await Promise.allSettled(this.services.map((service) => service.start(signal)));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  factoryOf(oracle: number, adapter: ExternalAdapter): OracleFactory {
    const service = this.services[oracle % this.services.length];
    if (service === undefined) throw new RangeError('expected at least one process, got none');
    return service.upstreamFactory(adapter);
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
  }
}
