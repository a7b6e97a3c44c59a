import type { Client } from '@grpc/grpc-js';
import type { NewReportingPlugin, ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import type { Broker } from '../wire/broker.ts';
import { callUnary } from '../wire/grpc.ts';
import type { Execution, Result } from '../wire/messages.ts';
import { Aggregator, LoopService } from '../wire/services.ts';
import type { Submission } from '../wire/submission.ts';
import type { HostOptions } from './options.ts';
import { reportingPluginFactory } from './reporting-plugin.ts';

/** A Secure Mint factory in the plugin, on a connection of its own. Calls reject with grpc-js' `ServiceError`. */
export class FactoryConnection {
  private readonly client: Client;
  private readonly broker: Broker;
  private readonly options: HostOptions;
  private readonly onEnd: (factory: FactoryConnection) => void;

  /** `onEnd` hears of the end of the connection. */
  constructor(
    client: Client,
    broker: Broker,
    options: HostOptions,
    onEnd: (factory: FactoryConnection) => void,
  ) {
    this.client = client;
    this.broker = broker;
    this.options = options;
    this.onEnd = onEnd;
  }

  /** One result for each execution, in their order. */
  async aggregate(executions: readonly Execution[], deadline: Date): Promise<readonly Result[]> {
    return (await callUnary(this.client, Aggregator.aggregate, { executions }, { deadline })).results;
  }

  /** Hands a pending request to this factory's reporting plugins. */
  async submit(submission: Submission, deadline: Date): Promise<void> {
    await callUnary(this.client, Aggregator.submit, submission, { deadline });
  }

  async ready(deadline: Date): Promise<void> {
    await callUnary(this.client, LoopService.ready, {}, { deadline });
  }

  /** By component: an empty text is healthy, else why not. */
  async healthReport(deadline: Date): Promise<ReadonlyMap<string, string>> {
    return (await callUnary(this.client, LoopService.healthReport, {}, { deadline })).healthReport;
  }

  /** A reporting plugin on one more connection; it lives until it is closed, or as long as the process. */
  newReportingPlugin(config: ReportingPluginConfig): Promise<NewReportingPlugin> {
    const { laneTimeoutMs: callTimeoutMs, receiveLimitBytes } = this.options;
    const factory = reportingPluginFactory(this.client, this.broker, { callTimeoutMs, receiveLimitBytes });
    return factory.newReportingPlugin(config);
  }

  /** Ends the factory in the plugin, but not its reporting plugins, and the connection. Rejects after `disconnect`. */
  async close(deadline: Date): Promise<void> {
    try {
      await callUnary(this.client, LoopService.close, {}, { deadline });
    } finally {
      this.disconnect();
    }
  }

  /** Ends the connection alone. Idempotent. */
  disconnect(): void {
    this.client.close();
    this.onEnd(this);
  }
}
