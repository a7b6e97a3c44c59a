import type { Call } from '../../src/contract/call.ts';
import type { BrokeredConnection } from '../wire/broker.ts';
import { callUnary } from '../wire/grpc.ts';
import { present } from '../wire/ocr3-messages.ts';
import type { Caller } from '../wire/provider-caller.ts';
import { onBehalfOf } from '../wire/provider-caller.ts';
import type {
  ChainInfo,
  ChainStatus,
  Head,
  NodeStatuses,
  Page,
  PluginArgs,
  RelayArgs,
  Relayer,
} from '../wire/relayer-ports.ts';
import { PluginRelayerService, RelayerService } from '../wire/relayer-services.ts';
import { LazyConnection } from './lazy-connection.ts';
import { RemoteProvider } from './remote-provider.ts';
import { RemoteService, lazyCaller } from './remote-service.ts';

/** Limits of a relayer's client. */
export interface RemoteRelayerOptions {
  /** The relayer's own key in health reports, and its name. */
  readonly name: string;
  /** One call, connecting included. Milliseconds. */
  readonly callTimeoutMs: number;
  /** Making a relayer or a provider there once. Milliseconds. */
  readonly makingTimeoutMs: number;
  /** Largest message that is accepted from the relayer. Bytes. */
  readonly receiveLimitBytes: number;
}

export const REMOTE_RELAYER_DEFAULTS: RemoteRelayerOptions = {
  name: 'RelayerClient',
  callTimeoutMs: 10_000,
  makingTimeoutMs: 10_000,
  receiveLimitBytes: 16 * 1024 * 1024,
};

/** The types that this program can be a client of (docs/spec/loopp-wire.md E.1); names are for health reports. */
const CLIENT_NAMES: Readonly<Record<string, string>> = {
  plugin: 'PluginProviderClient',
  'ocr3-capability': 'OCR3CapabilityProviderClient',
  securemint: 'SecureMintProviderClient',
};
const CCIP = new Set(['ccip-commit', 'ccip-execution']);

/**
 * A relayer that lives in a process of its own (docs/spec/loopp-wire.md E). Nothing is asked of it before the first call,
 * and a call that finds it gone makes it again in the next process. Its providers are lazy likewise. Calls reject with
 * grpc-js' `ServiceError` and with `OutOfTimeError`.
 */
export class RemoteRelayer extends RemoteService implements Relayer {
  readonly name: string;
  private readonly options: RemoteRelayerOptions;
  private readonly relayerConnection: LazyConnection<BrokeredConnection>;
  private readonly call: Caller;

  /** `connect`: the main connection of the process that runs now; rejects while there is none. */
  constructor(connect: () => Promise<BrokeredConnection>, config: string, options = REMOTE_RELAYER_DEFAULTS) {
    const connection = new LazyConnection(() => openRelayer(connect, config, options));
    super(options.name, connection);
    this.name = options.name;
    this.options = options;
    this.relayerConnection = connection;
    this.call = lazyCaller(connection, options.callTimeoutMs);
  }

  async latestHead(call?: Call): Promise<Head> {
    return present((await this.call(RelayerService.latestHead, {}, call)).head, 'head');
  }

  async getChainStatus(call?: Call): Promise<ChainStatus> {
    return present((await this.call(RelayerService.getChainStatus, {}, call)).chain, 'chain');
  }

  async getChainInfo(call?: Call): Promise<ChainInfo> {
    return present((await this.call(RelayerService.getChainInfo, {}, call)).chainInfo, 'chainInfo');
  }

  listNodeStatuses(page: Page, call?: Call): Promise<NodeStatuses> {
    return this.call(RelayerService.listNodeStatuses, page, call);
  }

  /** Rejects with upstream's text for a type that there is no client of. */
  async newPluginProvider(relay: RelayArgs, plugin: PluginArgs): Promise<RemoteProvider> {
    const { providerType } = relay;
    if (CCIP.has(providerType)) throw new Error('need to fix BCF-3061');
    const name = Object.hasOwn(CLIENT_NAMES, providerType) ? CLIENT_NAMES[providerType] : undefined;
    if (name === undefined) throw new Error(`provider type not supported: ${providerType}`);
    return new RemoteProvider(name, new LazyConnection(() => this.openProvider(relay, plugin)));
  }

  newSecureMintProvider(relay: RelayArgs, plugin: PluginArgs): Promise<RemoteProvider> {
    return this.newPluginProvider({ ...relay, providerType: 'securemint' }, plugin);
  }

  newOcr3CapabilityProvider(relay: RelayArgs, plugin: PluginArgs): Promise<RemoteProvider> {
    return this.newPluginProvider({ ...relay, providerType: 'ocr3-capability' }, plugin);
  }

  private openProvider(relayArgs: RelayArgs, pluginArgs: PluginArgs): Promise<BrokeredConnection> {
    const { makingTimeoutMs, receiveLimitBytes } = this.options;
    const options = onBehalfOf(undefined, makingTimeoutMs);
    return this.relayerConnection.reach(options, async ({ client, broker }) => {
      const request = { relayArgs, pluginArgs };
      const { pluginProviderId } = await callUnary(
        client,
        RelayerService.newPluginProvider,
        request,
        options,
      );
      return { client: await broker.dial(pluginProviderId, receiveLimitBytes), broker };
    });
  }
}

/** Upstream serves a keystore and a registry with this request; 0 says that there is none. */
const NOTHING_SERVED = { keystoreId: 0, capabilityRegistryId: 0, keystoreCsaId: 0 } as const;

async function openRelayer(
  connect: () => Promise<BrokeredConnection>,
  config: string,
  { makingTimeoutMs, receiveLimitBytes }: RemoteRelayerOptions,
): Promise<BrokeredConnection> {
  const { client: main, broker } = await connect();
  const request = { ...NOTHING_SERVED, config };
  const options = onBehalfOf(undefined, makingTimeoutMs);
  const { relayerId } = await callUnary(main, PluginRelayerService.newRelayer, request, options);
  return { client: await broker.dial(relayerId, receiveLimitBytes), broker };
}
