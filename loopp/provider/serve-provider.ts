import type { Server } from '@grpc/grpc-js';
import type { Log } from '../../src/log.ts';
import type { Broker, BrokeredServer } from '../wire/broker.ts';
import type { Ocr3Provider } from '../wire/provider-ports.ts';
import { registerOcr3Provider } from './provider-server.ts';
import { registerProxy } from './proxy.ts';
import { RemoteProvider } from './remote-provider.ts';
import { registerService } from './serve.ts';

/**
 * Serves a provider to a plugin, before the request that names it by the number that comes back (docs/spec/loopp-wire.md
 * E.2). One that lives in another process is handed on byte by byte. `beside` adds what the host itself has for the plugin,
 * its external adapter. Whoever has the provider starts and closes it.
 */
export function serveProvider(
  broker: Broker,
  provider: Ocr3Provider,
  log: Log,
  beside: (server: Server) => void = () => undefined,
): Promise<BrokeredServer> {
  if (provider instanceof RemoteProvider) {
    return broker.serve((server) => {
      registerProxy(server, provider.lazyConnection);
      beside(server);
    });
  }
  const serving = broker.serve((server) => {
    registerOcr3Provider(server, provider);
    beside(server);
    registerService(server, provider, () => {
      log('info', 'provider closed by the plugin');
      void serving.then(({ close }) => close());
    });
  });
  return serving;
}
