import type { Server } from '@grpc/grpc-js';
import type { Log } from '../../src/log.ts';
import { closeUnlessWanted } from '../wire/broker.ts';
import type { Broker } from '../wire/broker.ts';
import { handleUnary } from '../wire/grpc.ts';
import { present } from '../wire/ocr3-messages.ts';
import type { RelayArgs, Relayer } from '../wire/relayer-ports.ts';
import { PluginRelayerService, RelayerService } from '../wire/relayer-services.ts';
import { makeProvider } from './provider-types.ts';
import { serveStarted } from './serve.ts';

/**
 * Serves `loop.PluginRelayer` on the main connection of a relayer's process: each request makes one more relayer, on a
 * connection of its own (docs/spec/loopp-wire.md E). The keystores and the registry of the request are not dialled.
 */
export function registerPluginRelayer(
  server: Server,
  broker: Broker,
  makeRelayer: (config: string) => Relayer,
  log: Log,
): void {
  handleUnary(server, PluginRelayerService.newRelayer, async ({ config }, { signal }) => {
    const relayer = makeRelayer(config);
    const served = await serveStarted(
      broker,
      relayer,
      (own) => registerRelayer(own, broker, relayer, log),
      log,
    );
    closeUnlessWanted(served, signal);
    log('info', 'relayer made', { relayerID: served.id, relayer: relayer.name });
    return { relayerId: served.id };
  });
}

/** Serves `loop.Relayer` for a relayer that was started. What it rejects with is UNKNOWN with its message. */
export function registerRelayer(server: Server, broker: Broker, relayer: Relayer, log: Log): void {
  const { newPluginProvider, latestHead, getChainStatus, getChainInfo, listNodeStatuses } = RelayerService;
  handleUnary(server, newPluginProvider, async (request, call) => {
    const relay = checked(present(request.relayArgs, 'relayArgs'));
    const plugin = present(request.pluginArgs, 'pluginArgs');
    const { provider, register } = await makeProvider(relayer, relay, plugin, call);
    const served = await serveStarted(broker, provider, register, log);
    closeUnlessWanted(served, call.signal);
    log('info', 'provider made', { providerID: served.id, type: relay.providerType });
    return { pluginProviderId: served.id };
  });
  handleUnary(server, latestHead, async (_, call) => ({ head: await relayer.latestHead(call) }));
  handleUnary(server, getChainStatus, async (_, call) => ({ chain: await relayer.getChainStatus(call) }));
  handleUnary(server, getChainInfo, async (_, call) => ({ chainInfo: await relayer.getChainInfo(call) }));
  handleUnary(server, listNodeStatuses, (page, call) => relayer.listNodeStatuses(page, call));
}

const UUID_LENGTH = 16;

function checked(args: RelayArgs): RelayArgs {
  const { length } = args.externalJobId;
  if (length === UUID_LENGTH) return args;
  const why = `invalid UUID (got ${String(length)} bytes)`;
  throw new RangeError(`invalid uuid bytes for ExternalJobID: ${why}`);
}
