import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ExternalAdapterError } from '../../../../loopp/host/bridge/errors.ts';
import { HttpExternalAdapter, backOffMs } from '../../../../loopp/host/bridge/http-external-adapter.ts';
import type { HttpExternalAdapterOptions } from '../../../../loopp/host/bridge/options.ts';
import type { Call } from '../../../../src/contract/call.ts';
import type { Blocks } from '../../../../src/contract/external-adapter.ts';
import { configureSeed } from '../../../helpers/seed.ts';
import {
  AdapterServer,
  BLOCKS,
  PAYLOAD,
  SEPOLIA,
  TELOS,
  answerWith,
  answering,
  freeUrl,
  optionsFor,
} from './adapter-server.ts';

configureSeed();

const GOOD = `{"data":${answerWith()},"statusCode":200,"result":0}`;

let server: AdapterServer;
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  server = await AdapterServer.start(answering(GOOD));
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  await server.close();
});

const adapterWith = (changes: Partial<HttpExternalAdapterOptions> = {}): HttpExternalAdapter =>
  new HttpExternalAdapter(optionsFor(server.url, changes));

const callWith = (changes: Partial<Call> = {}): Call => ({
  deadline: undefined,
  signal: new AbortController().signal,
  metadata: new Map(),
  ...changes,
});

/** Kind and sentence of the failure; the sentence without the adapter's place, which it starts with. */
async function failureOf(adapter: HttpExternalAdapter, call?: Call): Promise<readonly [string, string]> {
  const error = await adapter.getPayload(BLOCKS, call).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ExternalAdapterError)) throw new Error(`expected a failure, got ${String(error)}`);
  const [, sentence] = /^external adapter http:\/\/127\.0\.0\.1:[0-9]+\/: (.*)$/.exec(error.message) ?? [];
  return [error.kind, sentence ?? error.message];
}

/** The body of the request for these blocks. */
async function asked(blocks: Blocks, changes: Partial<HttpExternalAdapterOptions> = {}): Promise<string> {
  await adapterWith(changes).getPayload(blocks);
  return server.requests.at(-1)?.body ?? '';
}

describe('a request', () => {
  test('asks for every configured chain, at the block that the plugin named, exactly', async () => {
    expect(await asked(BLOCKS)).toBe(
      '{"data":{"token":"eth","reserves":"platform","supplyChains":["729797994450396300","16015286601757825753"],' +
        '"supplyChainBlocks":[5,9007199254740992]}}',
    );
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    });
  });

  test('asks at block 0 where the plugin named none, and not for chains that only the plugin knows', async () => {
    expect(
      await asked(
        new Map([
          [SEPOLIA, 2n ** 53n + 1n],
          [1n, 7n],
        ]),
      ),
    ).toContain(
      '"supplyChains":["729797994450396300","16015286601757825753"],"supplyChainBlocks":[0,9007199254740993]}}',
    );
  });

  test('has no lists without chains, and texts escaped', async () => {
    server.handler = answering('{"mintables":{},"latestBlocks":{},"reserveInfo":{"reserveAmount":"1"}}');
    expect(await asked(new Map(), { chains: [], token: 'a"b\n', reserves: 'é' })).toBe(
      String.raw`{"data":{"token":"a\"b\n","reserves":"é"}}`,
    );
  });

  test('takes the trace of the call along, and nothing about who asks', async () => {
    const metadata = new Map([
      ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
      ['tracestate', 'a=\u0001'],
      ['x-chainlink-owner', 'owner'],
    ]);
    await adapterWith().getPayload(BLOCKS, callWith({ metadata }));
    const headers = server.requests[0]?.headers ?? {};
    expect(headers['traceparent']).toBe('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    expect(Object.keys(headers)).not.toContain('tracestate');
    expect(Object.keys(headers)).not.toContain('x-chainlink-owner');
  });

  test('has user and password of the URL as basic authentication; messages do not show them', async () => {
    const url = server.url.replace('//', '//user:secret@').concat('price?key=secret');
    await new HttpExternalAdapter(optionsFor(url)).getPayload(BLOCKS);
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('user:secret').toString('base64')}`,
    );
    server.handler = answering('', 404);
    const failing = new HttpExternalAdapter(optionsFor(url)).getPayload(BLOCKS);
    await expect(failing).rejects.toThrow(
      `external adapter ${server.url}price: expected an answer, got status 404`,
    );
  });
});

/** Timers that keep this process running. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

describe('an answer', () => {
  test('is the payload', async () => {
    await expect(adapterWith().getPayload(BLOCKS)).resolves.toEqual(PAYLOAD);
  });

  test('is the payload without mintables when the plugin named no block', async () => {
    const payload = await adapterWith().getPayload(new Map());
    expect(payload).toEqual({ ...PAYLOAD, mintables: new Map() });
  });

  test('may come with any status of success, and byte by byte', async () => {
    server.handler = (response) => {
      response.writeHead(203);
      for (const byte of Buffer.from(GOOD)) response.write(Buffer.of(byte));
      response.end();
    };
    await expect(adapterWith().getPayload(BLOCKS)).resolves.toEqual(PAYLOAD);
  });

  test('comes for each of overlapping calls, and leaves nothing open', async () => {
    const adapter = adapterWith();
    const payloads = await Promise.all(Array.from({ length: 20 }, () => adapter.getPayload(BLOCKS)));
    expect(payloads).toEqual(payloads.map(() => PAYLOAD));
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
  });

  test('leaves no timer behind', async () => {
    const before = timers();
    await adapterWith({ timeoutMs: 600_000 }).getPayload(BLOCKS);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test('that is not what was asked is refused at once', async () => {
    server.handler = answering('{"data":{"latestBlocks":7}}');
    expect(await failureOf(adapterWith())).toEqual([
      'answer',
      'data.latestBlocks: expected an object of block numbers by chain selector, got 7',
    ]);
    server.handler = answering('<html>');
    expect(await failureOf(adapterWith())).toEqual([
      'answer',
      'body: expected JSON, got 6 bytes that are not: "<html>"',
    ]);
    expect(server.requests).toHaveLength(2);
  });

  test('of any bytes is a payload or one error', async () => {
    const adapter = adapterWith();
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
      server.handler = answering(bytes);
      const [kind, sentence] = await failureOf(adapter);
      expect(kind).toBe('answer');
      expect(sentence).toMatch(/^[^\n]+: expected [^\n]+, got [^\n]+$/);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

const errored = (statusCode: number, message: string): string =>
  JSON.stringify({ status: 'errored', statusCode, error: { name: 'AdapterError', message } });

describe('a refusal', () => {
  test.each([
    [400, errored(400, 'unknown token'), 'got status 400 "unknown token"'],
    [401, 'who are you?', 'got status 401'],
    [404, '', 'got status 404'],
    [400, '{"error":"no such token"}', 'got status 400 "no such token"'],
    [418, '{"errorMessage":"short and stout"}', 'got status 418'],
    [403, '{"error":{"message":7}}', 'got status 403'],
    [422, '{"error":1,"error":2}', 'got status 422'],
    [200, errored(400, 'bad block'), 'got status 400 "bad block"'],
    [200, '{"statusCode":200,"providerStatusCode":404,"errorMessage":"gone"}', 'got status 404 "gone"'],
    [500, errored(403, 'x'.repeat(100)), `got status 403 "${'x'.repeat(80)}…"`],
  ])('by HTTP %i and %s is not tried again', async (status, body, expected) => {
    server.handler = answering(body, status);
    expect(await failureOf(adapterWith())).toEqual(['status', `expected an answer, ${expected}`]);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [429, '', 'got status 429'],
    [500, '', 'got status 500'],
    [502, errored(502, 'provider is down'), 'got status 502 "provider is down"'],
    [504, '<html>', 'got status 504'],
    [503, '{"statusCode":200}', 'got status 503'],
    [200, errored(504, 'no data yet'), 'got status 504 "no data yet"'],
    [200, '{"error":{"message":"no data yet"}}', 'got status 500 "no data yet"'],
    [404, errored(502, 'no data yet'), 'got status 502 "no data yet"'],
  ])('by HTTP %i and %s is tried again', async (status, body, expected) => {
    server.handler = answering(body, status);
    expect(await failureOf(adapterWith())).toEqual([
      'status',
      `expected an answer, ${expected} (try 3 of 3)`,
    ]);
    expect(server.requests).toHaveLength(3);
  });

  test('that passes is not heard of', async () => {
    server.handler = (response) => {
      const passed = server.requests.length > 2;
      answering(passed ? GOOD : '', passed ? 200 : 503)(response);
    };
    await expect(adapterWith().getPayload(BLOCKS)).resolves.toEqual(PAYLOAD);
    expect(server.requests).toHaveLength(3);
    const bodies = new Set(server.requests.map(({ body }) => body));
    expect(bodies.size).toBe(1);
  });

  test('without retries is final', async () => {
    server.handler = answering('', 503);
    expect(await failureOf(adapterWith({ retries: 0 }))).toEqual([
      'status',
      'expected an answer, got status 503',
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test('by redirect: it is not followed', async () => {
    const other = await AdapterServer.start(answering(GOOD));
    cleanUps.push(() => other.close());
    server.handler = answering('', 307, { location: other.url });
    expect(await failureOf(adapterWith())).toEqual([
      'status',
      `expected an answer, got a redirect (HTTP 307) to "${other.url}", which is not followed`,
    ]);
    expect(server.requests).toHaveLength(1);
    expect(other.requests).toEqual([]);
  });
});

/** A server on bare TCP. */
async function tcpServer(onRequest: (socket: Socket) => void): Promise<string> {
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => onRequest(socket));
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  cleanUps.push(() => tcp.close());
  return `http://127.0.0.1:${String((tcp.address() as AddressInfo).port)}/`;
}

describe('a connection', () => {
  test('that is refused is tried again', async () => {
    const adapter = new HttpExternalAdapter(optionsFor(await freeUrl()));
    expect(await failureOf(adapter)).toEqual([
      'unreachable',
      'expected an answer, got connection refused (ECONNREFUSED) (try 3 of 3)',
    ]);
  });

  test('that closes before the answer', async () => {
    const url = await tcpServer((socket) => socket.destroy());
    expect(await failureOf(new HttpExternalAdapter(optionsFor(url)))).toEqual([
      'unreachable',
      'expected an answer, got connection closed before an answer (ECONNRESET) (try 3 of 3)',
    ]);
  });

  test('to something that does not speak HTTP', async () => {
    const url = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const [kind, sentence] = await failureOf(new HttpExternalAdapter(optionsFor(url, { retries: 0 })));
    expect(kind).toBe('unreachable');
    expect(sentence).toMatch(/^expected an answer, got Parse Error: .+ \(HPE_INVALID_CONSTANT\)$/);
  });

  test.each([
    ['with a length', { 'content-length': '1000' }],
    ['in chunks', {}],
  ])('that closes in the middle of a body %s is tried again', async (_how, headers) => {
    server.handler = (response) => {
      response.writeHead(200, headers);
      response.write(GOOD.slice(0, 40), () => response.destroy());
    };
    expect(await failureOf(adapterWith())).toEqual([
      'unreachable',
      'expected a whole answer, got the connection closed after 40 bytes of the body (try 3 of 3)',
    ]);
    expect(server.requests).toHaveLength(3);
  });
});

const silence = (): void => undefined;
const halfAnAnswer = (response: ServerResponse): void => void response.writeHead(200).write('{"data":');

describe('time', () => {
  test.each([
    ['at all', silence],
    ['to its end', halfAnAnswer],
  ])('ends a try that is not answered %s, and there is another one', async (_how, handler) => {
    server.handler = handler;
    expect(await failureOf(adapterWith({ timeoutMs: 50 }))).toEqual([
      'timeout',
      'expected an answer within 50 ms, got none (try 3 of 3)',
    ]);
    expect(server.requests).toHaveLength(3);
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
  });

  test('of a call ends with its deadline', async () => {
    server.handler = silence;
    const deadline = new Date(Date.now() + 200);
    const [kind, sentence] = await failureOf(adapterWith(), callWith({ deadline }));
    expect(kind).toBe('timeout');
    expect(sentence).toMatch(/^expected an answer within [0-9]+ ms, all that the deadline left, got none$/);
    expect(server.requests).toHaveLength(1);
  });

  test('of a call ends with the total, retries or not', async () => {
    server.handler = answering('', 503);
    const options = { totalTimeoutMs: 200, backOffMs: 60_000, backOffMaxMs: 60_000 };
    expect(await failureOf(adapterWith(options))).toEqual(['status', 'expected an answer, got status 503']);
    expect(server.requests).toHaveLength(1);
  });

  test('that has passed asks nobody', async () => {
    const deadline = new Date(Date.now() - 1);
    expect(await failureOf(adapterWith(), callWith({ deadline }))).toEqual([
      'timeout',
      'expected an answer, but the deadline has passed',
    ]);
    expect(server.requests).toEqual([]);
  });

  test('nobody asks for a caller that is gone', async () => {
    const signal = AbortSignal.abort();
    expect(await failureOf(adapterWith(), callWith({ signal }))).toEqual([
      'cancelled',
      'expected an answer, but the caller does not wait any more',
    ]);
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['nothing', silence],
    ['half an answer', halfAnAnswer],
  ])('a caller that goes closes the connection after %s', async (_what, handler) => {
    const caller = new AbortController();
    server.handler = (response) => {
      handler(response);
      setImmediate(() => caller.abort());
    };
    expect(await failureOf(adapterWith(), callWith({ signal: caller.signal }))).toEqual([
      'cancelled',
      'expected an answer, but the caller does not wait any more',
    ]);
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
    expect(server.requests).toHaveLength(1);
  });

  test('a caller that goes ends the wait before the next try', { timeout: 20_000 }, async () => {
    const caller = new AbortController();
    server.handler = (response) => {
      answering('', 503)(response);
      setTimeout(() => caller.abort(), 50);
    };
    const adapter = adapterWith({ backOffMs: 60_000, backOffMaxMs: 60_000, totalTimeoutMs: 600_000 });
    expect(await failureOf(adapter, callWith({ signal: caller.signal }))).toEqual([
      'cancelled',
      'expected an answer, but the caller does not wait any more',
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test('between tries doubles up to the most, half of it by chance', () => {
    const options = { backOffMs: 100, backOffMaxMs: 500 };
    const waits = [1, 2, 3, 4, 10].map((tries) => [0, 1].map((chance) => backOffMs(options, tries, chance)));
    expect(waits).toEqual([
      [50, 100],
      [100, 200],
      [200, 400],
      [250, 500],
      [250, 500],
    ]);
  });
});

describe('length', () => {
  const LIMIT = 64 * 1024;
  const GIBIBYTE = 1024 ** 3;

  test('is refused unread when it is announced', async () => {
    server.handler = (response) => {
      response.writeHead(200, { 'content-length': String(GIBIBYTE) }).write('{');
    };
    expect(await failureOf(adapterWith({ responseLimitBytes: LIMIT }))).toEqual([
      'answer',
      'expected an answer of at most 65536 bytes, got 1073741824 or more',
    ]);
    expect(server.requests).toHaveLength(1);
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
  });

  test('is cut off early when it is not', async () => {
    let sent = 0;
    server.handler = (response) => {
      const piece = Buffer.alloc(LIMIT, 0x20);
      const more = (): void => {
        let isFlowing = true;
        while (isFlowing && sent < GIBIBYTE && !response.destroyed) {
          sent += piece.length;
          isFlowing = response.write(piece);
        }
      };
      response.writeHead(200).on('drain', more);
      more();
    };
    const [kind, sentence] = await failureOf(adapterWith());
    expect(kind).toBe('answer');
    expect(sentence).toMatch(/^expected an answer of at most 1048576 bytes, got [0-9]+ or more$/);
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
    // The rest is in the buffers of both sockets.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('at the limit is read, one byte more is not', async () => {
    const exactly = GOOD.padEnd(LIMIT, ' ');
    const adapter = adapterWith({ responseLimitBytes: LIMIT });
    server.handler = answering(exactly);
    await expect(adapter.getPayload(BLOCKS)).resolves.toEqual(PAYLOAD);
    server.handler = answering(`${exactly} `);
    const [, sentence] = await failureOf(adapter);
    expect(sentence).toBe('expected an answer of at most 65536 bytes, got 65537 or more');
  });

  test('of headers is limited too', async () => {
    server.handler = answering(GOOD, 200, { 'x-long': 'x'.repeat(100_000) });
    const [kind, sentence] = await failureOf(adapterWith({ retries: 0 }));
    expect([kind, sentence]).toEqual([
      'unreachable',
      'expected an answer, got Parse Error: Header overflow (HPE_HEADER_OVERFLOW)',
    ]);
  });
});

test('selectors keep their digits from the request to the payload', async () => {
  const { latestBlocks } = await adapterWith().getPayload(BLOCKS);
  expect([...latestBlocks.keys()]).toEqual([TELOS, SEPOLIA]);
});
