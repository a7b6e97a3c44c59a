import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { Client, Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutOfTimeError } from '../../../loopp/wire/patience.ts';
import { RefreshingConnection } from '../../../loopp/host/refreshing.ts';
import type { BrokeredConnection } from '../../../loopp/wire/broker.ts';
import { UpstreamFactory } from '../../../loopp/host/upstream.ts';
import { porFactory } from '../../../loopp/plugin/por/factory.ts';
import { registerUpstream } from '../../../loopp/plugin/upstream.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import {
  StatusError,
  bind,
  callUnary,
  handleDuplex,
  handleUnary,
  newClient,
  newServer,
  openDuplex,
} from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import { GrpcBroker, LoopService } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import { LoopReportingPluginService } from '../../../loopp/wire/upstream-services.ts';
import { FakeAdapter, PAYLOAD, never, rawStatus } from '../../helpers/external-adapter.ts';
import { POR_CONFIG, contextTracking } from '../plugin/por/builders.ts';
import { PluginProcess } from '../plugin/process.ts';

/** Upstream's host side (docs/spec/loopp-wire.md C.6, D.1, D.6). */

const OPTIONS = {
  name: 'SecureMint',
  callTimeoutMs: 20_000,
  serviceTimeoutMs: 20_000,
  receiveLimitBytes: -1,
};
/** A round in which the adapter's mintables are what was asked for. */
const CONTEXT = contextTracking(PAYLOAD.latestBlocks);
const QUERY = new Uint8Array();

let folder: string;
let adapter: FakeAdapter;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  for (const side of ['host', 'plugin']) mkdirSync(join(folder, side));
  adapter = new FakeAdapter();
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  rmSync(folder, { recursive: true });
});

const hostSockets = (): readonly string[] => readdirSync(join(folder, 'host'));

/** The host's end of a main connection. */
function mainConnection(client: Client): BrokeredConnection {
  const broker = new Broker(new SocketFolder(join(folder, 'host')));
  const stream = openDuplex(client, GrpcBroker.startStream);
  stream.on('error', () => undefined);
  broker.attach(stream);
  cleanUps.push(() => broker.close());
  return { client, broker };
}

interface Launched extends BrokeredConnection {
  readonly process: PluginProcess;
}

/** The product's own plugin, compiled. */
async function launched(): Promise<Launched> {
  const variables = { ...MAGIC_COOKIES, PLUGIN_UNIX_SOCKET_DIR: join(folder, 'plugin') };
  const process = new PluginProcess(variables);
  cleanUps.push(() => process.end());
  return { process, ...mainConnection(await process.connect()) };
}

/** A plugin in this process: a broker, and what `register` adds to its main connection. */
async function inProcess(register: (server: Server, broker: Broker) => void): Promise<BrokeredConnection> {
  const sockets = new SocketFolder(join(folder, 'plugin'));
  const broker = new Broker(sockets);
  const server = newServer();
  handleDuplex(server, GrpcBroker.startStream, (call) => broker.attach(call));
  register(server, broker);
  const socket = sockets.reserve();
  await bind(server, socket);
  const client = newClient(socket, -1);
  cleanUps.push(() => {
    client.close();
    broker.close();
    server.forceShutdown();
  });
  return mainConnection(client);
}

const upstream = (server: Server, broker: Broker): void =>
  registerUpstream(server, broker, porFactory, () => undefined);

/** A plugin whose factories answer what `ready` does; `made` counts them. */
async function factoriesThat(
  ready: () => Promise<object>,
  delayMs = 0,
): Promise<{ readonly main: BrokeredConnection; readonly made: () => number }> {
  let made = 0;
  const main = await inProcess((server, broker) =>
    handleUnary(server, LoopReportingPluginService.newReportingPluginFactory, async () => {
      made++;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      return broker.serve((factory) => handleUnary(factory, LoopService.ready, ready));
    }),
  );
  return { main, made: () => made };
}

/** The factory under test, and how often it asked for a main connection. */
function factoryOver(
  connect: () => Promise<BrokeredConnection>,
  options: Partial<typeof OPTIONS> = {},
): { readonly factory: UpstreamFactory; readonly connects: ReturnType<typeof vi.fn> } {
  const connects = vi.fn(connect);
  const factory = new UpstreamFactory(connects, adapter, { ...OPTIONS, ...options });
  cleanUps.push(() => factory.close().catch(() => undefined));
  return { factory, connects };
}

const failure = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => {
      throw new Error('expected a failure, got an answer');
    },
    (error: unknown) => error,
  );

describe('the connection is lazy', () => {
  test('nothing happens before the first call, and everything once', async () => {
    const { factory, connects } = factoryOver(launched);
    expect(connects).not.toHaveBeenCalled();
    expect(hostSockets()).toEqual([]);
    await Promise.all([factory.ready(), factory.ready(), factory.healthReport()]);
    await factory.ready();
    expect(connects).toHaveBeenCalledTimes(1);
    expect(hostSockets()).toHaveLength(1);
  });

  test('closing what was never used asks for nothing', async () => {
    const { factory, connects } = factoryOver(launched);
    await factory.close();
    expect(connects).not.toHaveBeenCalled();
    expect(await failure(factory.ready())).toEqual(new Error('the factory is closed'));
  });

  test('the adapter is served for as long as the connection is there', async () => {
    const { factory } = factoryOver(launched);
    const { plugin, info } = await factory.newReportingPlugin(POR_CONFIG);
    expect(info.name).toBe('PorReportingPluginV1');
    await plugin.observation(CONTEXT, QUERY);
    expect(adapter.asked).toHaveLength(1);
    await factory.close();
    await factory.close();
    expect(hostSockets()).toEqual([]);
    expect(await failure(plugin.observation(CONTEXT, QUERY))).toMatchObject({ code: status.UNKNOWN });
  });
});

test('a reporting plugin is asked on behalf of a call: deadline, metadata and cancellation reach the adapter', async () => {
  const { factory } = factoryOver(() => inProcess(upstream));
  const { plugin } = await factory.newReportingPlugin(POR_CONFIG);
  adapter.answer = never;
  const cancel = new AbortController();
  const deadline = new Date(Date.now() + 10_000);
  const metadata = new Map([['x-chainlink-org', 'org']]);
  const asked = failure(plugin.observation(CONTEXT, QUERY, { deadline, metadata, signal: cancel.signal }));
  await vi.waitFor(() => expect(adapter.asked).toHaveLength(1), { timeout: 10_000 });
  expect(adapter.asked[0]?.metadata).toEqual(metadata);
  expect(adapter.asked[0]?.deadline?.getTime()).toBeLessThan(deadline.getTime() + 1000);
  cancel.abort();
  expect(await asked).toMatchObject({ code: status.CANCELLED });
  await vi.waitFor(() => expect(adapter.asked[0]?.signal.aborted).toBe(true), { timeout: 10_000 });
});

describe('a plugin that was killed', () => {
  test('is replaced for the next call, which is answered', async () => {
    const { process: first, ...connection } = await launched();
    const { factory, connects } = factoryOver(() =>
      connects.mock.calls.length === 1 ? Promise.resolve(connection) : launched(),
    );
    await factory.newReportingPlugin(POR_CONFIG);
    first.kill('SIGKILL');
    await first.ended;
    const { plugin } = await factory.newReportingPlugin(POR_CONFIG);
    await plugin.observation(CONTEXT, QUERY);
    expect(connects).toHaveBeenCalledTimes(2);
    expect(hostSockets()).toHaveLength(1);
  });

  test('is closed already: Close is never made again on another', async () => {
    const { process: first, ...connection } = await launched();
    const { factory, connects } = factoryOver(() => Promise.resolve(connection));
    await factory.ready();
    first.kill('SIGKILL');
    await first.ended;
    await factory.close();
    expect(connects).toHaveBeenCalledTimes(1);
    expect(hostSockets()).toEqual([]);
  });
});

describe('a factory that is gone', () => {
  test.each([status.UNAVAILABLE, status.CANCELLED])('is made again: %i', async (code) => {
    let calls = 0;
    const { main, made } = await factoriesThat(() => {
      calls++;
      return calls === 1 ? Promise.reject(rawStatus(code)) : Promise.resolve({});
    });
    const { factory } = factoryOver(() => Promise.resolve(main));
    await factory.ready();
    expect(made()).toBe(2);
    expect(hostSockets()).toHaveLength(1);
  });

  test.each([status.UNKNOWN, status.INTERNAL, status.DEADLINE_EXCEEDED] as const)(
    'is not one that refuses: status %i is handed on',
    async (code) => {
      const { main, made } = await factoriesThat(() => Promise.reject(new StatusError(code, 'no')));
      const { factory } = factoryOver(() => Promise.resolve(main));
      expect(await failure(factory.ready())).toMatchObject({ code, details: 'no' });
      expect(made()).toBe(1);
    },
  );

  test('is not one whose caller gave up', async () => {
    const { main, made } = await factoriesThat(never);
    const connection = new RefreshingConnection(() => Promise.resolve(main), adapter, -1);
    cleanUps.push(() => connection.close());
    const cancel = new AbortController();
    const patience = { deadline: new Date(Date.now() + 20_000), signal: cancel.signal };
    const asked = connection.call(patience, ({ client }) => {
      setTimeout(() => cancel.abort(), 20);
      return callUnary(client, LoopService.ready, {}, patience);
    });
    expect(await failure(asked)).toMatchObject({ code: status.CANCELLED });
    expect(made()).toBe(1);
  });
});

const noPlugin = (): Promise<never> => Promise.reject(new Error('plugin unavailable'));

describe('without a plugin', () => {
  test('attempts back off until the deadline, and the error says why', async () => {
    const { factory, connects } = factoryOver(noPlugin, { serviceTimeoutMs: 1000 });
    const error = await failure(factory.ready());
    expect(error).toBeInstanceOf(OutOfTimeError);
    expect(error).toMatchObject({ message: 'no factory before the deadline: plugin unavailable' });
    // At 0, 100, 300 and 700 ms.
    expect(connects.mock.calls.length).toBeGreaterThan(1);
    expect(connects.mock.calls.length).toBeLessThanOrEqual(4);
  });

  test('a caller that gives up waits no longer', async () => {
    const { factory } = factoryOver(noPlugin);
    const given = new Error('given up');
    expect(await failure(factory.newReportingPlugin(POR_CONFIG, AbortSignal.abort(given)))).toBe(given);
    const cancel = new AbortController();
    const asked = failure(factory.newReportingPlugin(POR_CONFIG, cancel.signal));
    cancel.abort(given);
    expect(await asked).toBe(given);
  });

  test('closing ends the calls that wait', async () => {
    const { factory } = factoryOver(never);
    const asked = failure(factory.ready());
    await factory.close();
    expect(await asked).toEqual(new Error('the factory is closed'));
  });

  test('a factory that takes longer than its caller is there for the next one', async () => {
    const { main, made } = await factoriesThat(() => Promise.resolve({}), 300);
    const { factory } = factoryOver(() => Promise.resolve(main), { serviceTimeoutMs: 50 });
    expect(await failure(factory.ready())).toMatchObject({
      message: 'no factory before the deadline: the plugin did not answer',
    });
    await vi.waitFor(() => factory.ready(), { timeout: 10_000 });
    expect(made()).toBe(1);
  });
});

describe('the health report', () => {
  test('has the factory\u2019s own key, and the plugin\u2019s behind it', async () => {
    const { factory } = factoryOver(() => inProcess(upstream));
    expect(await factory.healthReport()).toEqual(
      new Map([
        ['SecureMint', ''],
        ['SecureMint.PluginSecureMint', ''],
      ]),
    );
  });

  test('has one key when the plugin cannot be asked', async () => {
    const { factory } = factoryOver(() => Promise.reject(new Error('none')), { serviceTimeoutMs: 50 });
    expect(await factory.healthReport()).toEqual(
      new Map([['SecureMint', 'no factory before the deadline: none']]),
    );
  });
});
