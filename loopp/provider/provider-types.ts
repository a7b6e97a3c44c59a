import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import { StatusError } from '../wire/grpc.ts';
import type { PluginProvider } from '../wire/provider-ports.ts';
import type { PluginArgs, RelayArgs, Relayer } from '../wire/relayer-ports.ts';
import { registerOcr3Provider, registerPluginProvider } from './provider-server.ts';

/** A provider that was made and not started, and what it serves. */
export interface MadeProvider {
  readonly provider: PluginProvider;
  readonly register: (server: Server) => void;
}

type MakeProvider = (
  relayer: Relayer,
  relay: RelayArgs,
  plugin: PluginArgs,
  call: Call,
) => Promise<MadeProvider>;

/**
 * Upstream's switch on the type of a provider, with `securemint` as the plan adds it (docs/spec/loopp-wire.md E.1). The
 * products whose services this program does not have are refused as by a relayer that does not support them. Words are
 * upstream's, also where they name another product.
 */
const PROVIDER_TYPES: Readonly<Record<string, MakeProvider>> = {
  plugin: async (relayer, relay, plugin, call) => {
    const provider = await relayer.newPluginProvider(relay, plugin, call);
    return { provider, register: (server) => registerPluginProvider(server, provider) };
  },
  securemint: async (relayer, relay, plugin, call) => {
    const provider = await relayer.newSecureMintProvider?.(relay, plugin, call);
    if (provider === undefined) throw notSupported('securemint');
    return { provider, register: (server) => registerOcr3Provider(server, provider) };
  },
  'ocr3-capability': async (relayer, relay, plugin, call) => {
    const provider = await relayer.newOcr3CapabilityProvider?.(relay, plugin, call);
    if (provider === undefined) throw notSupported('median');
    return { provider, register: (server) => registerOcr3Provider(server, provider) };
  },
  median: () => Promise.reject(notSupported('median')),
  mercury: ({ name }) => Promise.reject(notSupported('mercury', name)),
  'ccip-commit': ({ name }) => Promise.reject(notSupported('ccip execution', name)),
  'ccip-execution': ({ name }) => Promise.reject(notSupported('ccip execution', name)),
};

/** Rejects with status UNIMPLEMENTED, with UNKNOWN for a type that nobody knows, and as the relayer does. */
export function makeProvider(
  relayer: Relayer,
  relay: RelayArgs,
  plugin: PluginArgs,
  call: Call,
): Promise<MadeProvider> {
  const make = Object.hasOwn(PROVIDER_TYPES, relay.providerType)
    ? PROVIDER_TYPES[relay.providerType]
    : undefined;
  if (make === undefined) {
    return Promise.reject(new Error(`provider type not supported: ${relay.providerType}`));
  }
  return make(relayer, relay, plugin, call);
}

const notSupported = (product: string, by?: string): StatusError =>
  new StatusError(status.UNIMPLEMENTED, `${product} not supported${by === undefined ? '' : ` by ${by}`}`);
