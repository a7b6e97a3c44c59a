import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { registerExternalAdapter } from '../../../loopp/host/external-adapter.ts';
import { reportingPluginFactory } from '../../../loopp/host/reporting-plugin.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import type { BrokeredServer } from '../../../loopp/wire/broker.ts';
import { porFactory } from '../../../loopp/plugin/por/factory.ts';
import { registerUpstream } from '../../../loopp/plugin/upstream.ts';
import {
  asServiceError,
  bind,
  callUnary,
  handleUnary,
  newClient,
  newServer,
  openDuplex,
} from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../../../loopp/wire/ocr3-services.ts';
import { GrpcBroker, LoopService } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import { ExternalAdapterService, LoopReportingPluginService } from '../../../loopp/wire/upstream-services.ts';
import { packPayload, unpackSelector } from '../../../loopp/wire/upstream-values.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import { FakeAdapter, PAYLOAD, never, rawStatus } from '../../helpers/external-adapter.ts';
import { POR_CONFIG, contextTracking, textOf } from './por/builders.ts';
import { PluginProcess } from './process.ts';

/** Upstream's service of the compiled plugin; the test is the host (docs/spec/loopp-wire.md D.1). */

/** A round in which the adapter's mintables are what was asked for. */
const CONTEXT = contextTracking(PAYLOAD.latestBlocks);
const QUERY = new Uint8Array();
const LIMITS = { callTimeoutMs: 20_000, receiveLimitBytes: -1 };
const NOTHING = {
  providerId: 0,
  errorLogId: 0,
  pipelineRunnerId: 0,
  telemetryId: 0,
  reportingPluginServiceConfig: undefined,
  capRegistryId: 0,
  keyValueStoreId: 0,
  relayerSetId: 0,
  secureMintExternalAdapterId: 0,
};

let folder: string;
let sockets: SocketFolder;
let process: PluginProcess;
let main: Client;
let broker: Broker;
let adapter: FakeAdapter;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  mkdirSync(join(folder, 'plugin'));
  mkdirSync(join(folder, 'host'));
  sockets = new SocketFolder(join(folder, 'host'));
  process = new PluginProcess({ ...MAGIC_COOKIES, PLUGIN_UNIX_SOCKET_DIR: join(folder, 'plugin') });
  main = await process.connect();
  broker = new Broker(sockets);
  broker.attach(openDuplex(main, GrpcBroker.startStream));
  adapter = new FakeAdapter();
});

afterEach(async () => {
  broker.close();
  await process.end();
  rmSync(folder, { recursive: true });
});

const serveAdapter = (): Promise<BrokeredServer> =>
  broker.serve((server) => registerExternalAdapter(server, adapter));

const newFactory = async (secureMintExternalAdapterId: number): Promise<number> => {
  const { newReportingPluginFactory } = LoopReportingPluginService;
  const request = { ...NOTHING, secureMintExternalAdapterId };
  return (await callUnary(main, newReportingPluginFactory, request)).id;
};

const dial = async (id: number): Promise<Client> => process.keep(await broker.dial(id, -1));

async function factory(): Promise<Client> {
  return dial(await newFactory((await serveAdapter()).id));
}

async function plugin(config = POR_CONFIG): Promise<ReportingPlugin> {
  return (await reportingPluginFactory(await factory(), broker, LIMITS).newReportingPlugin(config)).plugin;
}

/** A connection to a reporting plugin without our client. */
async function bare(): Promise<Client> {
  const { newReportingPlugin } = ReportingPluginFactoryService;
  const request = { reportingPluginConfig: POR_CONFIG };
  return dial((await callUnary(await factory(), newReportingPlugin, request)).reportingPluginId);
}

const pluginSockets = (): number => readdirSync(join(folder, 'plugin')).length;

async function refusal(asked: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await asked;
  } catch (error) {
    const service = asServiceError(error);
    if (service === undefined) throw error;
    return [status[service.code] ?? '', service.details];
  }
  throw new Error('expected a refusal, got an answer');
}

describe('NewReportingPluginFactory', () => {
  test('makes a factory over the adapter of field 9, whose answers become reports', async () => {
    const asked = await plugin();
    const observation = await asked.observation(CONTEXT, QUERY);
    expect(adapter.asked.map(({ blocks }) => blocks)).toEqual([PAYLOAD.latestBlocks]);
    expect(textOf(observation)).toBe(
      '{"QueryResponse":{"16015286601757825753":{"Block":40,"Mintable":10},' +
        '"729797994450396300":{"Block":5,"Mintable":25}},' +
        '"LatestBlocks":{"16015286601757825753":41,"729797994450396300":6}}',
    );

    const seen = [0, 1, 2].map((observer) => ({ observation, observer }));
    for (const one of seen) await asked.validateObservation(CONTEXT, QUERY, one);
    expect(await asked.observationQuorum(CONTEXT, QUERY, seen)).toBe(true);
    const outcome = await asked.outcome(CONTEXT, QUERY, seen);
    const reports = await asked.reports(2n, outcome);
    const digest = '09'.repeat(32);
    expect(
      reports.map(({ reportWithInfo: { report, info } }) => [unpackSelector(info), textOf(report)]),
    ).toEqual([
      [729797994450396300n, `{"ConfigDigest":"${digest}","SeqNr":2,"Block":5,"Mintable":25}`],
      [16015286601757825753n, `{"ConfigDigest":"${digest}","SeqNr":2,"Block":40,"Mintable":10}`],
    ]);
    for (const { reportWithInfo } of reports) {
      expect(await asked.shouldAcceptAttestedReport(2n, reportWithInfo)).toBe(true);
      expect(await asked.shouldTransmitAcceptedReport(2n, reportWithInfo)).toBe(true);
    }
    await asked.close();
  });

  test('may be asked before the adapter is announced', async () => {
    const early = newFactory(1);
    const late = new Promise((resolve) => setTimeout(resolve, 50)).then(serveAdapter);
    const [id, { id: adapterId }] = await Promise.all([early, late]);
    expect(adapterId).toBe(1);
    expect(await callUnary(await dial(id), LoopService.ready, {})).toEqual({});
  });

  test('answers an id that may be dialled later', async () => {
    const id = await newFactory((await serveAdapter()).id);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await callUnary(await dial(id), LoopService.ready, {})).toEqual({});
  });

  test('without an adapter is refused at once', async () => {
    expect(await refusal(newFactory(0))).toEqual([
      'INVALID_ARGUMENT',
      'secureMintExternalAdapterID: expected the broker id of an external adapter, got none',
    ]);
  });

  test('fails as UNKNOWN when the adapter is not announced in time', async () => {
    const server = newServer();
    const patient = new Broker(sockets, 50);
    registerUpstream(server, patient, porFactory, () => undefined);
    const socket = sockets.reserve();
    await bind(server, socket);
    const client = process.keep(newClient(socket, -1));
    const { newReportingPluginFactory } = LoopReportingPluginService;
    const request = { ...NOTHING, secureMintExternalAdapterId: 77 };
    expect(await refusal(callUnary(client, newReportingPluginFactory, request))).toEqual([
      'UNKNOWN',
      'failed to dial ExternalAdapter client connection 77: timeout waiting for connection info',
    ]);
    patient.close();
    server.forceShutdown();
  });

  test('leaves nothing behind for a host that gave up', async () => {
    const before = pluginSockets();
    const { newReportingPluginFactory } = LoopReportingPluginService;
    const request = { ...NOTHING, secureMintExternalAdapterId: 1 };
    const deadline = new Date(Date.now() + 50);
    expect(await refusal(callUnary(main, newReportingPluginFactory, request, { deadline }))).toEqual([
      'DEADLINE_EXCEEDED',
      expect.any(String),
    ]);
    await serveAdapter();
    // One more request, answered after the first: whatever the first left is there by now.
    await factory();
    await vi.waitFor(() => expect(pluginSockets()).toBe(before + 1), { timeout: 10_000 });
  });
});

test('NewValidationService answers id 0', async () => {
  expect(await callUnary(main, LoopReportingPluginService.newValidationService, {})).toEqual({ id: 0 });
});

describe('a factory connection', () => {
  test('serves loop.Service and the factory', async () => {
    const client = await factory();
    expect(await callUnary(client, LoopService.ready, {})).toEqual({});
    expect((await callUnary(client, LoopService.healthReport, {})).healthReport).toEqual(
      new Map([['PluginSecureMint', '']]),
    );
    const unset = { reportingPluginConfig: undefined };
    expect(await refusal(callUnary(client, ReportingPluginFactoryService.newReportingPlugin, unset))).toEqual(
      ['UNKNOWN', 'reportingPluginConfig: expected a message, got none'],
    );
  });

  test('ends with Close, which may come twice, and with it the adapter\u2019s connection', async () => {
    const client = await factory();
    const other = await factory();
    const { plugin: asked } = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(
      POR_CONFIG,
    );
    const closes = [1, 2].map(() => callUnary(client, LoopService.close, {}));
    expect(await Promise.all(closes)).toEqual([{}, {}]);
    await vi.waitFor(
      async () => expect((await refusal(callUnary(client, LoopService.ready, {})))[0]).toBe('UNAVAILABLE'),
      { timeout: 10_000 },
    );
    expect((await refusal(asked.observation(CONTEXT, QUERY)))[0]).toBe('UNKNOWN');
    expect(await callUnary(other, LoopService.ready, {})).toEqual({});
  });

  test('ends with the adapter: a host that asks again and again leaves no factories', async () => {
    const before = pluginSockets();
    for (let refresh = 0; refresh < 10; refresh++) {
      const served = await serveAdapter();
      const client = await dial(await newFactory(served.id));
      await callUnary(client, LoopService.ready, {});
      client.close();
      served.close();
    }
    await vi.waitFor(() => expect(pluginSockets()).toBe(before), { timeout: 10_000 });
    expect(readdirSync(join(folder, 'host'))).toEqual([]);
    await callUnary(await factory(), LoopService.ready, {});
  });
});

describe('a call that needs the adapter', () => {
  const request = { outcomeContext: CONTEXT, query: QUERY };

  test('fails as UNKNOWN with the adapter\u2019s text', async () => {
    adapter.answer = () => Promise.reject(new Error('out of cheese'));
    expect(await refusal((await plugin()).observation(CONTEXT, QUERY))).toEqual([
      'UNKNOWN',
      'failed to get payload from external adapter for request value:{key:729797994450396300 value:6} value:{key:16015286601757825753 value:41}: out of cheese',
    ]);
  });

  test.each([status.UNAVAILABLE, status.CANCELLED, status.NOT_FOUND])(
    'is never told the status of the adapter\u2019s own call: %i',
    async (code) => {
      const server = await broker.serve((served) =>
        handleUnary(served, ExternalAdapterService.getPayload, () => Promise.reject(rawStatus(code))),
      );
      const client = await dial(await newFactory(server.id));
      const made = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(POR_CONFIG);
      expect(await refusal(made.plugin.observation(CONTEXT, QUERY))).toEqual(['UNKNOWN', 'gone']);
    },
  );

  test('fails as UNKNOWN when the host has ended the adapter', async () => {
    const served = await serveAdapter();
    const client = await dial(await newFactory(served.id));
    const made = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(POR_CONFIG);
    served.close();
    expect((await refusal(made.plugin.observation(CONTEXT, QUERY)))[0]).toBe('UNKNOWN');
  });

  test.each(['reserveInfo', 'latestBlocks'])('is refused when the payload has no %s', async (name) => {
    const server = await broker.serve((served) =>
      handleUnary(served, ExternalAdapterService.getPayload, () => ({
        ...packPayload(PAYLOAD),
        [name]: undefined,
      })),
    );
    const client = await dial(await newFactory(server.id));
    const made = await reportingPluginFactory(client, broker, LIMITS).newReportingPlugin(POR_CONFIG);
    expect(await refusal(made.plugin.observation(CONTEXT, QUERY))).toEqual([
      'UNKNOWN',
      `${name}: expected a message, got none`,
    ]);
    expect(process.running).toBe(true);
  });

  test('hands its deadline on', async () => {
    const client = await bare();
    const deadline = new Date(Date.now() + 60_000);
    await callUnary(client, ReportingPluginService.observation, request, { deadline });
    const passed = adapter.asked[0]?.deadline;
    expect(passed).toBeInstanceOf(Date);
    expect(passed?.getTime()).toBeLessThanOrEqual(deadline.getTime() + 1000);
    await callUnary(client, ReportingPluginService.observation, request);
    expect(adapter.asked[1]?.deadline).toBeUndefined();
  });

  test('ends the adapter\u2019s call with its own deadline', async () => {
    adapter.answer = never;
    const client = await bare();
    const deadline = new Date(Date.now() + 300);
    const [code] = await refusal(
      callUnary(client, ReportingPluginService.observation, request, { deadline }),
    );
    expect(code).toBe('DEADLINE_EXCEEDED');
    await vi.waitFor(() => expect(adapter.asked[0]?.signal.aborted).toBe(true), { timeout: 10_000 });
  });

  test('hands its cancellation on', async () => {
    adapter.answer = never;
    const client = await bare();
    const cancel = new AbortController();
    const asked = refusal(
      callUnary(client, ReportingPluginService.observation, request, { signal: cancel.signal }),
    );
    await vi.waitFor(() => expect(adapter.asked).toHaveLength(1), { timeout: 10_000 });
    expect(adapter.asked[0]?.signal.aborted).toBe(false);
    cancel.abort();
    expect((await asked)[0]).toBe('CANCELLED');
    await vi.waitFor(() => expect(adapter.asked[0]?.signal.aborted).toBe(true), { timeout: 10_000 });
  });

  test('that was answered has cancelled nothing', async () => {
    await (await plugin()).observation(CONTEXT, QUERY);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(adapter.asked[0]?.signal.aborted).toBe(false);
  });

  test('hands on who asks and the trace, one value each, and nothing else', async () => {
    const sent = new Metadata();
    const passed = {
      'x-chainlink-org': 'org',
      'x-chainlink-owner': 'abcdef',
      'x-chainlink-workflow': 'workflow',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      baggage: 'b=2',
    };
    for (const [name, value] of Object.entries(passed)) sent.set(name, value);
    sent.add('x-chainlink-org', 'another');
    sent.add('baggage', 'c=3');
    sent.set('x-private', 'no');
    const client = await bare();
    const { path, request: type, reply } = ReportingPluginService.observation;
    await new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (value: typeof request) => Buffer.from(type.encode(value)),
        reply.decode,
        request,
        sent,
        (error) => (error === null ? resolve() : reject(error)),
      );
    });
    expect(Object.fromEntries(adapter.asked[0]?.metadata ?? [])).toEqual({
      ...passed,
      baggage: 'b=2, c=3',
    });
  });
});
