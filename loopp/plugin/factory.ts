import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
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
import { registerReportingPluginFactory } from './ocr3-service.ts';
import type { Log } from '../../src/log.ts';

/**
 * Serves the plan's `securemint.PluginSecureMint`. Each request makes one more factory on a connection of its own:
 * a host asks again after every reconnect (docs/spec/loopp-wire.md C.6), so factories are cheap and hold nothing but
 * the requests that were submitted to them.
 */
export function registerSecureMint(
  server: Server,
  broker: Broker,
  log: Log,
  metrics: PluginMetrics,
  answer: Answerer['answer'],
): void {
  handleUnary(server, PluginSecureMint.newSecureMintFactory, async ({ providerId, config }, { signal }) => {
    if (providerId !== 0) {
      throw new StatusError(status.UNIMPLEMENTED, 'this plugin uses no provider: expected providerID 0');
    }
    const defaults = defaultsOf(config);
    const factory = await serveFactory(broker, defaults, log, metrics, answer);
    closeUnlessWanted(factory, signal);
    log('info', 'factory made', { factoryID: factory.id, revision: defaults.revision });
    return { factoryId: factory.id };
  });
}

function serveFactory(
  broker: Broker,
  defaults: FactoryDefaults,
  log: Log,
  metrics: PluginMetrics,
  answer: Answerer['answer'],
): Promise<BrokeredServer> {
  const requests = new PendingRequests(() => performance.now());
  const encoders = dataFeedsEncoders(defaults.revision);
  // Reporting plugins stand on the plugin's own aggregation, whoever answers `Aggregate`.
  const plugins = capabilityFactory({ ...defaults, aggregate, encoders, requests, nowMs: Date.now, log });
  const factory = broker.serve((server) => {
    registerAggregator(server, defaults, requests, metrics, answer);
    registerReportingPluginFactory(server, broker, plugins, log);
    registerLoopService(server, () => void factory.then(({ close }) => close()));
  });
  return factory;
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
