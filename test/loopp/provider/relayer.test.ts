import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { registerRelayer } from '../../../loopp/provider/relayer-server.ts';
import { callUnary } from '../../../loopp/wire/grpc.ts';
import {
  ContractTransmitterService,
  Ocr3ContractTransmitterService,
} from '../../../loopp/wire/provider-services.ts';
import type { Relayer } from '../../../loopp/wire/relayer-ports.ts';
import { RelayerService } from '../../../loopp/wire/relayer-services.ts';
import { LoopService } from '../../../loopp/wire/services.ts';
import { FullRelayer, PLUGIN_ARGS, PlainRelayer, RELAY_ARGS, noLog } from './fakes.ts';
import type { Events } from './fakes.ts';
import { Gate, Wire, refusal } from './wire.ts';

/** `loop.Relayer` over a real connection (docs/spec/loopp-wire.md E). */

let events: Events;
let wires: Wire[];
beforeEach(() => {
  events = [];
  wires = [];
});
afterEach(() => {
  for (const wire of wires) wire.close();
});

async function served(relayer: Relayer): Promise<{ readonly wire: Wire; readonly client: Client }> {
  const wire = await Wire.open();
  wires.push(wire);
  const { id } = await wire.far.serve((server) => registerRelayer(server, wire.far, relayer, noLog));
  return { wire, client: await wire.dial(id) };
}

const make = (client: Client, more: Partial<typeof RELAY_ARGS> = {}): Promise<number> => {
  const request = { relayArgs: { ...RELAY_ARGS, ...more }, pluginArgs: PLUGIN_ARGS };
  return callUnary(client, RelayerService.newPluginProvider, request).then((reply) => reply.pluginProviderId);
};

const gone = (client: Client): Promise<void> =>
  vi.waitFor(
    async () => expect((await refusal(callUnary(client, LoopService.ready, {})))[0]).toBe('UNAVAILABLE'),
    { timeout: 10_000 },
  );

describe('the switch on the type of a provider', () => {
  test.each([
    ['plugin', false],
    ['securemint', true],
    ['ocr3-capability', true],
  ])('%s: the services of a provider, OCR3\u2019s transmitter: %s', async (providerType, hasOcr3) => {
    const relayer = new FullRelayer(events);
    const { wire, client } = await served(relayer);
    const provider = await wire.dial(await make(client, { providerType }));
    expect(relayer.made).toEqual([{ relay: { ...RELAY_ARGS, providerType }, plugin: PLUGIN_ARGS }]);
    expect(await callUnary(provider, ContractTransmitterService.fromAccount, {})).toEqual({
      account: '0xaa',
    });
    const ocr3 = callUnary(provider, Ocr3ContractTransmitterService.fromAccount, {});
    if (hasOcr3) expect(await ocr3).toEqual({ account: '0xbb' });
    else expect((await refusal(ocr3))[0]).toBe('UNIMPLEMENTED');
  });

  test.each([
    ['securemint', 'securemint not supported'],
    ['ocr3-capability', 'median not supported'],
    ['median', 'median not supported'],
    ['mercury', 'mercury not supported by PlainRelayer'],
    ['ccip-commit', 'ccip execution not supported by PlainRelayer'],
    ['ccip-execution', 'ccip execution not supported by PlainRelayer'],
  ])('%s of a relayer that does not support it: UNIMPLEMENTED %s', async (providerType, text) => {
    const relayer = new PlainRelayer(events);
    const { client } = await served(relayer);
    expect(await refusal(make(client, { providerType }))).toEqual(['UNIMPLEMENTED', text]);
    expect(relayer.made).toEqual([]);
  });

  test.each(['', 'llo', 'SecureMint', 'constructor', '__proto__'])('%j: UNKNOWN', async (providerType) => {
    const { client } = await served(new FullRelayer(events));
    expect(await refusal(make(client, { providerType }))).toEqual([
      'UNKNOWN',
      `provider type not supported: ${providerType}`,
    ]);
  });
});

describe('NewPluginProvider', () => {
  test.each([0, 15, 17, 32])('refuses a job id of %i bytes', async (length) => {
    const { client } = await served(new FullRelayer(events));
    expect(await refusal(make(client, { externalJobId: new Uint8Array(length) }))).toEqual([
      'UNKNOWN',
      `invalid uuid bytes for ExternalJobID: invalid UUID (got ${String(length)} bytes)`,
    ]);
  });

  test.each(['relayArgs', 'pluginArgs'])('refuses a request without %s', async (name) => {
    const { client } = await served(new FullRelayer(events));
    const request = { relayArgs: RELAY_ARGS, pluginArgs: PLUGIN_ARGS, [name]: undefined };
    expect(await refusal(callUnary(client, RelayerService.newPluginProvider, request))).toEqual([
      'UNKNOWN',
      `${name}: expected a message, got none`,
    ]);
  });

  test('starts a provider before it is served, and closes it when it is told to', async () => {
    const { wire, client } = await served(new FullRelayer(events));
    const sockets = wire.sockets;
    const provider = await wire.dial(await make(client));
    expect(events).toEqual(['provider started']);
    await callUnary(provider, LoopService.close, {});
    expect(events).toEqual(['provider started', 'provider closed']);
    await gone(provider);
    expect(wire.sockets).toBe(sockets);
  });

  test('serves nothing while the provider starts', async () => {
    const relayer = new FullRelayer(events);
    const { wire, client } = await served(relayer);
    const sockets = wire.sockets;
    let seen = -1;
    relayer.prepare = (provider) => {
      const start = provider.start.bind(provider);
      provider.start = async () => {
        await start();
        seen = wire.sockets;
      };
    };
    await make(client);
    expect([seen, wire.sockets]).toEqual([sockets, sockets + 1]);
  });

  test('serves nothing when the provider cannot start', async () => {
    const relayer = new FullRelayer(events);
    relayer.prepare = (provider) => {
      provider.startError = new Error('no chain');
    };
    const { wire, client } = await served(relayer);
    const sockets = wire.sockets;
    expect(await refusal(make(client))).toEqual(['UNKNOWN', 'no chain']);
    expect(wire.sockets).toBe(sockets);
  });

  test('closes the provider when the connection it is served over ends', async () => {
    const { wire, client } = await served(new FullRelayer(events));
    await make(client);
    wire.far.close();
    await vi.waitFor(() => expect(events).toEqual(['provider started', 'provider closed']));
  });

  test('closes a started provider that cannot be served', async () => {
    const relayer = new FullRelayer(events);
    const { wire, client } = await served(relayer);
    relayer.prepare = (provider) => {
      const start = provider.start.bind(provider);
      provider.start = async () => {
        await start();
        wire.far.close();
      };
    };
    await refusal(make(client));
    await vi.waitFor(() => expect(events).toEqual(['provider started', 'provider closed']));
  });

  test('leaves nothing behind for a caller that gave up', async () => {
    const relayer = new FullRelayer(events);
    const { wire, client } = await served(relayer);
    const sockets = wire.sockets;
    const [begun, proceed] = [new Gate(), new Gate()];
    relayer.prepare = (provider) => {
      const start = provider.start.bind(provider);
      provider.start = async () => {
        begun.open();
        await proceed.passed;
        await start();
      };
    };
    const cancel = new AbortController();
    const request = { relayArgs: RELAY_ARGS, pluginArgs: PLUGIN_ARGS };
    const asked = refusal(
      callUnary(client, RelayerService.newPluginProvider, request, { signal: cancel.signal }),
    );
    await begun.passed;
    cancel.abort();
    expect((await asked)[0]).toBe('CANCELLED');
    // Another call of the connection, answered once the far side knows of the cancellation.
    await callUnary(client, RelayerService.latestHead, {});
    proceed.open();
    await vi.waitFor(() => expect(events).toEqual(['provider started', 'provider closed']));
    expect(wire.sockets).toBe(sockets);
  });
});

describe('a provider\u2019s loop.Service', () => {
  test('answers what the provider says', async () => {
    const relayer = new FullRelayer(events);
    const { wire, client } = await served(relayer);
    const provider = await wire.dial(await make(client));
    expect(await callUnary(provider, LoopService.ready, {})).toEqual({});
    expect((await callUnary(provider, LoopService.healthReport, {})).healthReport).toEqual(
      new Map([
        ['provider', ''],
        ['provider.node', 'sick'],
      ]),
    );
    const [made] = relayer.providers;
    if (made !== undefined) made.readyError = new Error('not yet');
    expect(await refusal(callUnary(provider, LoopService.ready, {}))).toEqual(['UNKNOWN', 'not yet']);
  });
});

test('the chain is asked through the relayer', async () => {
  const { client } = await served(new PlainRelayer(events));
  expect(await callUnary(client, RelayerService.latestHead, {})).toEqual({
    head: { height: '12', hash: Buffer.of(1, 2), timestamp: 2n ** 40n },
  });
  expect(await callUnary(client, RelayerService.getChainStatus, {})).toEqual({
    chain: { id: '1', enabled: true, config: 'a = 1' },
  });
  expect(await callUnary(client, RelayerService.getChainInfo, {})).toEqual({
    chainInfo: {
      familyName: 'evm',
      chainId: '1',
      networkName: 'ethereum',
      networkNameFull: 'ethereum-mainnet',
    },
  });
  const page = { pageSize: 5, pageToken: 'here' };
  expect(await callUnary(client, RelayerService.listNodeStatuses, page)).toEqual({
    nodes: [{ chainId: '1', name: 'here', config: 'b = 2', state: 'Alive' }],
    total: 5,
    nextPageToken: 'next',
  });
});

test.each([
  'NewContractWriter',
  'NewContractReader',
  'NewConfigProvider',
  'NewCCIPProvider',
  'Transact',
  'Replay',
])('the relayer\u2019s %s is UNIMPLEMENTED', async (name) => {
  const { client } = await served(new FullRelayer(events));
  const method = { ...RelayerService.latestHead, path: `/loop.Relayer/${name}` };
  expect((await refusal(callUnary(client, method, {})))[0]).toBe('UNIMPLEMENTED');
});
