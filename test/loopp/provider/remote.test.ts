import type { Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RemoteProvider } from '../../../loopp/provider/remote-provider.ts';
import { RemoteRelayer } from '../../../loopp/provider/relayer-client.ts';
import { registerPluginRelayer } from '../../../loopp/provider/relayer-server.ts';
import type { Broker, BrokeredConnection } from '../../../loopp/wire/broker.ts';
import { callUnary } from '../../../loopp/wire/grpc.ts';
import { PluginRelayerService, RelayerService } from '../../../loopp/wire/relayer-services.ts';
import { DIGEST, FullRelayer, PLUGIN_ARGS, PlainRelayer, RELAY_ARGS, noLog } from './fakes.ts';
import type { Events } from './fakes.ts';
import { Gate, Wire, refusal } from './wire.ts';

/** A relayer that lives in another process, and its providers (docs/spec/loopp-wire.md E, C.6). */

let events: Events;
let configs: string[];
let relayers: PlainRelayer[];
let wires: Wire[];
let remotes: RemoteRelayer[];
beforeEach(() => {
  [events, configs, relayers, wires, remotes] = [[], [], [], [], []];
});
afterEach(async () => {
  await Promise.all(remotes.map((remote) => remote.close()));
  for (const wire of wires) wire.close();
});

/** A relayer's process. */
async function launch(newRelayer = (): PlainRelayer => new FullRelayer(events)): Promise<Wire> {
  const register = (server: Server, far: Broker): void =>
    registerPluginRelayer(
      server,
      far,
      (config) => {
        const relayer = newRelayer();
        configs.push(config);
        relayers.push(relayer);
        return relayer;
      },
      noLog,
    );
  const wire = await Wire.open(register);
  wires.push(wire);
  return wire;
}

const connected = ({ main, near }: Wire): BrokeredConnection => ({ client: main, broker: near });

function remoteOf(connect: () => Promise<BrokeredConnection>): RemoteRelayer {
  const remote = new RemoteRelayer(connect, 'the config');
  remotes.push(remote);
  return remote;
}

describe('a remote relayer', () => {
  test('is made there by its first call, with its config, and started', async () => {
    const wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    expect(configs).toEqual([]);
    expect(await remote.latestHead()).toEqual({ height: '12', hash: Buffer.of(1, 2), timestamp: 2n ** 40n });
    expect(configs).toEqual(['the config']);
    expect(events).toEqual(['relayer started']);
    expect(await remote.getChainStatus()).toEqual({ id: '1', enabled: true, config: 'a = 1' });
    expect((await remote.getChainInfo()).networkName).toBe('ethereum');
    const page = { pageSize: 5, pageToken: 'here' };
    expect(await remote.listNodeStatuses(page)).toMatchObject({ total: 5, nextPageToken: 'next' });
    expect(configs).toHaveLength(1);
  });

  test('reports health with its own key before the relayer\u2019s', async () => {
    const wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    await remote.start();
    expect(configs).toEqual([]);
    await remote.ready();
    expect(await remote.healthReport()).toEqual(
      new Map([
        ['RelayerClient', ''],
        ['RelayerClient.relayer', ''],
        ['RelayerClient.relayer.node', 'sick'],
      ]),
    );
  });

  test('closes the relayer there, once', async () => {
    const wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    await remote.latestHead();
    await remote.close();
    await remote.close();
    expect(events).toEqual(['relayer started', 'relayer closed']);
    await expect(remote.latestHead()).rejects.toThrow('the connection is closed');
  });

  test('is not made in order to be closed', async () => {
    const wire = await launch();
    await remoteOf(() => Promise.resolve(connected(wire))).close();
    expect(configs).toEqual([]);
  });

  test('that cannot start says so at once, and is nothing there', async () => {
    const wire = await launch(() => {
      const relayer = new FullRelayer(events);
      relayer.startError = new Error('no chain');
      return relayer;
    });
    const sockets = wire.sockets;
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    expect(await refusal(remote.latestHead())).toEqual(['UNKNOWN', 'no chain']);
    expect(wire.sockets).toBe(sockets);
  });

  test('is made again in the next process', async () => {
    let wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    await remote.latestHead();
    const dead = wire;
    wire = await launch();
    dead.kill();
    await remote.latestHead();
    expect(configs).toHaveLength(2);
  });

  test('waits for a process that is not there yet, as long as its deadline allows', async () => {
    const dead = await launch();
    dead.kill();
    const deadline = new Date(Date.now() + 500);
    const call = { deadline, signal: new AbortController().signal, metadata: new Map<string, string>() };
    const remote = remoteOf(() => Promise.resolve(connected(dead)));
    await expect(remote.latestHead(call)).rejects.toMatchObject({
      name: 'OutOfTimeError',
      message: expect.stringMatching(/^no connection before the deadline: 14 UNAVAILABLE: /),
    });
  });

  test('waits no longer than its caller', async () => {
    const dead = await launch();
    dead.kill();
    const cancel = new AbortController();
    const remote = remoteOf(() => Promise.resolve(connected(dead)));
    const call = { deadline: undefined, signal: cancel.signal, metadata: new Map<string, string>() };
    const asked = remote.latestHead(call);
    cancel.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  test('that dies while it is asked is asked again in the next process', async () => {
    let hang = true;
    let wire = await launch(() => {
      const relayer = new FullRelayer(events);
      const answer = relayer.latestHead.bind(relayer);
      relayer.latestHead = () => (hang ? new Promise(() => undefined) : answer());
      return relayer;
    });
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    const asked = remote.latestHead();
    await vi.waitFor(() => expect(relayers).toHaveLength(1));
    const dead = wire;
    wire = await launch();
    hang = false;
    dead.kill();
    expect((await asked).height).toBe('12');
  });
});

const made = async (providerType = 'securemint'): Promise<RemoteProvider> => {
  const wire = await launch();
  const remote = remoteOf(() => Promise.resolve(connected(wire)));
  return remote.newPluginProvider({ ...RELAY_ARGS, providerType }, PLUGIN_ARGS);
};

describe('a provider of a remote relayer', () => {
  test('is made there by its first call, with its arguments', async () => {
    const provider = await made();
    expect(relayers).toEqual([]);
    expect((await provider.contractConfigTracker.latestConfigDetails()).configDigest).toEqual(DIGEST);
    expect(relayers[0]?.made).toEqual([{ relay: RELAY_ARGS, plugin: PLUGIN_ARGS }]);
    await provider.ocr3ContractTransmitter.fromAccount();
    expect(relayers[0]?.made).toHaveLength(1);
    expect(await provider.healthReport()).toEqual(
      new Map([
        ['SecureMintProviderClient', ''],
        ['SecureMintProviderClient.provider', ''],
        ['SecureMintProviderClient.provider.node', 'sick'],
      ]),
    );
  });

  test.each(['newSecureMintProvider', 'newOcr3CapabilityProvider'] as const)(
    '%s names its type',
    async (name) => {
      const wire = await launch();
      const provider = await remoteOf(() => Promise.resolve(connected(wire)))[name](
        { ...RELAY_ARGS, providerType: '' },
        PLUGIN_ARGS,
      );
      await provider.ready();
      expect(relayers[0]?.made[0]?.relay.providerType).toBe(
        name === 'newSecureMintProvider' ? 'securemint' : 'ocr3-capability',
      );
    },
  );

  test.each([
    ['median', 'provider type not supported: median'],
    ['mercury', 'provider type not supported: mercury'],
    ['toString', 'provider type not supported: toString'],
    ['ccip-commit', 'need to fix BCF-3061'],
    ['ccip-execution', 'need to fix BCF-3061'],
  ])('of type %s is refused by the client: %s', async (providerType, text) => {
    await expect(made(providerType)).rejects.toThrow(text);
  });

  test('that the relayer does not support is said at once', async () => {
    const wire = await launch(() => new PlainRelayer(events));
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    const provider = await remote.newSecureMintProvider(RELAY_ARGS, PLUGIN_ARGS);
    expect(await refusal(provider.contractTransmitter.fromAccount())).toEqual([
      'UNIMPLEMENTED',
      'securemint not supported',
    ]);
  });

  test('is closed before its relayer', async () => {
    const wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    const provider = await remote.newSecureMintProvider(RELAY_ARGS, PLUGIN_ARGS);
    await provider.ready();
    await provider.close();
    await remote.close();
    expect(events).toEqual(['relayer started', 'provider started', 'provider closed', 'relayer closed']);
  });

  test('is made again in the next process, together with its relayer', async () => {
    let wire = await launch();
    const remote = remoteOf(() => Promise.resolve(connected(wire)));
    const provider = await remote.newSecureMintProvider(RELAY_ARGS, PLUGIN_ARGS);
    await provider.ready();
    const dead = wire;
    wire = await launch();
    dead.kill();
    expect(await provider.contractConfigTracker.latestBlockHeight()).toBe(2n ** 64n - 1n);
    expect(relayers.map((relayer) => relayer.made.length)).toEqual([1, 1]);
  });
});

test('a relayer and its providers are closed when the host goes away', async () => {
  const wire = await launch();
  const remote = remoteOf(() => Promise.resolve(connected(wire)));
  const provider = await remote.newSecureMintProvider(RELAY_ARGS, PLUGIN_ARGS);
  await provider.ready();
  wire.near.close();
  await vi.waitFor(() => expect(events.toSorted()).toEqual(CLOSED), { timeout: 10_000 });
});

const CLOSED = ['provider closed', 'provider started', 'relayer closed', 'relayer started'];

test('NewRelayer for a caller that gave up leaves nothing behind', async () => {
  const relayer = new FullRelayer(events);
  const gate = new Gate();
  const start = relayer.start.bind(relayer);
  relayer.start = async () => {
    await gate.passed;
    await start();
  };
  const wire = await launch(() => relayer);
  const sockets = wire.sockets;
  const cancel = new AbortController();
  const request = { config: '', keystoreId: 0, capabilityRegistryId: 0, keystoreCsaId: 0 };
  const { newRelayer } = PluginRelayerService;
  const asked = refusal(callUnary(wire.main, newRelayer, request, { signal: cancel.signal }));
  await vi.waitFor(() => expect(relayers).toHaveLength(1));
  cancel.abort();
  expect((await asked)[0]).toBe('CANCELLED');
  // Answered once the far side knows of the cancellation.
  await refusal(callUnary(wire.main, RelayerService.latestHead, {}));
  gate.open();
  await vi.waitFor(() => expect(events).toEqual(['relayer started', 'relayer closed']));
  expect(wire.sockets).toBe(sockets);
});
