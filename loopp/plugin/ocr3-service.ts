import type { Server } from '@grpc/grpc-js';
import type {
  AttributedObservation,
  ReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
} from '../../src/contract/reporting-plugin.ts';
import type { Log } from '../../src/log.ts';
import type { Broker } from '../wire/broker.ts';
import { closeUnlessWanted } from '../wire/broker.ts';
import { handleUnary } from '../wire/grpc.ts';
import { present } from '../wire/ocr3-messages.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../wire/ocr3-services.ts';

const CONFIG_DIGEST_LENGTH = 32;
const MAX_ORACLE_ID = 255;
/** How long a closed plugin still answers: a Go host calls Close twice (docs/spec/loopp-wire.md D.6). */
const CLOSED_LINGER_MS = 5000;

/**
 * Serves `loop.internal.pb.ocr3.ReportingPluginFactory`: each plugin that it makes is served on a connection of its own
 * (docs/spec/loopp-wire.md D.1 to D.5). What the factory or a plugin throws is UNKNOWN with its message, as a Go error.
 */
export function registerReportingPluginFactory(
  server: Server,
  broker: Broker,
  factory: ReportingPluginFactory,
  log: Log,
): void {
  handleUnary(
    server,
    ReportingPluginFactoryService.newReportingPlugin,
    async ({ reportingPluginConfig }, { signal }) => {
      const config = checked(present(reportingPluginConfig, 'reportingPluginConfig'));
      const { plugin, info } = await factory.newReportingPlugin(config);
      const reportingPluginId = await serveReportingPlugin(broker, plugin, signal);
      log('info', 'reporting plugin made', {
        reportingPluginID: reportingPluginId,
        oracleID: config.oracleId,
      });
      return {
        reportingPluginId,
        reportingPluginInfo: { name: info.name, reportingPluginLimits: info.limits },
      };
    },
  );
}

/** Go casts the oracle id to uint8. */
function checked(config: ReportingPluginConfig): ReportingPluginConfig {
  const { length } = config.configDigest;
  if (length !== CONFIG_DIGEST_LENGTH) {
    throw new RangeError(
      `invalid ConfigDigest len ${String(length)}: must be ${String(CONFIG_DIGEST_LENGTH)}`,
    );
  }
  return { ...config, oracleId: config.oracleId & MAX_ORACLE_ID };
}

/** Answers the broker's number of the connection. */
async function serveReportingPlugin(
  broker: Broker,
  plugin: ReportingPlugin,
  signal: AbortSignal,
): Promise<number> {
  let closed: Promise<void> | undefined;
  const served = await broker.serve((server) => {
    registerQueries(server, plugin);
    registerOutcome(server, plugin);
    registerReports(server, plugin);
    handleUnary(server, ReportingPluginService.close, async () => {
      if (closed === undefined) {
        setTimeout(() => served.close(), CLOSED_LINGER_MS).unref();
        closed = plugin.close();
      }
      await closed;
      return {};
    });
  });
  closeUnlessWanted(served, signal);
  return served.id;
}

function registerQueries(server: Server, plugin: ReportingPlugin): void {
  handleUnary(server, ReportingPluginService.query, async ({ outcomeContext }, call) => ({
    query: await plugin.query(present(outcomeContext, 'outcomeContext'), call),
  }));
  handleUnary(server, ReportingPluginService.observation, async ({ outcomeContext, query }, call) => ({
    observation: await plugin.observation(present(outcomeContext, 'outcomeContext'), query, call),
  }));
  handleUnary(server, ReportingPluginService.validateObservation, async ({ outcomeContext, query, ao }) => {
    const context = present(outcomeContext, 'outcomeContext');
    await plugin.validateObservation(context, query, attributed(present(ao, 'ao')));
    return {};
  });
}

function registerOutcome(server: Server, plugin: ReportingPlugin): void {
  handleUnary(server, ReportingPluginService.observationQuorum, async ({ outcomeContext, query, ao }) => {
    const context = present(outcomeContext, 'outcomeContext');
    return { quorumReached: await plugin.observationQuorum(context, query, ao.map(attributed)) };
  });
  handleUnary(server, ReportingPluginService.outcome, async ({ outcomeContext, query, ao }) => {
    const context = present(outcomeContext, 'outcomeContext');
    return { outcome: await plugin.outcome(context, query, ao.map(attributed)) };
  });
}

function registerReports(server: Server, plugin: ReportingPlugin): void {
  handleUnary(server, ReportingPluginService.reports, async ({ seqNr, outcome }) => ({
    reportPlus: await plugin.reports(seqNr, outcome),
  }));
  handleUnary(server, ReportingPluginService.shouldAcceptAttestedReport, async ({ segNr, ri }, call) => ({
    shouldAccept: await plugin.shouldAcceptAttestedReport(segNr, present(ri, 'ri'), call),
  }));
  handleUnary(server, ReportingPluginService.shouldTransmitAcceptedReport, async ({ segNr, ri }, call) => ({
    shouldTransmit: await plugin.shouldTransmitAcceptedReport(segNr, present(ri, 'ri'), call),
  }));
}

function attributed(observation: AttributedObservation): AttributedObservation {
  if (observation.observer <= MAX_ORACLE_ID) return observation;
  throw new RangeError(
    `expected uint8 Observer (max ${String(MAX_ORACLE_ID)}) but got ${String(observation.observer)}`,
  );
}
