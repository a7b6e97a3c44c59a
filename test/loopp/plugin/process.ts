import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Metadata } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { Broker } from '../../../loopp/wire/broker.ts';
import { newClient, openDuplex } from '../../../loopp/wire/grpc.ts';
import { parseHandshake } from '../../../loopp/wire/handshake.ts';
import { GrpcBroker } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';

export const MAIN_FILE = join(import.meta.dirname, '../../../dist/src/cli/main.js');
/** Asks for a factory whose executions bring their own config. */
export const NO_CONFIG = { providerId: 0, config: undefined } as const;

const UNLIMITED = -1;

/** The compiled plugin as a process of its own, without a host: a test is its host. */
export class PluginProcess {
  stdout = '';
  stderr = '';
  /** Exit code and signal, once both outputs are read. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  private readonly process;
  private readonly clients: Client[] = [];

  /** The environment is exactly `variables`. */
  constructor(
    variables: Readonly<Record<string, string>>,
    [file, ...args]: readonly string[] = [process.execPath, MAIN_FILE, 'plugin'],
  ) {
    this.process = spawn(file ?? '', args, { env: variables, stdio: ['ignore', 'pipe', 'pipe'] });
    collect(this.process.stdout, (text) => (this.stdout += text));
    collect(this.process.stderr, (text) => (this.stderr += text));
    this.ended = once(this.process, 'close').then(([code, signal]) => [code, signal]);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Its socket, once the handshake is there. Rejects when it ends instead. */
  async socket(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      const more = once(this.process.stdout, 'data');
      const ended = await Promise.race([more.then(() => false), this.ended.then(() => true)]);
      if (ended) throw new Error(`the plugin ended: ${this.stderr}`);
    }
    return parseHandshake(this.stdout.split('\n')[0] ?? '').socket;
  }

  /** A connection to it. */
  async connect(): Promise<Client> {
    return this.open(await this.socket());
  }

  /** A connection with a broker on it. */
  async connectBroker(): Promise<{ readonly main: Client; readonly broker: Broker }> {
    const main = await this.connect();
    const broker = new Broker(new SocketFolder('/nowhere'));
    broker.attach(openDuplex(main, GrpcBroker.startStream));
    return { main, broker };
  }

  /** Keeps a client that a test got elsewhere, to be closed with the others. */
  keep(client: Client): Client {
    this.clients.push(client);
    return client;
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends whatever runs yet. */
  async end(): Promise<void> {
    this.kill('SIGKILL');
    await this.ended;
    for (const client of this.clients) client.close();
  }

  private open(socket: string): Client {
    return this.keep(newClient(socket, UNLIMITED));
  }
}

function collect(stream: Readable, add: (text: string) => void): void {
  stream.setEncoding('utf8').on('data', add);
}

const same = (bytes: Buffer): Buffer => bytes;

/** A call of which only the bytes are known. */
export function callRaw(client: Client, path: string, request: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, new Metadata(), (error, reply) =>
      error === null ? resolve(reply) : reject(error),
    );
  });
}

/** Whether a process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
