import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectivityState, status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { registerExternalAdapter } from '../../../loopp/host/external-adapter.ts';
import { reportingPluginFactory } from '../../../loopp/host/reporting-plugin.ts';
import { registerSecureMint } from '../../../loopp/plugin/factory.ts';
import { PluginMetrics } from '../../../loopp/plugin/metrics.ts';
import { serveProvider } from '../../../loopp/provider/serve-provider.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import { StatusError, bind, callUnary, newClient, newServer, openDuplex } from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../../../loopp/wire/ocr3-services.ts';
import { LATEST_TRANSMISSION, packDetails, packQuery } from '../../../loopp/wire/provider-transmission.ts';
import { Aggregator, GrpcBroker, LoopService, PluginSecureMint } from '../../../loopp/wire/services.ts';
import { LoopReportingPluginService } from '../../../loopp/wire/upstream-services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import { packSelector } from '../../../loopp/wire/upstream-values.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import { DATA_ID, SELECTORS } from '../../helpers/arbitraries.ts';
import { FakeAdapter, PAYLOAD, rawStatus } from '../../helpers/external-adapter.ts';
import { FakeProvider, noLog } from '../provider/fakes.ts';
import { refusal } from '../provider/wire.ts';
import { PROTOCOL_CONFIG as ANY_CONFIG } from './ocr3/builders.ts';
import { PluginProcess } from './process.ts';

/** The compiled plugin with a provider of the test's, which is its host: the plan's flow (docs/spec/loopp-wire.md D.7). */

const LIMITS = { callTimeoutMs: 20_000, receiveLimitBytes: -1 };
/** Above 2^63: it goes as its two's complement. */
const CONFIG = {
  targetChainSelector: BigInt.asIntN(64, SELECTORS.sepolia),
  dataId: DATA_ID,
  revision: '2025-09',
};
const PROTOCOL_CONFIG = { ...ANY_CONFIG, offchainConfig: Buffer.from('{"MaxChains":5}') };
const REPORT = { report: Buffer.of(1), info: packSelector(SELECTORS.sepolia) };
const SEQ_NR = 41n;

let folder: string;
let process: PluginProcess;
let main: Client;
let broker: Broker;
let provider: FakeProvider;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  mkdirSync(join(folder, 'plugin'));
  mkdirSync(join(folder, 'host'));
  process = new PluginProcess({ ...MAGIC_COOKIES, PLUGIN_UNIX_SOCKET_DIR: join(folder, 'plugin') });
  main = await process.connect();
  broker = new Broker(new SocketFolder(join(folder, 'host')));
  broker.attach(openDuplex(main, GrpcBroker.startStream));
  provider = new FakeProvider();
});
afterEach(async () => {
  broker.close();
  await process.end();
  rmSync(folder, { recursive: true });
});

const newFactory = async (providerId: number): Promise<number> =>
  (await callUnary(main, PluginSecureMint.newSecureMintFactory, { providerId, config: CONFIG })).factoryId;
const dial = async (id: number): Promise<Client> => process.keep(await broker.dial(id, -1));

async function factory(): Promise<Client> {
  return dial(await newFactory((await serveProvider(broker, provider, noLog)).id));
}

async function plugin(): Promise<ReportingPlugin> {
  const made = reportingPluginFactory(await factory(), broker, LIMITS).newReportingPlugin(PROTOCOL_CONFIG);
  return (await made).plugin;
}

/** The chain has this report. */
function onChain(seqNr: bigint, configDigest = PROTOCOL_CONFIG.configDigest): void {
  provider.read = () => Promise.resolve(packDetails({ configDigest, seqNr, latestTimestamp: 0n }));
}

const pluginSockets = (): number => readdirSync(join(folder, 'plugin')).length;

describe('a factory with a provider', () => {
  test('serves what one without has', async () => {
    const client = await factory();
    expect(await callUnary(client, LoopService.ready, {})).toEqual({});
    expect(await callUnary(client, Aggregator.aggregate, { executions: [] })).toEqual({ results: [] });
    expect(provider.asked).toEqual([]);
  });

  test.each([
    [SEQ_NR - 1n, true],
    [SEQ_NR, false],
    [SEQ_NR + 1n, false],
  ])('whose chain has report %s transmits report 41: %s', async (seqNr, shouldTransmit) => {
    onChain(seqNr);
    expect(await (await plugin()).shouldTransmitAcceptedReport(SEQ_NR, REPORT)).toBe(shouldTransmit);
    expect(provider.asked.map(({ name, args }) => [name, ...args])).toEqual([
      [
        'getLatestValue',
        {
          readIdentifier: LATEST_TRANSMISSION,
          confidence: 'unconfirmed',
          params: packQuery(SELECTORS.sepolia),
        },
      ],
    ]);
  });

  test('whose chain has no report yet transmits', async () => {
    expect(await (await plugin()).shouldTransmitAcceptedReport(SEQ_NR, REPORT)).toBe(true);
  });

  test('whose chain has a report of another configuration says so', async () => {
    onChain(1n, new Uint8Array(32).fill(5));
    expect(await refusal((await plugin()).shouldTransmitAcceptedReport(SEQ_NR, REPORT))).toEqual([
      'UNKNOWN',
      `config digest mismatch; expected: ${'09'.repeat(32)}, got: ${'05'.repeat(32)}`,
    ]);
  });

  test('makes the proof-of-reserve plugin over the external adapter beside the provider', async () => {
    const adapter = new FakeAdapter();
    const { latestBlocks, reserveInfo } = PAYLOAD;
    adapter.answer = () => Promise.resolve({ mintables: new Map(), latestBlocks, reserveInfo });
    const { id } = await serveProvider(broker, provider, noLog, (server) =>
      registerExternalAdapter(server, adapter),
    );
    const made = await reportingPluginFactory(
      await dial(await newFactory(id)),
      broker,
      LIMITS,
    ).newReportingPlugin(PROTOCOL_CONFIG);
    expect(made.info.name).toBe('PorReportingPluginV1');
    const context = { seqNr: 1n, previousOutcome: new Uint8Array(), epoch: 1n, round: 1n };
    const query = await made.plugin.query(context);
    const observation = await made.plugin.observation(context, query);
    expect(adapter.asked.map(({ blocks }) => blocks)).toEqual([new Map()]);
    await made.plugin.validateObservation(context, query, { observation, observer: 0 });
    expect(provider.asked).toEqual([]);
  });

  test('without an external adapter observes nothing', async () => {
    const context = { seqNr: 1n, previousOutcome: new Uint8Array(), epoch: 1n, round: 1n };
    const observed = (await plugin()).observation(context, new Uint8Array());
    expect(await refusal(observed)).toEqual(['UNKNOWN', expect.stringContaining('GetPayload')]);
  });
});

describe("a factory of upstream's service with a provider", () => {
  const request = {
    errorLogId: 0,
    pipelineRunnerId: 0,
    telemetryId: 0,
    reportingPluginServiceConfig: undefined,
    capRegistryId: 0,
    keyValueStoreId: 0,
    relayerSetId: 0,
  };
  const newUpstreamFactory = async (providerId: number): Promise<number> => {
    const adapter = await broker.serve((server) => registerExternalAdapter(server, new FakeAdapter()));
    const { newReportingPluginFactory } = LoopReportingPluginService;
    const wanted = { ...request, providerId, secureMintExternalAdapterId: adapter.id };
    return (await callUnary(main, newReportingPluginFactory, wanted)).id;
  };

  test.each([
    [SEQ_NR - 1n, true],
    [SEQ_NR, false],
  ])('whose chain has report %s transmits report 41: %s', async (seqNr, shouldTransmit) => {
    onChain(seqNr);
    const client = await dial(await newUpstreamFactory((await serveProvider(broker, provider, noLog)).id));
    const made = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(PROTOCOL_CONFIG);
    expect(await made.plugin.shouldTransmitAcceptedReport(SEQ_NR, REPORT)).toBe(shouldTransmit);
  });

  test('is not made when nobody serves the provider, and keeps no connection then', async () => {
    expect(await refusal(newUpstreamFactory(4000))).toEqual([
      'UNKNOWN',
      expect.stringContaining('failed to dial SecureMintProvider client connection 4000'),
    ]);
  });

  test('ends with the connection of its provider', async () => {
    const served = await serveProvider(broker, provider, noLog);
    const client = await dial(await newUpstreamFactory(served.id));
    await callUnary(client, LoopService.ready, {});
    served.close();
    await vi.waitFor(
      async () => expect((await refusal(callUnary(client, LoopService.ready, {})))[0]).toBe('UNAVAILABLE'),
      { timeout: 10_000 },
    );
  });
});

describe('a chain that cannot be read', () => {
  test.each<[string, Error, string]>([
    ['the provider\u2019s text', new Error('out of gas'), 'out of gas'],
    ['UNAVAILABLE', rawStatus(status.UNAVAILABLE), 'gone'],
    ['CANCELLED', rawStatus(status.CANCELLED), 'gone'],
    ['UNIMPLEMENTED', new StatusError(status.UNIMPLEMENTED, 'no reader'), 'no reader'],
  ])('is UNKNOWN with the text: %s', async (_, error, text) => {
    provider.read = () => Promise.reject(error);
    expect(await refusal((await plugin()).shouldTransmitAcceptedReport(SEQ_NR, REPORT))).toEqual([
      'UNKNOWN',
      `could not get latest transmission details from chain: ${text}`,
    ]);
  });

  test('answers something else', async () => {
    provider.read = () => Promise.resolve({ kind: 'nil' });
    expect(await refusal((await plugin()).shouldTransmitAcceptedReport(SEQ_NR, REPORT))).toEqual([
      'UNKNOWN',
      'could not get latest transmission details from chain: value: expected a map with ConfigDigest, got nil',
    ]);
  });

  test('is asked on behalf of the node: who asks, until when, and until it gives up', async () => {
    provider.read = () => new Promise(() => undefined);
    const { newReportingPlugin } = ReportingPluginFactoryService;
    const reply = await callUnary(await factory(), newReportingPlugin, {
      reportingPluginConfig: PROTOCOL_CONFIG,
    });
    const bare = await dial(reply.reportingPluginId);
    const cancel = new AbortController();
    const request = { segNr: SEQ_NR, ri: REPORT };
    const asked = refusal(
      callUnary(bare, ReportingPluginService.shouldTransmitAcceptedReport, request, {
        deadline: new Date(Date.now() + 60_000),
        signal: cancel.signal,
        metadata: new Map([['x-chainlink-org', 'org']]),
      }),
    );
    await vi.waitFor(() => expect(provider.asked).toHaveLength(1), { timeout: 10_000 });
    const call = provider.asked[0]?.call;
    expect(call?.metadata).toEqual(new Map([['x-chainlink-org', 'org']]));
    // The plugin waits for a chain no longer than five seconds, whatever the node allows.
    expect(call?.deadline?.getTime()).toBeLessThan(Date.now() + 30_000);
    expect(call?.signal.aborted).toBe(false);
    cancel.abort();
    expect((await asked)[0]).toBe('CANCELLED');
    await vi.waitFor(() => expect(call?.signal.aborted).toBe(true), { timeout: 10_000 });
  });
});

describe('the provider\u2019s connection', () => {
  test('ends with its factory, and with the factory what is asked of it', async () => {
    const client = await factory();
    const made = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(PROTOCOL_CONFIG);
    await callUnary(client, LoopService.close, {});
    await vi.waitFor(
      async () => expect((await refusal(callUnary(client, LoopService.ready, {})))[0]).toBe('UNAVAILABLE'),
      { timeout: 10_000 },
    );
    expect((await refusal(made.plugin.shouldTransmitAcceptedReport(SEQ_NR, REPORT)))[0]).toBe('UNKNOWN');
    expect(provider.asked).toEqual([]);
  });

  test('ends its factory: a host that asks again and again leaves none behind', async () => {
    const before = pluginSockets();
    for (let refresh = 0; refresh < 10; refresh++) {
      const served = await serveProvider(broker, provider, noLog);
      const client = await dial(await newFactory(served.id));
      await callUnary(client, LoopService.ready, {});
      client.close();
      served.close();
    }
    await vi.waitFor(() => expect(pluginSockets()).toBe(before), { timeout: 10_000 });
    expect(readdirSync(join(folder, 'host'))).toEqual([]);
    await callUnary(await factory(), LoopService.ready, {});
  });

  test('may be announced after it is asked for', async () => {
    const early = newFactory(1);
    const late = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
      serveProvider(broker, provider, noLog),
    );
    const [id, { id: providerId }] = await Promise.all([early, late]);
    expect(providerId).toBe(1);
    expect(await callUnary(await dial(id), LoopService.ready, {})).toEqual({});
  });

  test('and its factory end for a host that gave up', async () => {
    const before = pluginSockets();
    const request = { providerId: 1, config: CONFIG };
    const deadline = new Date(Date.now() + 50);
    const asked = callUnary(main, PluginSecureMint.newSecureMintFactory, request, { deadline });
    expect((await refusal(asked))[0]).toBe('DEADLINE_EXCEEDED');
    await serveProvider(broker, provider, noLog);
    // One more request, answered after the first: whatever the first left is there by now.
    await factory();
    await vi.waitFor(() => expect(pluginSockets()).toBe(before + 1), { timeout: 10_000 });
  });
});

/** Keeps the connections that it dials. */
class KeepingBroker extends Broker {
  readonly dialled: Client[] = [];

  override async dial(id: number, receiveLimitBytes: number): Promise<Client> {
    const client = await super.dial(id, receiveLimitBytes);
    this.dialled.push(client);
    return client;
  }
}

/** The plugin's side in this process, so that its parts can be seen. */
describe('a factory that cannot be made', () => {
  async function plugged(own: KeepingBroker): Promise<Client> {
    const server = newServer();
    registerSecureMint(server, own, noLog, new PluginMetrics(), () => {
      throw new Error('unused');
    });
    const sockets = new SocketFolder(folder);
    const socket = sockets.reserve();
    await bind(server, socket);
    ends.push(() => server.forceShutdown());
    return process.keep(newClient(socket, -1));
  }

  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  test('because the provider is not announced in time says so', async () => {
    const own = new KeepingBroker(new SocketFolder(folder), 50);
    const client = await plugged(own);
    const request = { providerId: 77, config: CONFIG };
    expect(await refusal(callUnary(client, PluginSecureMint.newSecureMintFactory, request))).toEqual([
      'UNKNOWN',
      'failed to dial SecureMintProvider client connection 77: timeout waiting for connection info',
    ]);
    own.close();
  });

  test('because it cannot be served closes the provider that was dialled', async () => {
    const own = new KeepingBroker(new SocketFolder(join(folder, 'too-long'.repeat(20))));
    own.attach({
      write: () => undefined,
      end: () => undefined,
      on: (event: string, listener: (info: never) => void) => {
        if (event === 'data') {
          listener({ serviceId: 3, network: 'unix', address: join(folder, 'nobody') } as never);
        }
      },
    });
    const client = await plugged(own);
    const request = { providerId: 3, config: CONFIG };
    expect(await refusal(callUnary(client, PluginSecureMint.newSecureMintFactory, request))).toEqual([
      'UNKNOWN',
      expect.stringContaining('bytes, expected at most 107'),
    ]);
    expect(own.dialled.map((dialled) => dialled.getChannel().getConnectivityState(false))).toEqual([
      connectivityState.SHUTDOWN,
    ]);
    own.close();
  });

  test('because of its config dials nobody', async () => {
    const own = new KeepingBroker(new SocketFolder(folder));
    const client = await plugged(own);
    const request = { providerId: 3, config: { ...CONFIG, revision: '2024-01' } };
    expect((await refusal(callUnary(client, PluginSecureMint.newSecureMintFactory, request)))[0]).toBe(
      'INVALID_ARGUMENT',
    );
    expect(own.dialled).toEqual([]);
    own.close();
  });
});
