import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RawFlag } from '../../src/flags/definition.ts';

/** How the server answers the next request. */
export type Answer =
  | { readonly kind: 'flags'; readonly flags: readonly RawFlag[] }
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Never. */
  | { readonly kind: 'hang' }
  /** Headers and half a body, and then nothing. */
  | { readonly kind: 'half' }
  /** A body without an end. */
  | { readonly kind: 'endless' }
  /** The connection is cut. */
  | { readonly kind: 'cut' };

/** A server on loopback that answers as Unleash's client API does, well or badly. */
export class ClientApi {
  answer: Answer = { kind: 'flags', flags: [] };
  /** Requests so far, whatever became of them. */
  requests = 0;
  /** Of the last request. */
  headers: IncomingMessage['headers'] = {};
  /** Of the last request. */
  path: string | undefined;
  private readonly server: Server;
  private port = 0;

  private constructor() {
    this.server = createServer((request, response) => {
      this.requests++;
      this.headers = request.headers;
      this.path = request.url;
      this.reply(request, response);
    });
  }

  static async open(): Promise<ClientApi> {
    const api = new ClientApi();
    await api.listen();
    return api;
  }

  get address(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** Ends it; `listen` starts it again on the same port. */
  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }

  async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private reply(request: IncomingMessage, response: ServerResponse): void {
    const { answer } = this;
    switch (answer.kind) {
      case 'flags':
        return replyWithFlags(answer.flags, request, response);
      case 'status':
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body ?? '');
        return;
      case 'body':
        response
          .writeHead(200, { 'content-type': answer.contentType ?? 'application/json' })
          .end(answer.body);
        return;
      case 'redirect':
        response.writeHead(302, { location: answer.to }).end();
        return;
      case 'half':
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"version":2,"features":[');
        return;
      case 'endless':
        return replyWithoutEnd(response);
      case 'cut':
        request.socket.destroy();
        return;
      case 'hang':
        return;
    }
  }
}

/** 304 when the client has them. */
function replyWithFlags(
  features: readonly RawFlag[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const body = JSON.stringify({ version: 2, features });
  const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
  else response.writeHead(200, { 'content-type': 'application/json', etag }).end(body);
}

function replyWithoutEnd(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
  more();
}
