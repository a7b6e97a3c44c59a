import { status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { AppError, messageOf } from '../../src/errors.ts';
import { BROKER_WAIT_MS, Broker } from '../wire/broker.ts';
import type { BrokeredConnection } from '../wire/broker.ts';
import { asServiceError, callUnary, newClient, openDuplex, openServerStream } from '../wire/grpc.ts';
import { parseHandshake } from '../wire/handshake.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
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
import { PluginChild } from './child.ts';
import { FactoryConnection } from './factory.ts';
import type { HostOptions, PluginCommand } from './options.ts';

/** A plugin process that passed the handshake and answers on its factory connection. */
export interface LaunchedPlugin {
  readonly pid: number;
  /** How the process ended, in words. Never rejects. */
  readonly exited: Promise<string>;
  /** The factory that was made at the start. */
  readonly factory: FactoryConnection;
  /** The main connection and its broker, for services beside `securemint.PluginSecureMint`. */
  readonly main: BrokeredConnection;
  /** Makes one more factory. Rejects with grpc-js' `ServiceError`. */
  newFactory(config: SecureMintConfig | undefined, deadline: Date): Promise<FactoryConnection>;
  /** One health check; rejects when it fails. */
  ping(timeoutMs: number): Promise<void>;
  /** Shutdown call, time to exit, SIGKILL; sockets removed. Idempotent. */
  close(): Promise<void>;
  /** SIGKILL at once; sockets removed. Idempotent. */
  kill(): Promise<void>;
}

/**
 * Launches the plugin as a chainlink host does: handshake, broker and stdio streams, health check, then a Secure Mint
 * factory without a provider, of `config` (undefined: each execution brings its own). Rejects with `AppError` PLUGIN_START, at once
 * when `signal` aborts; then nothing is left of the process.
 */
export async function launch(
  command: PluginCommand,
  options: HostOptions,
  signal: AbortSignal,
  config?: SecureMintConfig,
): Promise<LaunchedPlugin> {
  let child: PluginChild | undefined;
  const kill = (): void => child?.kill();
  signal.addEventListener('abort', kill);
  try {
    signal.throwIfAborted();
    child = new PluginChild(command, options.onLog);
    return await connect(child, options, config);
  } catch (error) {
    await child?.destroy();
    const cause = signal.aborted ? new Error('the host was closed meanwhile') : error;
    throw startError(command, child?.stderrTail() ?? '', cause);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function connect(
  child: PluginChild,
  options: HostOptions,
  config: SecureMintConfig | undefined,
): Promise<LaunchedPlugin> {
  const deadline = new Date(Date.now() + options.startTimeoutMs);
  const { socket } = parseHandshake(await child.firstLine(options.startTimeoutMs));
  const connection = new Connection(child, newClient(socket, options.receiveLimitBytes), options);
  return connection.open(config, deadline);
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

/** The connections of one process, from the main one to every factory's. */
class Connection {
  private readonly child: PluginChild;
  private readonly options: HostOptions;
  private readonly main: BrokeredConnection;
  private readonly factories = new Set<FactoryConnection>();

  constructor(child: PluginChild, client: Client, options: HostOptions) {
    this.child = child;
    this.options = options;
    const broker = new Broker(child.sockets, Math.min(BROKER_WAIT_MS, options.startTimeoutMs));
    this.main = { client, broker };
  }

  /** In go-plugin's order (docs/spec/loopp-wire.md B). */
  async open(config: SecureMintConfig | undefined, deadline: Date): Promise<LaunchedPlugin> {
    try {
      this.main.broker.attach(openDuplex(this.main.client, GrpcBroker.startStream));
      this.drainStdio();
      await this.starting(Health.check, this.ping(deadline));
      const factory = await this.makeFactory(config, deadline);
      return this.launched(factory);
    } catch (error) {
      this.disconnect();
      throw error;
    }
  }

  private launched(factory: FactoryConnection): LaunchedPlugin {
    return {
      pid: this.child.pid ?? 0,
      exited: this.child.exited,
      factory,
      main: this.main,
      newFactory: (config, deadline) => this.newFactory(config, deadline),
      ping: (timeoutMs) => this.ping(new Date(Date.now() + timeoutMs)),
      close: () => this.close(),
      kill: () => this.kill(),
    };
  }

  private async close(): Promise<void> {
    const ended = this.child.endsWithin(this.options.exitTimeoutMs);
    await this.shutdown();
    this.disconnect();
    await ended;
    await this.child.destroy();
  }

  private async kill(): Promise<void> {
    this.disconnect();
    await this.child.destroy();
  }

  /** Any answer will do: a Go plugin stops its server in the middle of the call (A.7). */
  private async shutdown(): Promise<void> {
    const deadline = new Date(Date.now() + this.options.exitTimeoutMs);
    await callUnary(this.main.client, GrpcController.shutdown, {}, { deadline }).catch(() => undefined);
  }

  private disconnect(): void {
    this.main.broker.close();
    for (const factory of this.factories) factory.disconnect();
    this.main.client.close();
  }

  /** A Go plugin's own prints come through here; unread they block it after about 64 KiB (A.6). */
  private drainStdio(): void {
    const stdio = openServerStream(this.main.client, GrpcStdio.streamStdio, {});
    stdio.on('error', () => undefined);
    stdio.resume();
  }

  private async ping(deadline: Date): Promise<void> {
    await callUnary(this.main.client, Health.check, { service: HEALTH_SERVICE }, { deadline });
  }

  /** The first factory; shows that its services are there before a round depends on them. */
  private async makeFactory(
    config: SecureMintConfig | undefined,
    deadline: Date,
  ): Promise<FactoryConnection> {
    const made = this.newFactory(config, deadline);
    const factory = await this.starting(PluginSecureMint.newSecureMintFactory, made);
    await this.starting(Aggregator.aggregate, factory.aggregate([], deadline));
    await this.starting(LoopService.ready, factory.ready(deadline));
    return factory;
  }

  private async newFactory(config: SecureMintConfig | undefined, deadline: Date): Promise<FactoryConnection> {
    const { client, broker } = this.main;
    const request = { providerId: 0, config };
    const { factoryId } = await callUnary(client, PluginSecureMint.newSecureMintFactory, request, {
      deadline,
    });
    const { receiveLimitBytes } = this.options;
    const factory = new FactoryConnection(
      await broker.dial(factoryId, receiveLimitBytes),
      broker,
      this.options,
      (ended) => this.factories.delete(ended),
    );
    this.factories.add(factory);
    return factory;
  }

  /** A call of the start, whose failures are told as such. */
  private async starting<T>({ path }: { readonly path: string }, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      const code = asServiceError(error)?.code;
      if (code === status.UNIMPLEMENTED) throw missingService(path);
      if (code === status.DEADLINE_EXCEEDED) throw this.tooLate(path, error);
      throw error;
    }
  }

  private tooLate(path: string, cause: unknown): Error {
    const allowed = `${String(this.options.startTimeoutMs)} ms`;
    return new Error(`timeout while waiting for plugin to start (no answer to ${path} within ${allowed})`, {
      cause,
    });
  }
}

function missingService(path: string): Error {
  const [, service = '', name = ''] = path.split('/');
  return new Error(
    `unknown service ${service}: the plugin does not serve ${name}, which the loopp lane needs ` +
      '(loopp/wire/proto/securemint.proto describes it)',
  );
}
