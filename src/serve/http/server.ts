import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, messageOf, systemCode } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { settlesWithin } from '../settles-within.ts';
import { lastWords, leave } from './last-words.ts';
import { problem } from './reply.ts';
import type { Reply } from './reply.ts';

/** How the server deals with its clients. Every limit is in the unit its name ends with. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Connections whose rounds are taken. So many again are told that there are too many; more are closed. */
  readonly connections: number;
  /** From the start of a connection or request to the end of its header. */
  readonly headersTimeoutMs: number;
  /** From the same moment to the end of its body. */
  readonly requestTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeoutMs: number;
  /** Without a byte in either direction, whatever is in progress. */
  readonly idleTimeoutMs: number;
}

/** A request, and what is known of its connection. */
export interface Incoming {
  readonly request: IncomingMessage;
  /** There were too many connections when this one was made. */
  readonly crowded: boolean;
  /** Asks for a body that the client holds back (`Expect: 100-continue`); nothing happens for any other client. */
  readonly askForBody: () => void;
}

/** Undefined: the client is gone. A rejection is a fault of the program. */
export type Handle = (incoming: Incoming) => Promise<Reply | undefined>;

/** How often connections are looked at that have taken too long. */
const CHECK_EVERY_MS = 500;
/** A body up to this size that nobody reads is skipped; with a larger one the connection ends. */
const SKIPPED_BYTES = 64 * 1024;

/** An HTTP server that takes what comes, within limits. */
export class HttpServer {
  private readonly server: Server;
  private readonly options: HttpServerOptions;
  private readonly handle: Handle;
  private readonly onReply: (status: number) => void;
  private readonly log: Log;
  private readonly crowd = new WeakSet<Socket>();
  private open = 0;
  private handling = 0;
  private draining = false;
  private onIdle: () => void = () => undefined;

  /** `onReply` hears of every answer. */
  constructor(options: HttpServerOptions, handle: Handle, onReply: (status: number) => void, log: Log) {
    this.options = options;
    this.handle = handle;
    this.onReply = onReply;
    this.log = log;
    this.server = this.newServer();
  }

  /** Answers where it listens. Rejects with `AppError` LISTEN. */
  async listen(): Promise<string> {
    const { host, port, connections } = this.options;
    // Clients that come all at once would wait for seconds where they do not fit into this queue.
    const backlog = 2 * connections;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => {
        const where = `${host}:${String(port)}`;
        reject(new AppError('LISTEN', `${where}: expected to listen there, got ${error.message}`));
      });
      this.server.listen({ port, host, backlog }, resolve);
    });
    return urlOf(this.server);
  }

  get connections(): number {
    return this.open;
  }

  /** Takes no further connections; those that are idle end. */
  drain(): void {
    this.draining = true;
    this.server.close();
  }

  /** Waits until every request is answered, `graceMs` at most, and ends all connections. Never rejects. */
  async close(graceMs: number): Promise<void> {
    if (this.handling > 0) {
      const idle = new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
      await settlesWithin(idle, graceMs);
    }
    this.server.closeAllConnections();
  }

  private newServer(): Server {
    const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs } = this.options;
    const server = createServer({
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    });
    server.timeout = idleTimeoutMs;
    server.maxConnections = 2 * this.options.connections;
    server.on('connection', (socket) => this.count(socket));
    server.on('request', (request, response) => void this.respond(request, response, nobodyWaits));
    server.on('checkContinue', (request, response) => {
      void this.respond(request, response, () => response.writeContinue());
    });
    server.on('clientError', (error, socket) => this.refuse(error, socket as Socket));
    return server;
  }

  private count(socket: Socket): void {
    this.open++;
    if (this.open > this.options.connections) this.crowd.add(socket);
    socket.once('close', () => this.open--);
  }

  private async respond(
    request: IncomingMessage,
    response: ServerResponse,
    askForBody: () => void,
  ): Promise<void> {
    this.handling++;
    response.once('close', () => this.done());
    const crowded = this.crowd.has(request.socket);
    const reply = await this.handle({ request, crowded, askForBody }).catch((error: unknown) => {
      this.log('error', 'a request met a fault of this program', { error: messageOf(error) });
      return problem(500, 'a fault of this program; its log has more');
    });
    if (reply === undefined) return;
    this.onReply(reply.status);
    this.write(request, response, reply);
  }

  private write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
    const { socket } = request;
    const unread = isMuchUnread(request);
    const closes = !unread && (this.draining || this.crowd.has(socket));
    if (unread) {
      // Else Node closes the connection at once where the client asked for that, or this answer says so.
      response.shouldKeepAlive = true;
      response.once('finish', () => leave(socket));
    }
    response.writeHead(status, {
      ...headers,
      'content-length': Buffer.byteLength(body),
      ...(closes ? { connection: 'close' } : {}),
    });
    response.end(body);
  }

  private done(): void {
    this.handling--;
    if (this.handling === 0) this.onIdle();
  }

  /** What is no HTTP, or comes too slowly. */
  private refuse(error: Error, socket: Socket): void {
    if (!socket.writable || systemCode(error) === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const reply = refusalOf(systemCode(error));
    this.onReply(reply.status);
    lastWords(socket, reply);
  }
}

/** The client sends its body unasked. */
const nobodyWaits = (): void => undefined;

function refusalOf(code: string | undefined): Reply {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem(408, 'the request took too long to come');
  if (code === 'HPE_HEADER_OVERFLOW') return problem(431, 'header: expected at most 16 KiB, got more');
  return problem(400, 'expected an HTTP/1.1 request, got something else');
}

function isMuchUnread(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const declared = Number(request.headers['content-length'] ?? Infinity);
  return declared > SKIPPED_BYTES;
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${String(address.port)}`;
}
