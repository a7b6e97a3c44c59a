import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { Broker, BrokeredServer } from '../wire/broker.ts';
import { handleUnary } from '../wire/grpc.ts';
import type { Service } from '../wire/provider-ports.ts';
import { LoopService } from '../wire/services.ts';

/** Close is answered over the connection that it ends. */
const CLOSE_DELAY_MS = 50;

/**
 * Starts a service, then serves it with `loop.Service` beside what `register` adds, on a connection of its own; closes it
 * when its server closes, however that comes about (docs/spec/loopp-wire.md E.1). Rejects when it cannot be started or
 * served; nothing is left then.
 */
export async function serveStarted(
  broker: Broker,
  service: Service,
  register: (server: Server) => void,
  log: Log,
): Promise<BrokeredServer> {
  await service.start();
  try {
    const serving = broker.serve((server) => {
      register(server);
      registerService(server, service, () => void serving.then(({ close }) => close()));
      onShutdown(server, () => void service.close().catch(logged(log)));
    });
    return await serving;
  } catch (error) {
    await service.close().catch(logged(log));
    throw error;
  }
}

/** Serves `loop.Service`; `ended` is called after the reply to Close (docs/spec/loopp-wire.md D.2, D.6). */
export function registerService(server: Server, service: Service, ended: () => void): void {
  handleUnary(server, LoopService.ready, async () => {
    await service.ready();
    return {};
  });
  handleUnary(server, LoopService.healthReport, async () => ({ healthReport: await service.healthReport() }));
  handleUnary(server, LoopService.close, async () => {
    setTimeout(ended, CLOSE_DELAY_MS).unref();
    await service.close();
    return {};
  });
}

/** The broker ends servers of a connection that is gone by this method, and grpc-js tells nobody. */
function onShutdown(server: Server, ended: () => void): void {
  const forceShutdown = server.forceShutdown.bind(server);
  server.forceShutdown = () => {
    forceShutdown();
    ended();
  };
}

const logged =
  (log: Log) =>
  (error: unknown): void =>
    log('error', 'closing failed', { error: messageOf(error) });
