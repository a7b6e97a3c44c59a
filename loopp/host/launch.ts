import { status } from '@grpc/grpc-js';
import type { CallOptions, Client } from '@grpc/grpc-js';
import { AppError, messageOf } from '../../src/errors.ts';
import { BROKER_WAIT_MS, Broker } from '../wire/broker.ts';
import { asServiceError, callUnary, newClient, openDuplex, openServerStream } from '../wire/grpc.ts';
import { parseHandshake } from '../wire/handshake.ts';
import type { Execution, Result } from '../wire/messages.ts';
import {
  Aggregator,
  GrpcBroker,
  GrpcController,
  GrpcStdio,
  HEALTH_SERVICE,
  Health,
  LoopService,
  PluginSecureMint,
} from '../wire/services.ts';
import type { Method } from '../wire/services.ts';
import { PluginChild } from './child.ts';
import type { HostOptions, PluginCommand } from './options.ts';

/** A plugin process that passed the handshake and answers on its factory connection. */
export interface LaunchedPlugin {
  readonly pid: number;
  /** How the process ended, in words. Never rejects. */
  readonly exited: Promise<string>;
  /** Rejects with grpc-js' `ServiceError`. */
  aggregate(executions: readonly Execution[], deadline: Date): Promise<readonly Result[]>;
  /** One health check; rejects when it fails. */
  ping(timeoutMs: number): Promise<void>;
  /** Shutdown call, time to exit, SIGKILL; sockets removed. Idempotent. */
  close(): Promise<void>;
  /** SIGKILL at once; sockets removed. Idempotent. */
  kill(): Promise<void>;
}

/**
 * Launches the plugin as a chainlink host does: handshake, broker and stdio streams, health check, then a Secure Mint
 * factory without a provider and config (each execution brings its own). Rejects with `AppError` PLUGIN_START, at once
 * when `signal` aborts; then nothing is left of the process.
 */
export async function launch(
  command: PluginCommand,
  options: HostOptions,
  signal: AbortSignal,
): Promise<LaunchedPlugin> {
  let child: PluginChild | undefined;
  const kill = (): void => child?.kill();
  signal.addEventListener('abort', kill);
  try {
    signal.throwIfAborted();
    child = new PluginChild(command);
    return await connect(child, options);
  } catch (error) {
    await child?.destroy();
    const cause = signal.aborted ? new Error('the host was closed meanwhile') : error;
    throw startError(command, child?.stderrTail() ?? '', cause);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function connect(child: PluginChild, options: HostOptions): Promise<LaunchedPlugin> {
  const deadline = new Date(Date.now() + options.startTimeoutMs);
  const { socket } = parseHandshake(await child.firstLine(options.startTimeoutMs));
  const connection = new Connection(child, newClient(socket, options.receiveLimitBytes), options);
  await connection.open(deadline);
  return connection;
}

function startError(command: PluginCommand, tail: string, error: unknown): AppError {
  const name = [command.file, ...command.args].join(' ');
  const said = tail === '' ? '' : `\nits standard error ended with:\n${tail.replaceAll(/^/gm, '  ')}`;
  return new AppError(
    'PLUGIN_START',
    `the plugin \`${name}\` could not be started: ${messageOf(error)}${said}`,
    {
      cause: error,
    },
  );
}

class Connection implements LaunchedPlugin {
  readonly exited: Promise<string>;
  private readonly child: PluginChild;
  private readonly main: Client;
  private readonly options: HostOptions;
  private readonly broker: Broker;
  private factory: Client | undefined;

  constructor(child: PluginChild, main: Client, options: HostOptions) {
    this.child = child;
    this.main = main;
    this.options = options;
    this.broker = new Broker(child.sockets, Math.min(BROKER_WAIT_MS, options.startTimeoutMs));
    this.exited = child.exited;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** In go-plugin's order (docs/spec/loopp-wire.md B). */
  async open(deadline: Date): Promise<void> {
    try {
      const stream = openDuplex(this.main, GrpcBroker.startStream);
      this.broker.attach(stream);
      this.drainStdio();
      await this.check(deadline);
      this.factory = await this.makeFactory(deadline);
    } catch (error) {
      this.disconnect();
      throw error;
    }
  }

  async aggregate(executions: readonly Execution[], deadline: Date): Promise<readonly Result[]> {
    if (this.factory === undefined) throw new Error('the plugin has no factory yet');
    const reply = await callUnary(this.factory, Aggregator.aggregate, { executions }, { deadline });
    return reply.results;
  }

  ping(timeoutMs: number): Promise<void> {
    return this.check(new Date(Date.now() + timeoutMs));
  }

  async close(): Promise<void> {
    const ended = this.child.endsWithin(this.options.exitTimeoutMs);
    await this.shutdown();
    this.disconnect();
    await ended;
    await this.child.destroy();
  }

  async kill(): Promise<void> {
    this.disconnect();
    await this.child.destroy();
  }

  /** Any answer will do: a Go plugin stops its server in the middle of the call (A.7). */
  private async shutdown(): Promise<void> {
    const deadline = new Date(Date.now() + this.options.exitTimeoutMs);
    await callUnary(this.main, GrpcController.shutdown, {}, { deadline }).catch(() => undefined);
  }

  private disconnect(): void {
    this.broker.close();
    this.factory?.close();
    this.main.close();
  }

  /** A Go plugin's own prints come through here; unread they block it after about 64 KiB (A.6). */
  private drainStdio(): void {
    const stdio = openServerStream(this.main, GrpcStdio.streamStdio, {});
    stdio.on('error', () => undefined);
    stdio.resume();
  }

  private async check(deadline: Date): Promise<void> {
    await this.call(this.main, Health.check, { service: HEALTH_SERVICE }, deadline);
  }

  private async makeFactory(deadline: Date): Promise<Client> {
    const { newSecureMintFactory } = PluginSecureMint;
    const request = { providerId: 0, config: undefined };
    const { factoryId } = await this.call(this.main, newSecureMintFactory, request, deadline);
    const factory = await this.broker.dial(factoryId, this.options.receiveLimitBytes);
    try {
      // No execution, no result: shows whether the service is there before a round depends on it.
      await this.call(factory, Aggregator.aggregate, { executions: [] }, deadline);
      await this.call(factory, LoopService.ready, {}, deadline);
      return factory;
    } catch (error) {
      factory.close();
      throw error;
    }
  }

  private tooLate(path: string, cause: unknown): Error {
    const allowed = `${String(this.options.startTimeoutMs)} ms`;
    return new Error(`timeout while waiting for plugin to start (no answer to ${path} within ${allowed})`, {
      cause,
    });
  }

  private async call<Request, Reply>(
    client: Client,
    method: Method<Request, Reply>,
    request: Request,
    deadline: Date,
  ): Promise<Reply> {
    const options: CallOptions = { deadline };
    try {
      return await callUnary(client, method, request, options);
    } catch (error) {
      const code = asServiceError(error)?.code;
      if (code === status.UNIMPLEMENTED) throw missingService(method.path);
      if (code === status.DEADLINE_EXCEEDED) throw this.tooLate(method.path, error);
      throw error;
    }
  }
}

function missingService(path: string): Error {
  const [, service = '', name = ''] = path.split('/');
  return new Error(
    `unknown service ${service}: the plugin does not serve ${name}, which the loopp lane needs ` +
      '(loopp/wire/proto/securemint.proto describes it)',
  );
}
