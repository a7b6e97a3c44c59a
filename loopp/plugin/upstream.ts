import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { ReportingPluginFactory } from '../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Broker, BrokeredServer } from '../wire/broker.ts';
import { StatusError, handleUnary } from '../wire/grpc.ts';
import { LoopReportingPluginService } from '../wire/upstream-services.ts';
import { RemoteExternalAdapter } from './adapter.ts';
import { registerLoopService } from './loop-service.ts';
import { registerReportingPluginFactory } from './ocr3-service.ts';

/** Makes the reporting plugins over one external adapter. */
export type FactoryOverAdapter = (adapter: ExternalAdapter) => ReportingPluginFactory;

/**
 * Serves upstream's `loop.ReportingPluginService`: each request makes one more factory, on a connection of its own, over
 * the external adapter that the host serves as the request's ninth field (docs/spec/loopp-wire.md D.1). A host asks again
 * after every reconnect (C.6), so a factory ends with Close, with its adapter's connection, or when nobody waits for it.
 */
export function registerUpstream(
  server: Server,
  broker: Broker,
  makeFactory: FactoryOverAdapter,
  log: Log,
): void {
  const { newReportingPluginFactory, newValidationService } = LoopReportingPluginService;
  handleUnary(server, newReportingPluginFactory, async ({ secureMintExternalAdapterId }, call) => {
    const adapter = await dialAdapter(broker, secureMintExternalAdapterId);
    const id = await serveFactory(broker, adapter, makeFactory(adapter), call, log);
    log('info', 'reporting plugin factory made', {
      factoryID: id,
      externalAdapterID: secureMintExternalAdapterId,
    });
    return { id };
  });
  // Upstream's stub: Secure Mint has no validation service, and 0 is nobody's number.
  handleUnary(server, newValidationService, () => ({ id: 0 }));
}

const UNLIMITED = -1;

async function dialAdapter(broker: Broker, id: number): Promise<RemoteExternalAdapter> {
  if (id === 0) {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      'secureMintExternalAdapterID: expected the broker id of an external adapter, got none',
    );
  }
  try {
    return new RemoteExternalAdapter(await broker.dial(id, UNLIMITED));
  } catch (error) {
    const what = `failed to dial ExternalAdapter client connection ${String(id)}`;
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Answers the broker's number of the factory connection. Whatever ends the factory ends its adapter's connection. Its
 * reporting plugins stay until they are closed: without observations of their own they still judge those of others.
 */
async function serveFactory(
  broker: Broker,
  adapter: RemoteExternalAdapter,
  plugins: ReportingPluginFactory,
  { signal }: Call,
  log: Log,
): Promise<number> {
  let served: BrokeredServer | undefined;
  const close = (): void => {
    served?.close();
    adapter.close();
  };
  try {
    served = await broker.serve((server) => {
      registerReportingPluginFactory(server, broker, plugins, log);
      registerLoopService(server, close);
    });
    // The host that asked has given up: it will never learn the number.
    signal.throwIfAborted();
  } catch (error) {
    close();
    throw error;
  }
  const { id } = served;
  adapter.onGone(() => {
    log('info', 'reporting plugin factory closed: its external adapter is gone', { factoryID: id });
    close();
  });
  return id;
}
