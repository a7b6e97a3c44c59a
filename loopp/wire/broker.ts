import type { Client, Server } from '@grpc/grpc-js';
import { bind, newClient, newServer } from './grpc.ts';
import type { ConnInfo } from './messages.ts';
import type { SocketFolder } from './sockets.ts';

/**
 * go-plugin's broker (docs/spec/loopp-wire.md C): each side may open further connections to services of its own, which
 * it announces to the other by a number on one stream. Numbers are scoped to the side that serves.
 */

/** How long a dial waits for its announcement, and an announcement for its dial (C.2). */
export const BROKER_WAIT_MS = 5000;
/** Connections that one side serves, and announcements that wait for their dial, whatever the peer asks for or sends. */
const MAX_CONNECTIONS = 4096;

/** The stream that carries announcements; a grpc-js duplex of either side is one. */
export interface BrokerStream {
  write(info: ConnInfo): unknown;
  end(): unknown;
  on(event: 'data', listener: (info: ConnInfo) => void): unknown;
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown;
}

/** A connection to a plugin, and the broker over which what it serves beside is dialled. */
export interface BrokeredConnection {
  readonly client: Client;
  readonly broker: Broker;
}

/** Closes what was made for a call whose caller has given up meanwhile: nobody will ever learn its number. Throws then. */
export function closeUnlessWanted({ close }: BrokeredServer, signal: AbortSignal): void {
  if (signal.aborted) close();
  signal.throwIfAborted();
}

/** Something served on a connection of its own. */
export interface BrokeredServer {
  readonly id: number;
  /** Ends the connection at once: calls in flight fail as unavailable (C.6). Idempotent. */
  readonly close: () => void;
}

type StreamState =
  | { readonly name: 'waiting'; readonly queued: ConnInfo[] }
  | { readonly name: 'open'; readonly stream: BrokerStream }
  | { readonly name: 'closed' };

/** An announcement that came before its dial. */
interface Announced {
  readonly info: ConnInfo;
  readonly expiry: NodeJS.Timeout;
}

interface Dial {
  resolve(info: ConnInfo): void;
  reject(error: Error): void;
}

export class Broker {
  private readonly sockets: SocketFolder;
  private readonly waitMs: number;
  private readonly maxConnections: number;
  private readonly announced = new Map<number, Announced>();
  private readonly dials = new Map<number, Set<Dial>>();
  private readonly servers = new Set<BrokeredServer>();
  private state: StreamState = { name: 'waiting', queued: [] };
  private nextId = 1;

  constructor(sockets: SocketFolder, waitMs = BROKER_WAIT_MS, maxConnections = MAX_CONNECTIONS) {
    this.sockets = sockets;
    this.waitMs = waitMs;
    this.maxConnections = maxConnections;
  }

  /** Connects to the peer; announcements made before are sent now. A second stream ends the first. */
  attach(stream: BrokerStream): void {
    const before = this.state;
    if (before.name === 'closed') {
      stream.end();
      return;
    }
    this.state = { name: 'open', stream };
    stream.on('data', (info) => this.receive(info));
    for (const event of ['end', 'close', 'error'] as const) {
      stream.on(event, () => this.detach(stream));
    }
    if (before.name === 'open') before.stream.end();
    else for (const info of before.queued) stream.write(info);
  }

  /**
   * Serves what `register` adds on a socket of its own and announces it. Rejects when the socket cannot be bound, when
   * as many are served as may be, and with `broker closed`; then nothing is left of it.
   */
  async serve(register: (server: Server) => void): Promise<BrokeredServer> {
    if (this.state.name === 'closed') throw new Error('broker closed');
    if (this.servers.size >= this.maxConnections) {
      throw new Error(`expected at most ${String(this.maxConnections)} brokered connections: close some`);
    }
    const server = newServer();
    register(server);
    const id = this.nextId++;
    const socket = this.sockets.reserve();
    const brokered: BrokeredServer = {
      id,
      close: () => {
        if (!this.servers.delete(brokered)) return;
        server.forceShutdown();
        this.sockets.remove(socket);
      },
    };
    this.servers.add(brokered);
    try {
      await bind(server, socket);
      this.sockets.protect(socket);
      this.send({ serviceId: id, network: 'unix', address: socket });
    } catch (error) {
      brokered.close();
      throw this.isClosed() ? new Error('broker closed') : error;
    }
    return brokered;
  }

  /** Connects to what the peer serves as `id`. Each announcement is good for one dial. Rejects after 5 s without one. */
  async dial(id: number, receiveLimitBytes: number): Promise<Client> {
    const { network, address } = await this.announcement(id);
    if (network !== 'unix') throw new Error(`Unknown address type: ${network}`);
    return newClient(address, receiveLimitBytes);
  }

  /** Closes every brokered server and the stream; dials that wait fail. Idempotent. */
  close(): void {
    const before = this.state;
    if (before.name === 'closed') return;
    this.state = { name: 'closed' };
    for (const server of this.servers) server.close();
    for (const { expiry } of this.announced.values()) clearTimeout(expiry);
    this.announced.clear();
    for (const waiting of this.dials.values()) {
      for (const dial of waiting) dial.reject(new Error('broker closed'));
    }
    if (before.name === 'open') before.stream.end();
  }

  private isClosed(): boolean {
    return this.state.name === 'closed';
  }

  private send(info: ConnInfo): void {
    const { state } = this;
    if (state.name === 'open') state.stream.write(info);
    else if (state.name === 'waiting') state.queued.push(info);
    else throw new Error('broker closed');
  }

  private detach(stream: BrokerStream): void {
    if (this.state.name === 'open' && this.state.stream === stream) this.close();
  }

  private receive(info: ConnInfo): void {
    const { serviceId } = info;
    const [waiting] = this.dials.get(serviceId) ?? [];
    if (waiting !== undefined) waiting.resolve(info);
    else if (!this.announced.has(serviceId) && this.announced.size < this.maxConnections) {
      const expiry = setTimeout(() => this.announced.delete(serviceId), this.waitMs).unref();
      this.announced.set(serviceId, { info, expiry });
    }
  }

  private announcement(id: number): Promise<ConnInfo> {
    if (this.state.name === 'closed') return Promise.reject(new Error('broker closed'));
    const announced = this.announced.get(id);
    if (announced !== undefined) {
      clearTimeout(announced.expiry);
      this.announced.delete(id);
      return Promise.resolve(announced.info);
    }
    return this.waitFor(id);
  }

  private waitFor(id: number): Promise<ConnInfo> {
    const waiting = this.dials.get(id) ?? new Set();
    this.dials.set(id, waiting);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        waiting.delete(dial);
        if (waiting.size === 0 && this.dials.get(id) === waiting) this.dials.delete(id);
      };
      const dial: Dial = {
        resolve: (info) => {
          settle();
          resolve(info);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => dial.reject(new Error('timeout waiting for connection info')),
        this.waitMs,
      );
      waiting.add(dial);
    });
  }
}
