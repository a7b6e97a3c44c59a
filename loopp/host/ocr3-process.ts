import type { Client } from '@grpc/grpc-js';
import type { ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import { Broker } from '../wire/broker.ts';
import { callUnary, newClient, openDuplex, openServerStream } from '../wire/grpc.ts';
import { parseHandshake } from '../wire/handshake.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import {
  Aggregator,
  GrpcBroker,
  GrpcController,
  GrpcStdio,
  HEALTH_SERVICE,
  Health,
  PluginSecureMint,
} from '../wire/services.ts';
import { PluginChild } from './child.ts';
import type { Ocr3Oracle } from './ocr3-round.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import { reportingPluginFactory } from './reporting-plugin.ts';

/** A plugin process that holds the oracles of a DON: one factory and one reporting plugin for each. */
export interface Ocr3Process {
  readonly pid: number | undefined;
  /**
   * Makes one oracle with a factory of its own. Rejects with grpc-js' `ServiceError`, and with `broker closed` after the
   * process ended.
   */
  newOracle(aggregator: SecureMintConfig, config: ReportingPluginConfig): Promise<Ocr3Oracle>;
  /** Ends the process; nothing is left of it. Idempotent. */
  close(): Promise<void>;
}

/** Launches a plugin as a chainlink host does, for its OCR3 service. Rejects with what prevented it. */
export async function launchOcr3(command: PluginCommand, options: HostOptions): Promise<Ocr3Process> {
  const child = new PluginChild(command);
  try {
    const { socket } = parseHandshake(await child.firstLine(options.startTimeoutMs));
    return await connect(child, newClient(socket, options.receiveLimitBytes), options);
  } catch (error) {
    await child.destroy();
    throw error;
  }
}

async function connect(child: PluginChild, main: Client, options: HostOptions): Promise<Ocr3Process> {
  const broker = new Broker(child.sockets);
  const clients = [main];
  const disconnect = (): void => {
    broker.close();
    for (const client of clients) client.close();
  };
  const deadline = (): Date => new Date(Date.now() + options.startTimeoutMs);
  try {
    broker.attach(openDuplex(main, GrpcBroker.startStream));
    drainStdio(main);
    await callUnary(main, Health.check, { service: HEALTH_SERVICE }, { deadline: deadline() });
  } catch (error) {
    disconnect();
    throw error;
  }
  return {
    pid: child.pid,
    newOracle: async (aggregator, config) => {
      const request = { providerId: 0, config: aggregator };
      const { newSecureMintFactory } = PluginSecureMint;
      const { factoryId } = await callUnary(main, newSecureMintFactory, request, { deadline: deadline() });
      const factory = await broker.dial(factoryId, options.receiveLimitBytes);
      clients.push(factory);
      return oracleOf(factory, broker, config, options);
    },
    close: async () => {
      const ended = child.endsWithin(options.exitTimeoutMs);
      // Any answer will do (docs/spec/loopp-wire.md A.7).
      await callUnary(main, GrpcController.shutdown, {}, { deadline: deadline() }).catch(() => undefined);
      disconnect();
      await ended;
      await child.destroy();
    },
  };
}

async function oracleOf(
  factory: Client,
  broker: Broker,
  config: ReportingPluginConfig,
  options: HostOptions,
): Promise<Ocr3Oracle> {
  const { laneTimeoutMs: callTimeoutMs, receiveLimitBytes } = options;
  const plugins = reportingPluginFactory(factory, broker, { callTimeoutMs, receiveLimitBytes });
  const { plugin } = await plugins.newReportingPlugin(config);
  return {
    plugin,
    submit: async (request) => {
      await callUnary(factory, Aggregator.submit, request, {
        deadline: new Date(Date.now() + callTimeoutMs),
      });
    },
  };
}

/** Unread, a Go plugin's own prints would block it (docs/spec/loopp-wire.md A.6). */
function drainStdio(main: Client): void {
  const stdio = openServerStream(main, GrpcStdio.streamStdio, {});
  stdio.on('error', () => undefined);
  stdio.resume();
}
