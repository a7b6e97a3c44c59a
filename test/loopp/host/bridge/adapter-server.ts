import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { EXTERNAL_ADAPTER_DEFAULTS } from '../../../../loopp/host/bridge/options.ts';
import type { HttpExternalAdapterOptions } from '../../../../loopp/host/bridge/options.ts';

/** One chain selector above 2^63, one above 2^53, ascending. */
export const TELOS = 729797994450396300n;
export const SEPOLIA = 16015286601757825753n;

export interface AdapterRequest {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Handler = (response: ServerResponse) => void;

/** An external adapter on loopback that keeps what it was asked. */
export class AdapterServer {
  readonly requests: AdapterRequest[] = [];
  /** What it does for a request. */
  handler: Handler;
  private readonly server: Server;

  private constructor(handler: Handler) {
    this.handler = handler;
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  static async start(handler: Handler): Promise<AdapterServer> {
    const started = new AdapterServer(handler);
    started.server.listen(0, '127.0.0.1');
    await once(started.server, 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${String(portOf(this.server))}/`;
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method, headers } = request;
    this.requests.push({ method, headers, body: Buffer.concat(chunks).toString('utf8') });
    this.handler(response);
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Answers every request with this body. */
export const answering =
  (body: string | Uint8Array, status = 200, headers: Readonly<Record<string, string>> = {}): Handler =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** A loopback address where nobody listens. */
export async function freeUrl(): Promise<string> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${String(port)}/`;
}

/** Waits are short, time is plenty. */
export function optionsFor(
  url: string,
  changes: Partial<HttpExternalAdapterOptions> = {},
): HttpExternalAdapterOptions {
  return {
    ...EXTERNAL_ADAPTER_DEFAULTS,
    url,
    token: 'eth',
    reserves: 'platform',
    chains: [TELOS, SEPOLIA],
    timeoutMs: 20_000,
    totalTimeoutMs: 40_000,
    backOffMs: 1,
    backOffMaxMs: 2,
    ...changes,
  };
}

/** Members by chain selector, as JSON. */
const byChain = (entries: readonly (readonly [bigint, string])[]): string =>
  `{${entries.map(([chain, json]) => `"${String(chain)}":${json}`).join(',')}}`;

/** The parts of a good answer, as JSON. */
export const PARTS = {
  mintables: byChain([
    [TELOS, '{"mintable":"25","block":5}'],
    [SEPOLIA, '{"mintable":"340282366920938463463374607431768211455","block":9007199254740991}'],
  ]),
  reserveInfo: '{"reserveAmount":"10332550000000000000001","timestamp":1749483841486}',
  latestBlocks: byChain([
    [TELOS, '6'],
    [SEPOLIA, '9007199254740991'],
  ]),
} as const;

/** A good answer with some parts changed; undefined leaves one out. */
export function answerWith(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const members = Object.entries({ ...PARTS, ...changes }).filter(([, json]) => json !== undefined);
  return `{${members.map(([name, json]) => `"${name}":${json ?? ''}`).join(',')}}`;
}

/** What the plugin named, so that the good answer fits. */
export const BLOCKS: ReadonlyMap<bigint, bigint> = new Map([
  [TELOS, 5n],
  [SEPOLIA, 9007199254740992n],
]);

export const PAYLOAD = {
  mintables: new Map([
    [TELOS, { block: 5n, mintable: 25n }],
    [SEPOLIA, { block: 9007199254740991n, mintable: 2n ** 128n - 1n }],
  ]),
  reserveInfo: {
    reserveAmount: 10332550000000000000001n,
    timestampNs: 1_749_483_841_486_000_000n,
  },
  latestBlocks: new Map([
    [TELOS, 6n],
    [SEPOLIA, 9007199254740991n],
  ]),
};
