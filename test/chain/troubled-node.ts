import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a request meets in place of the node's answer. */
export type Trouble =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** `$ID` stands for the request's id. */
  | { readonly body: string }
  /** It is done, and nobody hears of it. */
  | 'answerLost'
  /** No answer at all. */
  | 'hang'
  /** Nobody listens: the connection is cut. */
  | 'gone';

/** Decides for each request by its method; undefined: it goes to the node. */
export type Plan = (method: string) => Trouble | undefined;

const NO_TROUBLE: Plan = () => undefined;

/** A real HTTP server before a node, which has the trouble that a test wants. */
export class TroubledNode {
  plan: Plan = NO_TROUBLE;
  /** Methods that were asked for, in their order. */
  readonly asked: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly target: () => string;

  private constructor(server: Server, target: () => string) {
    this.server = server;
    this.target = target;
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.handle(request, response));
  }

  /** `target`: the node's URL, which may change. */
  static async start(target: () => string): Promise<TroubledNode> {
    const node = new TroubledNode(createServer(), target);
    node.server.listen(0, '127.0.0.1');
    await once(node.server, 'listening');
    return node;
  }

  /** With a key in it, as providers have it. */
  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/v1/secret-key`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const { id, method } = JSON.parse(body) as { readonly id: number; readonly method: string };
    this.asked.push(method);
    const trouble = this.plan(method);
    if (trouble === undefined || trouble === 'answerLost') {
      const answer = await this.ask(body);
      if (answer === undefined || trouble !== undefined) request.socket.destroy();
      else response.end(answer);
    } else if (trouble === 'gone') request.socket.destroy();
    else if (trouble !== 'hang') answerWith(response, trouble, id);
  }

  /** Undefined: the node cannot be reached. */
  private async ask(body: string): Promise<string | undefined> {
    const headers = { 'content-type': 'application/json' };
    try {
      return await (await fetch(this.target(), { method: 'POST', headers, body })).text();
    } catch {
      return undefined;
    }
  }
}

function answerWith(response: ServerResponse, trouble: Exclude<Trouble, string>, id: number): void {
  const [status, headers] = 'status' in trouble ? [trouble.status, trouble.headers ?? {}] : [200, {}];
  response.writeHead(status, headers);
  response.end('body' in trouble ? trouble.body.replace('$ID', String(id)) : '');
}
