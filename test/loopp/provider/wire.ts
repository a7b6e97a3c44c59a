import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, Server } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { registerGoPlugin } from '../../../loopp/plugin/go-plugin.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import { asServiceError, bind, newClient, newServer, openDuplex } from '../../../loopp/wire/grpc.ts';
import { GrpcBroker } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';

/** Two processes' ends of a go-plugin connection, over real sockets, in this one. */
export class Wire {
  /** The side that connected: a host. */
  readonly near: Broker;
  /** The side that was connected to: a plugin, or a relayer's process. */
  readonly far: Broker;
  /** From near to far. */
  readonly main: Client;
  private readonly folder: string;
  private readonly server: Server;
  private readonly clients: Client[] = [];

  private constructor(folder: string, server: Server, far: Broker, socket: string) {
    this.folder = folder;
    this.server = server;
    this.far = far;
    this.near = new Broker(new SocketFolder(folder));
    this.main = newClient(socket, -1);
    this.near.attach(openDuplex(this.main, GrpcBroker.startStream));
  }

  /** `register` adds to what every plugin serves on its main connection. */
  static async open(register: (server: Server, far: Broker) => void = () => undefined): Promise<Wire> {
    const folder = mkdtempSync(join(tmpdir(), 'smt-'));
    const sockets = new SocketFolder(folder);
    const far = new Broker(sockets);
    const server = newServer();
    registerGoPlugin(server, far, () => Promise.resolve());
    register(server, far);
    const socket = sockets.reserve();
    await bind(server, socket);
    return new Wire(folder, server, far, socket);
  }

  /** Sockets that are listened on; one of them is the main connection's. */
  get sockets(): number {
    return readdirSync(this.folder).length;
  }

  /** What the far side serves under that number. */
  async dial(id: number): Promise<Client> {
    return this.keep(await this.near.dial(id, -1));
  }

  keep(client: Client): Client {
    this.clients.push(client);
    return client;
  }

  /** Ends the far side as a process that is killed ends. */
  kill(): void {
    this.server.forceShutdown();
    this.far.close();
  }

  close(): void {
    this.near.close();
    this.kill();
    for (const client of [this.main, ...this.clients]) client.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** The status and the text of a refusal. */
export async function refusal(asked: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await asked;
  } catch (error) {
    const service = asServiceError(error);
    if (service === undefined) throw error;
    return [status[service.code] ?? '', service.details];
  }
  throw new Error('expected a refusal, got an answer');
}

/** A point that something waits at until it is let through. */
export class Gate {
  readonly passed: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
