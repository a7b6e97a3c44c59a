import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Client, Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BROKER_WAIT_MS, Broker } from '../../../loopp/wire/broker.ts';
import type { BrokerStream } from '../../../loopp/wire/broker.ts';
import { callUnary, handleUnary } from '../../../loopp/wire/grpc.ts';
import type { ConnInfo } from '../../../loopp/wire/messages.ts';
import { Health } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';

/** One end of a stream that a test holds: what was written, and what the peer sends. */
class HeldStream implements BrokerStream {
  readonly written: ConnInfo[] = [];
  ended = 0;
  private readonly events = new EventEmitter();

  write(info: ConnInfo): void {
    this.written.push(info);
  }

  end(): void {
    this.ended++;
  }

  on(event: 'data' | 'end' | 'close' | 'error', listener: (info: ConnInfo) => void): void {
    this.events.on(event, listener);
  }

  announce(serviceId: number, address: string, network = 'unix'): void {
    this.events.emit('data', { serviceId, network, address });
  }

  finish(event: 'end' | 'close' | 'error'): void {
    this.events.emit(event);
  }
}

let folder: string;
let brokers: Broker[];
let clients: Client[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  brokers = [];
  clients = [];
});
afterEach(() => {
  for (const broker of brokers) broker.close();
  for (const client of clients) client.close();
  rmSync(folder, { recursive: true });
});

function newBroker(waitMs?: number, maxConnections?: number): Broker {
  const broker = new Broker(new SocketFolder(folder), waitMs, maxConnections);
  brokers.push(broker);
  return broker;
}

function attached(
  waitMs?: number,
  maxConnections?: number,
): { readonly broker: Broker; readonly stream: HeldStream } {
  const broker = newBroker(waitMs, maxConnections);
  const stream = new HeldStream();
  broker.attach(stream);
  return { broker, stream };
}

/** A service by whose answer a test knows it. */
const answering =
  (status: number) =>
  (server: Server): void =>
    handleUnary(server, Health.check, () => ({ status }));

async function askedBy(dialled: Promise<Client>): Promise<number> {
  const client = await dialled;
  clients.push(client);
  return (await callUnary(client, Health.check, { service: '' })).status;
}

const LIMIT = 1024;
const TIMEOUT = 'timeout waiting for connection info';

/** Runs what is queued in the event loop, so that what does not happen had its chance. */
const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('both sides wait five seconds, as go-plugin does', () => {
  expect(BROKER_WAIT_MS).toBe(5000);
});

describe('a dial reaches what the peer serves', () => {
  test('when the announcement came before', async () => {
    const { broker, stream } = attached();
    const { broker: peer, stream: peerStream } = attached();
    await peer.serve(answering(7));
    const [info] = peerStream.written;
    stream.announce(info?.serviceId ?? 0, info?.address ?? '');
    expect(await askedBy(broker.dial(1, LIMIT))).toBe(7);
  });

  test('when the announcement comes after: the reply with its number may be faster', async () => {
    const { broker, stream } = attached();
    const { broker: peer, stream: peerStream } = attached();
    const asked = askedBy(broker.dial(1, LIMIT));
    await peer.serve(answering(7));
    await turns();
    stream.announce(1, peerStream.written[0]?.address ?? '');
    expect(await asked).toBe(7);
  });

  test('and only the announced one, whatever order they come in', async () => {
    const { broker, stream } = attached();
    const { broker: peer, stream: peerStream } = attached();
    const [two, three] = [broker.dial(2, LIMIT), broker.dial(3, LIMIT)].map(askedBy);
    for (const status of [1, 2, 3]) await peer.serve(answering(status));
    for (const { serviceId, address } of peerStream.written.toReversed()) stream.announce(serviceId, address);
    expect(await Promise.all([two, askedBy(broker.dial(1, LIMIT)), three])).toEqual([2, 1, 3]);
  });

  test('numbers belong to the side that serves', async () => {
    const { broker: host, stream: hostStream } = attached();
    const { broker: plugin, stream: pluginStream } = attached();
    expect((await host.serve(answering(10))).id).toBe(1);
    expect((await plugin.serve(answering(20))).id).toBe(1);
    pluginStream.announce(1, hostStream.written[0]?.address ?? '');
    hostStream.announce(1, pluginStream.written[0]?.address ?? '');
    expect(await askedBy(plugin.dial(1, LIMIT))).toBe(10);
    expect(await askedBy(host.dial(1, LIMIT))).toBe(20);
  });
});

describe('an announcement', () => {
  test('that does not come in time fails the dial', async () => {
    const { broker } = attached(10);
    await expect(broker.dial(1, LIMIT)).rejects.toThrow(TIMEOUT);
  });

  test('is forgotten when no dial comes in time', async () => {
    const { broker, stream } = attached(20);
    stream.announce(1, '/nowhere');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await expect(broker.dial(1, LIMIT)).rejects.toThrow(TIMEOUT);
  });

  test('is good for one dial', async () => {
    const { broker, stream } = attached(10);
    stream.announce(1, '/nowhere');
    clients.push(await broker.dial(1, LIMIT));
    await expect(broker.dial(1, LIMIT)).rejects.toThrow(TIMEOUT);
  });

  test('is good for one of two dials that wait', async () => {
    const { broker, stream } = attached(500);
    const dials = [broker.dial(1, LIMIT), broker.dial(1, LIMIT)];
    stream.announce(1, '/nowhere');
    const [first, second] = await Promise.allSettled(dials);
    expect(first?.status).toBe('fulfilled');
    expect(second?.status === 'rejected' && String(second.reason)).toBe(`Error: ${TIMEOUT}`);
    if (first?.status === 'fulfilled') clients.push(first.value);
  });

  test('that comes twice is dropped the second time', async () => {
    const { broker, stream } = attached(10);
    const { broker: peer, stream: peerStream } = attached();
    await peer.serve(answering(7));
    stream.announce(1, peerStream.written[0]?.address ?? '');
    stream.announce(1, '/nowhere');
    expect(await askedBy(broker.dial(1, LIMIT))).toBe(7);
    await expect(broker.dial(1, LIMIT)).rejects.toThrow(TIMEOUT);
  });

  test('of a network that cannot be dialled fails the dial', async () => {
    const { broker, stream } = attached();
    stream.announce(1, '127.0.0.1:1234', 'tcp');
    await expect(broker.dial(1, LIMIT)).rejects.toThrow('Unknown address type: tcp');
  });
});

describe('serving', () => {
  test('announces number, network and socket, each with a number of its own', async () => {
    const { broker, stream } = attached();
    const served = [await broker.serve(answering(1)), await broker.serve(answering(2))];
    expect(served.map(({ id }) => id)).toEqual([1, 2]);
    expect(stream.written).toEqual(
      [1, 2].map((serviceId) => ({
        serviceId,
        network: 'unix',
        address: expect.stringMatching(/^\/.+\/plugin[0-9a-f]{12}$/),
      })),
    );
    expect(readdirSync(folder).toSorted()).toEqual(
      stream.written.map(({ address }) => basename(address)).toSorted(),
    );
  });

  test('before the peer opened the stream is announced once it does', async () => {
    const broker = newBroker();
    await broker.serve(answering(1));
    await broker.serve(answering(2));
    const stream = new HeldStream();
    broker.attach(stream);
    expect(stream.written.map(({ serviceId }) => serviceId)).toEqual([1, 2]);
  });

  test('where no socket can be bound rejects and announces nothing', async () => {
    const { broker, stream } = attached();
    const gone = new Broker(new SocketFolder(join(folder, 'missing')));
    brokers.push(gone);
    gone.attach(stream);
    await expect(gone.serve(answering(1))).rejects.toThrow(/ENOENT|EACCES|No address added/);
    expect(stream.written).toEqual([]);
    expect((await broker.serve(answering(1))).id).toBe(1);
  });

  test('ends with close: the call in flight fails, the socket is gone, the others go on', async () => {
    const { broker, stream } = attached();
    const hanging = await broker.serve((server) =>
      handleUnary(server, Health.check, () => new Promise(() => undefined)),
    );
    await broker.serve(answering(2));
    const [first, second] = stream.written;
    stream.announce(1, first?.address ?? '');
    stream.announce(2, second?.address ?? '');
    const inFlight = askedBy(broker.dial(1, LIMIT));
    await turns();
    hanging.close();
    hanging.close();
    await expect(inFlight).rejects.toMatchObject({ code: expect.any(Number) });
    expect(existsSync(first?.address ?? '')).toBe(false);
    expect(await askedBy(broker.dial(2, LIMIT))).toBe(2);
  });
});

describe('a broker is closed', () => {
  test.each(['end', 'close', 'error'] as const)('by its stream: %s', async (event) => {
    const { broker, stream } = attached();
    await broker.serve(answering(1));
    const waiting = broker.dial(9, LIMIT);
    stream.finish(event);
    await expect(waiting).rejects.toThrow('broker closed');
    await expect(broker.dial(9, LIMIT)).rejects.toThrow('broker closed');
    await expect(broker.serve(answering(1))).rejects.toThrow('broker closed');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('by close, which ends the stream once and may be called again', async () => {
    const { broker, stream } = attached();
    await broker.serve(answering(1));
    const dials = [broker.dial(9, LIMIT), broker.dial(9, LIMIT), broker.dial(8, LIMIT)];
    broker.close();
    broker.close();
    for (const result of await Promise.allSettled(dials)) {
      expect(result).toEqual({ status: 'rejected', reason: new Error('broker closed') });
    }
    expect(stream.ended).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('before it had a stream: one that comes later is ended', () => {
    const broker = newBroker();
    broker.close();
    const stream = new HeldStream();
    broker.attach(stream);
    expect(stream.ended).toBe(1);
  });

  test('while a socket is being bound: the service ends with it', async () => {
    const { broker } = attached();
    const serving = broker.serve(answering(1));
    broker.close();
    await expect(serving).rejects.toThrow('broker closed');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('not by a stream that another one replaced, which is ended', async () => {
    const { broker, stream } = attached();
    const second = new HeldStream();
    broker.attach(second);
    expect(stream.ended).toBe(1);
    stream.finish('end');
    expect((await broker.serve(answering(1))).id).toBe(1);
    expect(second.written).toHaveLength(1);
    expect(stream.written).toHaveLength(0);
  });
});

describe('whatever the peer does, a broker keeps', () => {
  test('no more announcements than it may: those beyond are dropped', async () => {
    const { broker, stream } = attached(200, 2);
    const { broker: peer, stream: peerStream } = attached();
    await peer.serve(answering(7));
    const address = peerStream.written[0]?.address ?? '';
    for (const id of [1, 2, 3]) stream.announce(id, address);
    await expect(broker.dial(3, LIMIT)).rejects.toThrow(TIMEOUT);
    stream.announce(1, address);
    expect(await askedBy(broker.dial(1, LIMIT))).toBe(7);
  });

  test('no more connections than it may, until one is closed', async () => {
    const { broker } = attached(200, 2);
    const first = await broker.serve(answering(1));
    await broker.serve(answering(2));
    await expect(broker.serve(answering(3))).rejects.toThrow(
      'expected at most 2 brokered connections: close some',
    );
    first.close();
    await broker.serve(answering(3));
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

test('a broker keeps no timer once it is closed', async () => {
  const { broker, stream } = attached();
  const waiting = broker.dial(1, LIMIT);
  stream.announce(2, '/nowhere');
  const cleared = vi.spyOn(globalThis, 'clearTimeout');
  broker.close();
  await expect(waiting).rejects.toThrow('broker closed');
  expect(cleared).toHaveBeenCalledTimes(2);
  cleared.mockRestore();
});
