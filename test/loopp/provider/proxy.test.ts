import { Metadata, status } from '@grpc/grpc-js';
import type { Client, Server, ServerUnaryCall, ServiceError, sendUnaryData } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LazyConnection } from '../../../loopp/provider/lazy-connection.ts';
import { RemoteProvider } from '../../../loopp/provider/remote-provider.ts';
import { serveProvider } from '../../../loopp/provider/serve-provider.ts';
import { registerOcr3Provider } from '../../../loopp/provider/provider-server.ts';
import { registerService } from '../../../loopp/provider/serve.ts';
import { callUnary } from '../../../loopp/wire/grpc.ts';
import { Empty } from '../../../loopp/wire/messages.ts';
import { callerOf } from '../../../loopp/wire/provider-caller.ts';
import { remoteOcr3Transmitter, remoteReader, remoteTracker } from '../../../loopp/wire/provider-client.ts';
import {
  ContractConfigTrackerService,
  ContractTransmitterService,
  PROVIDER_PATHS,
} from '../../../loopp/wire/provider-services.ts';
import { LoopService, unary } from '../../../loopp/wire/services.ts';
import { DIGEST, FakeProvider, noLog } from './fakes.ts';
import { Wire, refusal } from './wire.ts';

/**
 * A provider that lives in a relayer's process, handed on by the host to a plugin (docs/spec/loopp-wire.md E.2): relayer
 * and plugin are at the far ends of two connections, and the host is between them.
 */

let relayerWire: Wire;
let pluginWire: Wire;
let remote: RemoteProvider;
beforeEach(async () => {
  relayerWire = await Wire.open();
  pluginWire = await Wire.open();
});
afterEach(async () => {
  await remote.close().catch(() => undefined);
  relayerWire.close();
  pluginWire.close();
});

/** What the plugin dials; `register` is what the relayer's process serves. */
async function proxied(register: (server: Server) => void): Promise<Client> {
  remote = new RemoteProvider(
    'client',
    new LazyConnection(async () => {
      const { id } = await relayerWire.far.serve(register);
      return { client: await relayerWire.near.dial(id, -1) };
    }),
  );
  const { id } = await serveProvider(pluginWire.near, remote, noLog);
  return pluginWire.keep(await pluginWire.far.dial(id, -1));
}

const same = (bytes: Buffer): Buffer => bytes;
const { path } = ContractConfigTrackerService.latestBlockHeight;

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void;

/** A method of which only the bytes are known. */
const raw =
  (handler: Handler, at = path) =>
  (server: Server): void =>
    server.addService(
      {
        [at]: {
          path: at,
          requestStream: false,
          responseStream: false,
          requestSerialize: same,
          requestDeserialize: same,
          responseSerialize: same,
          responseDeserialize: same,
        },
      },
      { [at]: handler },
    );

interface RawAnswer {
  readonly reply: Buffer | undefined;
  readonly error: ServiceError | null;
  readonly header: Metadata | undefined;
  readonly trailer: Metadata;
}

function askRaw(
  client: Client,
  request: Buffer,
  metadata = new Metadata(),
  options: { readonly deadline?: Date; readonly signal?: AbortSignal } = {},
): Promise<RawAnswer> {
  const { signal, ...callOptions } = options;
  return new Promise((resolve) => {
    let header: Metadata | undefined;
    let answer: Pick<RawAnswer, 'reply' | 'error'> = { reply: undefined, error: null };
    const call = client.makeUnaryRequest(path, same, same, request, metadata, callOptions, (error, reply) => {
      answer = { reply, error };
    });
    signal?.addEventListener('abort', () => call.cancel());
    call.on('metadata', (received) => {
      header = received;
    });
    call.on('status', ({ metadata: trailer }) => resolve({ ...answer, header, trailer }));
  });
}

describe('a proxy hands on', () => {
  test('the bytes, both ways, whatever they are', async () => {
    const client = await proxied(raw(({ request }, reply) => reply(null, Buffer.concat([request, request]))));
    const garbage = Buffer.from('ff00ff00deadbeef', 'hex');
    expect((await askRaw(client, garbage)).reply?.toString('hex')).toBe('ff00ff00deadbeef'.repeat(2));
    const large = Buffer.alloc(6 * 1024 * 1024, 1);
    expect((await askRaw(client, large)).reply?.length).toBe(2 * large.length);
    expect((await askRaw(client, Buffer.alloc(0))).reply?.length).toBe(0);
  });

  test('every method of a provider, and no other', async () => {
    const asked: string[] = [];
    const client = await proxied((server) => {
      for (const at of PROVIDER_PATHS) {
        raw((_, reply) => {
          asked.push(at);
          reply(null, Buffer.alloc(0));
        }, at)(server);
      }
    });
    // Something has to be open there before it can be closed.
    await callUnary(client, unary('/loop.Service/Ready', Empty, Empty), {});
    asked.length = 0;
    for (const at of PROVIDER_PATHS) await callUnary(client, unary(at, Empty, Empty), {});
    expect(asked).toEqual(PROVIDER_PATHS);
    expect(new Set(PROVIDER_PATHS).size).toBe(PROVIDER_PATHS.length);
    const other = unary('/loop.Relayer/LatestHead', Empty, Empty);
    expect((await refusal(callUnary(client, other, {})))[0]).toBe('UNIMPLEMENTED');
  });

  test('the caller\u2019s metadata, all of it, text and bytes', async () => {
    let received = new Metadata();
    const client = await proxied(
      raw(({ metadata }, reply) => {
        received = metadata;
        reply(null, Buffer.alloc(0));
      }),
    );
    const sent = new Metadata();
    sent.set('x-chainlink-org', 'org');
    sent.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    sent.add('x-custom', 'one');
    sent.add('x-custom', 'two');
    sent.set('x-custom-bin', Buffer.of(0, 255));
    await askRaw(client, Buffer.alloc(0), sent);
    const own = Object.keys(received.getMap()).filter((name) => name !== 'user-agent');
    expect(own.toSorted()).toEqual(['traceparent', 'x-chainlink-org', 'x-custom', 'x-custom-bin']);
    expect(received.get('x-chainlink-org')).toEqual(['org']);
    // Node joins headers that come twice.
    expect(received.get('x-custom').join(', ')).toBe('one, two');
    expect(received.get('x-custom-bin')).toEqual([Buffer.of(0, 255)]);
    expect(received.get('user-agent')).toHaveLength(1);
  });

  test('the answer\u2019s metadata, before it and behind it', async () => {
    const client = await proxied(
      raw((call, reply) => {
        const [header, trailer] = [new Metadata(), new Metadata()];
        header.set('x-before', '1');
        trailer.set('x-behind', '2');
        call.sendMetadata(header);
        reply(null, Buffer.of(1), trailer);
      }),
    );
    const { header, trailer } = await askRaw(client, Buffer.alloc(0));
    expect(header?.get('x-before')).toEqual(['1']);
    expect(trailer.get('x-behind')).toEqual(['2']);
  });

  test.each([
    [status.INVALID_ARGUMENT, 'a text with \u00fc and a line\nfeed'],
    [status.NOT_FOUND, 'not found'],
    [status.UNIMPLEMENTED, 'no'],
    [status.INTERNAL, ''],
    [status.DEADLINE_EXCEEDED, 'its own'],
    [status.RESOURCE_EXHAUSTED, 'full'],
    [status.UNAUTHENTICATED, 'who'],
  ])('the status %i with its text and metadata', async (code, details) => {
    const client = await proxied(
      raw((_, reply) => {
        const metadata = new Metadata();
        metadata.set('x-why', 'because');
        reply({ code, details, metadata });
      }),
    );
    const { error } = await askRaw(client, Buffer.alloc(0));
    expect([error?.code, error?.details]).toEqual([code, details]);
    expect(error?.metadata.get('x-why')).toEqual(['because']);
  });

  test('what the other side does not serve: UNIMPLEMENTED', async () => {
    const client = await proxied(() => undefined);
    expect((await askRaw(client, Buffer.alloc(0))).error?.code).toBe(status.UNIMPLEMENTED);
  });

  test('the deadline', async () => {
    let received: Date | number = 0;
    const client = await proxied(
      raw((call, reply) => {
        received = call.getDeadline();
        reply(null, Buffer.alloc(0));
      }),
    );
    const deadline = new Date(Date.now() + 30_000);
    await askRaw(client, Buffer.alloc(0), new Metadata(), { deadline });
    expect(Math.abs(new Date(received).getTime() - deadline.getTime())).toBeLessThan(10_000);
    // A caller that waits for ever is bounded here.
    await askRaw(client, Buffer.alloc(0));
    expect(received).not.toBe(Infinity);
  });

  test('the end of the deadline', async () => {
    const ended = vi.fn<() => void>();
    const client = await proxied(raw((call) => void call.once('cancelled', ended)));
    const deadline = new Date(Date.now() + 200);
    const { error } = await askRaw(client, Buffer.alloc(0), new Metadata(), { deadline });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce(), { timeout: 10_000 });
  });

  test('a cancellation', async () => {
    const begun = vi.fn<() => void>();
    const ended = vi.fn<() => void>();
    const client = await proxied(
      raw((call) => {
        begun();
        call.once('cancelled', ended);
      }),
    );
    const cancel = new AbortController();
    const asked = askRaw(client, Buffer.alloc(0), new Metadata(), { signal: cancel.signal });
    await vi.waitFor(() => expect(begun).toHaveBeenCalledOnce(), { timeout: 10_000 });
    expect(ended).not.toHaveBeenCalled();
    cancel.abort();
    expect((await asked).error?.code).toBe(status.CANCELLED);
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce(), { timeout: 10_000 });
    expect(begun).toHaveBeenCalledOnce();
  });

  test('a call to the next process when the one that had it is gone', async () => {
    let hang = true;
    const client = await proxied(
      raw((_, reply) => {
        if (!hang) reply(null, Buffer.of(7));
      }),
    );
    const asked = askRaw(client, Buffer.alloc(0));
    await vi.waitFor(() => expect(remote.lazyConnection.current()).toBeDefined(), { timeout: 10_000 });
    const dead = relayerWire;
    relayerWire = await Wire.open();
    hang = false;
    dead.close();
    expect((await asked).reply).toEqual(Buffer.of(7));
  });

  test('why there is no provider', async () => {
    const lazy = new LazyConnection(() => Promise.reject(new Error('no such provider')));
    remote = new RemoteProvider('client', lazy);
    const { id } = await serveProvider(pluginWire.near, remote, noLog);
    const client = pluginWire.keep(await pluginWire.far.dial(id, -1));
    const { error } = await askRaw(client, Buffer.alloc(0));
    expect([error?.code, error?.details]).toEqual([status.UNKNOWN, 'no such provider']);
  });

  test('that nothing could be opened in time', async () => {
    relayerWire.kill();
    remote = new RemoteProvider(
      'client',
      new LazyConnection(() =>
        callUnary(relayerWire.main, LoopService.ready, {}).then(() => ({ client: relayerWire.main })),
      ),
    );
    const { id } = await serveProvider(pluginWire.near, remote, noLog);
    const waiting = pluginWire.keep(await pluginWire.far.dial(id, -1));
    const deadline = new Date(Date.now() + 300);
    const { error } = await askRaw(waiting, Buffer.alloc(0), new Metadata(), { deadline });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
  });
});

describe('Close through a proxy', () => {
  test('closes the provider there', async () => {
    const events: string[] = [];
    const provider = new FakeProvider(events);
    const client = await proxied((server) => {
      registerOcr3Provider(server, provider);
      registerService(server, provider, () => undefined);
    });
    await callUnary(client, LoopService.ready, {});
    await callUnary(client, LoopService.close, {});
    expect(events).toEqual(['provider closed']);
  });

  test('makes no provider in order to close it', async () => {
    const opened = vi.fn<() => void>();
    const client = await proxied(opened);
    expect(await callUnary(client, LoopService.close, {})).toEqual({});
    expect(opened).not.toHaveBeenCalled();
  });
});

test('a provider is the same through a proxy', async () => {
  const provider = new FakeProvider();
  provider.read = () => Promise.resolve({ kind: 'uint64', value: 2n ** 64n - 1n });
  const client = await proxied((server) => registerOcr3Provider(server, provider));
  const caller = callerOf(client, 10_000);
  expect((await remoteTracker(caller).latestConfigDetails()).configDigest).toEqual(DIGEST);
  expect(await remoteOcr3Transmitter(caller).fromAccount()).toBe('0xbb');
  const read = { readIdentifier: 'r', confidence: 'safe', params: { kind: 'nil' } } as const;
  expect(await remoteReader(caller).getLatestValue(read)).toEqual({ kind: 'uint64', value: 2n ** 64n - 1n });
  expect(provider.asked.at(-1)?.args).toEqual([read]);
});

test('a provider of this process is served as it is, and ends when it is closed', async () => {
  const events: string[] = [];
  const provider = new FakeProvider(events);
  const sockets = pluginWire.sockets;
  const { id } = await serveProvider(pluginWire.near, provider, noLog);
  remote = new RemoteProvider('unused', new LazyConnection(() => Promise.reject(new Error('unused'))));
  const client = pluginWire.keep(await pluginWire.far.dial(id, -1));
  expect(await callUnary(client, ContractTransmitterService.fromAccount, {})).toEqual({ account: '0xaa' });
  expect(events).toEqual([]);
  await callUnary(client, LoopService.close, {});
  expect(events).toEqual(['provider closed']);
  await vi.waitFor(() => expect(pluginWire.sockets).toBe(sockets), { timeout: 10_000 });
});
