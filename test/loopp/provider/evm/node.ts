import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Interface } from 'ethers';

/** A contract as a test node has it: by name of the function, what it answers; bytes in hex are what it reverts with. */
export interface NodeContract {
  readonly abi: Interface;
  readonly functions: Readonly<Record<string, (...args: readonly unknown[]) => readonly unknown[] | string>>;
}

/** One request that comes to no good, instead of its answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly body: string }
  | 'hang'
  | 'hangUp';

export interface Asked {
  readonly method: string;
  readonly params: readonly unknown[];
}

interface JsonRpcRequest extends Asked {
  readonly id: number;
}

/** A small real JSON-RPC server on loopback: one chain, the contracts that a test gives it, and faults on demand. */
export class TestNode {
  readonly asked: Asked[] = [];
  readonly contracts = new Map<string, NodeContract>();
  /** By method, in place of the answer of the node itself. */
  readonly answers = new Map<string, (params: readonly unknown[]) => unknown>();
  /** What the next requests meet; the last one stays while `sticky`. */
  readonly faults: Fault[] = [];
  sticky = false;
  chainId: bigint;
  blockNumber = 100n;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server, chainId: bigint) {
    this.server = server;
    this.chainId = chainId;
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.handle(request, response));
  }

  static async start(chainId = 1337n, port = 0): Promise<TestNode> {
    const server = createServer();
    const node = new TestNode(server, chainId);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return node;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** With a key in it, as providers have it. */
  get url(): string {
    return `${this.origin}/v1/secret-key`;
  }

  methods(): readonly string[] {
    return this.asked.map(({ method }) => method);
  }

  /** Ends it as a process that is killed ends: connections are cut, nobody listens. */
  async kill(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const asked = JSON.parse(text) as JsonRpcRequest;
    this.asked.push({ method: asked.method, params: asked.params });
    const fault = this.sticky ? this.faults[0] : this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'hangUp') {
      request.socket.destroy();
      return;
    }
    if (fault === undefined)
      response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, ...this.answer(asked) }));
    else {
      response.writeHead('status' in fault ? fault.status : 200, 'headers' in fault ? fault.headers : {});
      response.end(fault.body?.replace('$ID', String(asked.id)) ?? '');
    }
  }

  private answer({ method, params }: Asked): object {
    const own = this.answers.get(method);
    if (own !== undefined) return { result: own(params) };
    switch (method) {
      case 'eth_chainId':
        return { result: hex(this.chainId) };
      case 'eth_blockNumber':
        return { result: hex(this.blockNumber) };
      case 'eth_getBlockByNumber':
        return { result: this.block() };
      case 'eth_getLogs':
        return { result: [] };
      case 'eth_call':
        return this.call(params[0] as { readonly to: string; readonly data: string });
      default:
        return { error: { code: -32_601, message: `the method ${method} does not exist` } };
    }
  }

  private call({ to, data }: { readonly to: string; readonly data: string }): object {
    const contract = this.contracts.get(to.toLowerCase());
    const called = contract?.abi.parseTransaction({ data }) ?? undefined;
    if (contract === undefined || called === undefined) return { result: '0x' };
    const answer = contract.functions[called.name]?.(...called.args.toArray()) ?? '0x';
    if (typeof answer === 'string') {
      return { error: { code: 3, message: 'execution reverted', data: answer } };
    }
    return { result: contract.abi.encodeFunctionResult(called.name, answer) };
  }

  private block(): object {
    const zeros = `0x${'00'.repeat(32)}`;
    return {
      number: hex(this.blockNumber),
      hash: `0x${'ab'.repeat(32)}`,
      parentHash: zeros,
      timestamp: hex(1_756_000_000n),
      nonce: '0x0000000000000000',
      difficulty: '0x0',
      gasLimit: '0x1c9c380',
      gasUsed: '0x0',
      miner: `0x${'00'.repeat(20)}`,
      extraData: '0x',
      transactions: [],
    };
  }
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
