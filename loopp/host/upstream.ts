import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type {
  NewReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
} from '../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../src/errors.ts';
import { callUnary, isGone } from '../wire/grpc.ts';
import { LoopService } from '../wire/services.ts';
import { within } from './deadline.ts';
import { reportingPluginFactory } from './reporting-plugin.ts';
import { RefreshingConnection } from './refreshing.ts';
import type { BrokeredConnection } from '../wire/broker.ts';

/** Limits of the host's side. */
export interface UpstreamOptions {
  /** The factory's own key in its health report, and the prefix of the plugin's keys (docs/spec/loopp-wire.md D.6). */
  readonly name: string;
  /** One call of the factory or of a reporting plugin, refreshes included. Milliseconds. */
  readonly callTimeoutMs: number;
  /** Ready, HealthReport and Close; upstream's is 1,000. Milliseconds. */
  readonly serviceTimeoutMs: number;
  /** Largest message that is accepted from the plugin. Bytes. */
  readonly receiveLimitBytes: number;
}

/**
 * Upstream's Secure Mint factory as a host holds it (docs/spec/loopp-wire.md C.6, D.1). Nothing is asked of the plugin
 * before the first call; a call that finds the plugin gone makes the factory again, in the next process, and is made
 * again there. The reporting plugins do not heal: make new ones.
 */
export class UpstreamFactory implements ReportingPluginFactory {
  private readonly options: UpstreamOptions;
  private readonly connection: RefreshingConnection;

  /** `connect`: the main connection of the process that runs now; rejects while there is none. */
  constructor(
    connect: () => Promise<BrokeredConnection>,
    adapter: ExternalAdapter,
    options: UpstreamOptions,
  ) {
    this.options = options;
    this.connection = new RefreshingConnection(connect, adapter, options.receiveLimitBytes);
  }

  /** Rejects with grpc-js' `ServiceError`, and with `OutOfTimeError` when no factory was there in time. */
  newReportingPlugin(config: ReportingPluginConfig, signal?: AbortSignal): Promise<NewReportingPlugin> {
    const { callTimeoutMs, receiveLimitBytes } = this.options;
    const deadline = within(callTimeoutMs);
    const making = signal === undefined ? { deadline } : { deadline, signal };
    return this.connection.call(making, ({ client, broker }) =>
      reportingPluginFactory(client, broker, { callTimeoutMs, receiveLimitBytes, making }).newReportingPlugin(
        config,
      ),
    );
  }

  /** Resolves when the plugin's factory says that it is ready. Rejects as `newReportingPlugin`. */
  async ready(): Promise<void> {
    const deadline = within(this.options.serviceTimeoutMs);
    await this.connection.call({ deadline }, ({ client }) =>
      callUnary(client, LoopService.ready, {}, { deadline }),
    );
  }

  /** By component: an empty text is healthy, else why not. Never rejects. */
  async healthReport(): Promise<ReadonlyMap<string, string>> {
    const { name, serviceTimeoutMs } = this.options;
    const deadline = within(serviceTimeoutMs);
    try {
      const { healthReport } = await this.connection.call({ deadline }, ({ client }) =>
        callUnary(client, LoopService.healthReport, {}, { deadline }),
      );
      const remote = [...healthReport].map(([key, text]): [string, string] => [`${name}.${key}`, text]);
      return new Map([[name, ''], ...remote]);
    } catch (error) {
      return new Map([[name, messageOf(error)]]);
    }
  }

  /**
   * Closes the plugin's factory, when there is one, and ends the connection; never made again for that (C.6). Rejects
   * with what the plugin answered; a plugin that is gone is closed. Idempotent.
   */
  async close(): Promise<void> {
    const client = this.connection.current();
    try {
      const deadline = within(this.options.serviceTimeoutMs);
      if (client !== undefined) await callUnary(client, LoopService.close, {}, { deadline });
    } catch (error) {
      if (!isGone(error)) throw error;
    } finally {
      this.connection.close();
    }
  }
}
