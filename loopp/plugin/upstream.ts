import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { LatestTransmissionReader } from '../../src/contract/transmission.ts';
import type { ReportingPluginFactory } from '../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Broker, BrokeredServer } from '../wire/broker.ts';
import { StatusError, handleUnary } from '../wire/grpc.ts';
import { LoopReportingPluginService } from '../wire/upstream-services.ts';
import { RemoteExternalAdapter } from './adapter.ts';
import { registerLoopService } from './loop-service.ts';
import { registerReportingPluginFactory } from './ocr3-service.ts';
import { dialProvider } from './provider/connection.ts';
import type { ProviderConnection } from './provider/connection.ts';

/** Makes the reporting plugins over one external adapter, and a reader of the chain where the host serves a provider. */
export type FactoryOverAdapter = (
  adapter: ExternalAdapter,
  reader?: LatestTransmissionReader,
) => ReportingPluginFactory;

/** The host's side, on connections that belong to one factory. */
interface HostSide {
  readonly adapter: RemoteExternalAdapter;
  readonly provider: ProviderConnection | undefined;
}

/**
 * Serves upstream's `loop.ReportingPluginService`: each request makes one more factory, on a connection of its own, over
 * the external adapter that the host serves as the request's ninth field, and over the provider of its first where there is
 * one (docs/spec/loopp-wire.md D.1). A host asks again after every reconnect (C.6), so a factory ends with Close, with
 * either connection, or when nobody waits for it.
 */
export function registerUpstream(
  server: Server,
  broker: Broker,
  makeFactory: FactoryOverAdapter,
  log: Log,
): void {
  const { newReportingPluginFactory, newValidationService } = LoopReportingPluginService;
  handleUnary(
    server,
    newReportingPluginFactory,
    async ({ providerId, secureMintExternalAdapterId }, call) => {
      const host = await dialHost(broker, secureMintExternalAdapterId, providerId);
      const id = await serveFactory(broker, host, makeFactory(host.adapter, host.provider), call, log);
      log('info', 'reporting plugin factory made', {
        factoryID: id,
        externalAdapterID: secureMintExternalAdapterId,
        ...(host.provider === undefined ? {} : { providerID: providerId }),
      });
      return { id };
    },
  );
  // Upstream's stub: Secure Mint has no validation service, and 0 is nobody's number.
  handleUnary(server, newValidationService, () => ({ id: 0 }));
}

/** Both or none. */
async function dialHost(broker: Broker, adapterId: number, providerId: number): Promise<HostSide> {
  const adapter = await dialAdapter(broker, adapterId);
  if (providerId === 0) return { adapter, provider: undefined };
  try {
    return { adapter, provider: await dialProvider(broker, providerId) };
  } catch (error) {
    adapter.close();
    throw error;
  }
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
 * Answers the broker's number of the factory connection. Whatever ends the factory ends its connections to the host. Its
 * reporting plugins stay until they are closed: without observations of their own they still judge those of others.
 */
async function serveFactory(
  broker: Broker,
  { adapter, provider }: HostSide,
  plugins: ReportingPluginFactory,
  { signal }: Call,
  log: Log,
): Promise<number> {
  let served: BrokeredServer | undefined;
  const close = (): void => {
    served?.close();
    adapter.close();
    provider?.close();
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
  const endWith = (what: string) => (): void => {
    log('info', `reporting plugin factory closed: its ${what} is gone`, { factoryID: id });
    close();
  };
  adapter.onGone(endWith('external adapter'));
  provider?.onGone(endWith('provider'));
  return id;
}
