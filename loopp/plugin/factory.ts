import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import type { ReportingPluginFactory } from '../../src/contract/reporting-plugin.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { Broker, BrokeredServer } from '../wire/broker.ts';
import { closeUnlessWanted } from '../wire/broker.ts';
import { StatusError, handleUnary } from '../wire/grpc.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import { PluginSecureMint } from '../wire/services.ts';
import type { Answerer } from './answerer.ts';
import { registerAggregator } from './aggregator.ts';
import type { FactoryDefaults } from './aggregator.ts';
import { aggregate, configFromFactory } from './aggregation/aggregate.ts';
import { dataFeedsEncoders } from './ocr3/encoder.ts';
import { registerLoopService } from './loop-service.ts';
import { capabilityFactory } from './ocr3/factory.ts';
import type { PluginMetrics } from './metrics.ts';
import { PendingRequests } from './ocr3/requests.ts';
import { porFactory } from './por/factory.ts';
import { registerReportingPluginFactory } from './ocr3-service.ts';
import { dialProvider } from './provider/connection.ts';
import type { ProviderConnection } from './provider/connection.ts';
import type { Log } from '../../src/log.ts';

/**
 * Serves the plan's `securemint.PluginSecureMint`. Each request makes one more factory on a connection of its own:
 * a host asks again after every reconnect (docs/spec/loopp-wire.md C.6), so factories are cheap and hold nothing but
 * the requests that were submitted to them, and the connection of a provider. With a provider the factory makes the
 * plan's plugin, proof of reserve over the provider's external adapter and contract reader; without one the capability's.
 */
export function registerSecureMint(
  server: Server,
  broker: Broker,
  log: Log,
  metrics: PluginMetrics,
  answer: Answerer['answer'],
): void {
  handleUnary(server, PluginSecureMint.newSecureMintFactory, async ({ providerId, config }, { signal }) => {
    const defaults = defaultsOf(config);
    // 0: the host serves no provider.
    const provider = providerId === 0 ? undefined : await dialProvider(broker, providerId);
    const factory = await serveWithProvider(broker, { defaults, provider, log, metrics, answer });
    closeUnlessWanted(factory, signal);
    log('info', 'factory made', {
      factoryID: factory.id,
      revision: defaults.revision,
      ...(provider === undefined ? {} : { providerID: providerId }),
    });
    return { factoryId: factory.id };
  });
}

/** What a factory is made of. */
interface FactoryParts {
  readonly defaults: FactoryDefaults;
  /** Undefined: there is none. */
  readonly provider: ProviderConnection | undefined;
  readonly log: Log;
  readonly metrics: PluginMetrics;
  readonly answer: Answerer['answer'];
}

/** Whatever ends the factory, or keeps it from being made, ends its provider's connection, and the other way round. */
async function serveWithProvider(broker: Broker, parts: FactoryParts): Promise<BrokeredServer> {
  const { provider, log } = parts;
  let served: BrokeredServer | undefined;
  const close = (): void => {
    served?.close();
    provider?.close();
  };
  try {
    served = await serveFactory(broker, parts, close);
  } catch (error) {
    close();
    throw error;
  }
  const { id } = served;
  provider?.onGone(() => {
    log('info', 'factory closed: its provider is gone', { factoryID: id });
    close();
  });
  return { id, close };
}

/** Whoever answers `Aggregate`, the reporting plugins stand on this plugin's own rules. */
function serveFactory(
  broker: Broker,
  { defaults, provider, log, metrics, answer }: FactoryParts,
  close: () => void,
): Promise<BrokeredServer> {
  const requests = new PendingRequests(() => performance.now());
  const plugins =
    provider === undefined
      ? overAggregation(defaults, requests, log)
      : porFactory(provider.adapter, provider);
  return broker.serve((server) => {
    registerAggregator(server, defaults, requests, metrics, answer);
    registerReportingPluginFactory(server, broker, plugins, log);
    registerLoopService(server, close);
  });
}

/** What a factory without a provider can make: the capability's plugin, which sees no chain. */
function overAggregation(
  defaults: FactoryDefaults,
  requests: PendingRequests,
  log: Log,
): ReportingPluginFactory {
  const encoders = dataFeedsEncoders(defaults.revision);
  return capabilityFactory({ ...defaults, aggregate, encoders, requests, nowMs: Date.now, log });
}

/** Without a config each execution brings its own; the revision then only serves those that name none. */
function defaultsOf(config: SecureMintConfig | undefined): FactoryDefaults {
  if (config === undefined) return { config: undefined, revision: '2025-09' };
  if (config.revision !== '' && !REVISIONS.some((known) => known === config.revision)) {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `config has revision "${config.revision}", expected one of ${REVISIONS.join(', ')}`,
    );
  }
  return configFromFactory(config);
}
