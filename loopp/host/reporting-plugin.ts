import type { Client } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import type {
  AttributedObservation,
  NewReportingPlugin,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
  ReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
} from '../../src/contract/reporting-plugin.ts';
import type { Broker } from '../wire/broker.ts';
import { callUnary } from '../wire/grpc.ts';
import type { UnaryOptions } from '../wire/grpc.ts';
import { present } from '../wire/ocr3-messages.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../wire/ocr3-services.ts';
import type { Method } from '../wire/services.ts';
import type { Patience } from '../wire/patience.ts';

/** Limits of a client of reporting plugins. */
export interface ReportingPluginOptions {
  /** One call, unless the protocol's configuration limits it by a `maxDuration...`. Milliseconds. */
  readonly callTimeoutMs: number;
  /** Largest message that is accepted from the plugin. Bytes. */
  readonly receiveLimitBytes: number;
  /** How long a plugin may take to be made; undefined: as long as one call. */
  readonly making?: Patience;
}

/**
 * The reporting plugins that a LOOPP makes on a factory connection, each dialled over the broker (docs/spec/loopp-wire.md
 * D.1). Calls reject with grpc-js' `ServiceError`, and with `MissingMessageError` for a reply that lacks a message.
 */
export function reportingPluginFactory(
  factory: Client,
  broker: Broker,
  options: ReportingPluginOptions,
): ReportingPluginFactory {
  return {
    newReportingPlugin: async (config): Promise<NewReportingPlugin> => {
      const { newReportingPlugin } = ReportingPluginFactoryService;
      const making = options.making ?? { deadline: new Date(Date.now() + options.callTimeoutMs) };
      const request = { reportingPluginConfig: config };
      const reply = await callUnary(factory, newReportingPlugin, request, making);
      const info = present(reply.reportingPluginInfo, 'reportingPluginInfo');
      const limits = present(info.reportingPluginLimits, 'reportingPluginLimits');
      const client = await broker.dial(reply.reportingPluginId, options.receiveLimitBytes);
      const plugin = new RemoteReportingPlugin(client, config, options.callTimeoutMs);
      return { plugin, info: { name: info.name, limits } };
    },
  };
}

class RemoteReportingPlugin implements ReportingPlugin {
  private readonly client: Client;
  private readonly config: ReportingPluginConfig;
  private readonly callTimeoutMs: number;
  private closed: Promise<void> | undefined;

  constructor(client: Client, config: ReportingPluginConfig, callTimeoutMs: number) {
    this.client = client;
    this.config = config;
    this.callTimeoutMs = callTimeoutMs;
  }

  async query(outcomeContext: OutcomeContext, call?: Call): Promise<Uint8Array> {
    const { maxDurationQueryNs: limit } = this.config;
    return (await this.call(ReportingPluginService.query, { outcomeContext }, limit, call)).query;
  }

  async observation(outcomeContext: OutcomeContext, query: Uint8Array, call?: Call): Promise<Uint8Array> {
    const { maxDurationObservationNs: limit } = this.config;
    const request = { outcomeContext, query };
    return (await this.call(ReportingPluginService.observation, request, limit, call)).observation;
  }

  async validateObservation(
    outcomeContext: OutcomeContext,
    query: Uint8Array,
    ao: AttributedObservation,
  ): Promise<void> {
    await this.call(ReportingPluginService.validateObservation, { outcomeContext, query, ao });
  }

  async observationQuorum(
    outcomeContext: OutcomeContext,
    query: Uint8Array,
    ao: readonly AttributedObservation[],
  ): Promise<boolean> {
    const request = { outcomeContext, query, ao };
    return (await this.call(ReportingPluginService.observationQuorum, request)).quorumReached;
  }

  async outcome(
    outcomeContext: OutcomeContext,
    query: Uint8Array,
    ao: readonly AttributedObservation[],
  ): Promise<Uint8Array> {
    return (await this.call(ReportingPluginService.outcome, { outcomeContext, query, ao })).outcome;
  }

  async reports(seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    const { reportPlus } = await this.call(ReportingPluginService.reports, { seqNr, outcome });
    return reportPlus.map(({ reportWithInfo, transmissionScheduleOverride }) => ({
      reportWithInfo: present(reportWithInfo, 'reportWithInfo'),
      transmissionScheduleOverride,
    }));
  }

  async shouldAcceptAttestedReport(segNr: bigint, ri: ReportWithInfo, call?: Call): Promise<boolean> {
    const { maxDurationShouldAcceptAttestedReportNs: limit } = this.config;
    const request = { segNr, ri };
    return (await this.call(ReportingPluginService.shouldAcceptAttestedReport, request, limit, call))
      .shouldAccept;
  }

  async shouldTransmitAcceptedReport(segNr: bigint, ri: ReportWithInfo, call?: Call): Promise<boolean> {
    const { maxDurationShouldTransmitAcceptedReportNs: limit } = this.config;
    const request = { segNr, ri };
    return (await this.call(ReportingPluginService.shouldTransmitAcceptedReport, request, limit, call))
      .shouldTransmit;
  }

  close(): Promise<void> {
    this.closed ??= this.call(ReportingPluginService.close, {})
      .then(() => undefined)
      .finally(() => this.client.close());
    return this.closed;
  }

  /** `limitNs` of 0: the configuration does not limit the call. */
  private call<Request, Reply>(
    method: Method<Request, Reply>,
    request: Request,
    limitNs = 0n,
    call?: Call,
  ): Promise<Reply> {
    const timeoutMs = limitNs > 0n ? Math.ceil(Number(limitNs) / 1e6) : this.callTimeoutMs;
    return callUnary(this.client, method, request, onBehalfOf(call, new Date(Date.now() + timeoutMs)));
  }
}

/** The earlier of both deadlines counts. */
function onBehalfOf(call: Call | undefined, limit: Date): UnaryOptions {
  if (call === undefined) return { deadline: limit };
  const { deadline = limit, signal, metadata } = call;
  return { deadline: deadline < limit ? deadline : limit, signal, metadata };
}
