import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import { Broker } from '../wire/broker.ts';
import { bind, newServer } from '../wire/grpc.ts';
import { formatHandshake } from '../wire/handshake.ts';
import { SocketFolder } from '../wire/sockets.ts';
import { openOwnAnswerer } from './answerer.ts';
import type { Answerer, OpenAnswerer } from './answerer.ts';
import { NOT_FOR_PEOPLE, isStartedByHost, parsePluginEnvironment } from './environment.ts';
import type { PluginEnvironment } from './environment.ts';
import { registerSecureMint } from './factory.ts';
import { registerGoPlugin } from './go-plugin.ts';
import type { OpenStreams } from './go-plugin.ts';
import { pluginLog } from './log.ts';
import { registerLoopService } from './loop-service.ts';
import { PluginMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import type { MetricsServer } from './metrics-server.ts';
import { parseNodeEnvironment } from './node-environment.ts';
import type { NodeEnvironment } from './node-environment.ts';
import { porFactory } from './por/factory.ts';
import { registerUpstream } from './upstream.ts';
import type { Log } from '../../src/log.ts';

/** The process that the plugin is; given so that nothing here reaches for globals. */
export interface PluginProcess {
  readonly variables: Readonly<Record<string, string | undefined>>;
  writeStdout(text: string): void;
  writeStderr(text: string): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** How long calls in flight may go on after Shutdown; a chainlink host kills within milliseconds anyway (A.7). */
const DRAIN_MS = 500;
/** How often the plugin looks whether its host is still there. Nothing else tells it (A.7 "host death"). */
const PARENT_CHECK_MS = 1000;
/** Read as the module loads, so that the death of the host is noticed from the start on. */
const HOST_PID = process.ppid;

/**
 * Is the LOOPP until the host shuts it down: handshake on standard output and nothing else there, log on standard
 * error. Exits 1 when no host started it, the host asks for what it cannot do, or the answerer cannot be opened.
 */
export async function servePlugin(
  io: PluginProcess,
  openAnswerer: OpenAnswerer = openOwnAnswerer,
): Promise<void> {
  if (!isStartedByHost(io.variables)) {
    io.writeStderr(`${NOT_FOR_PEOPLE.join('\n')}\n`);
    io.exit(1);
    return;
  }
  const log = pluginLog((line) => io.writeStderr(line));
  try {
    const environment = parsePluginEnvironment(io.variables);
    for (const complaint of environment.complaints) log('warn', complaint);
    const node = parseNodeEnvironment(io.variables);
    await start(environment, node, io, log, await openAnswerer(log));
  } catch (error) {
    log('error', 'plugin init error', { error: messageOf(error) });
    io.exit(1);
  }
}

async function start(
  environment: PluginEnvironment,
  node: NodeEnvironment,
  io: PluginProcess,
  log: Log,
  answerer: Answerer,
): Promise<void> {
  const metrics = new PluginMetrics();
  // Before the handshake: a node may scrape as soon as it has that (F.2).
  const scraped =
    node.metricsPort === undefined
      ? undefined
      : await serveMetrics(node.metricsPort, metrics, () => answerer.metricsText?.() ?? Promise.resolve(''));
  const sockets = new SocketFolder(environment.socketFolder);
  const broker = new Broker(sockets);
  const server = newServer();
  const cleanUp = (): void => {
    scraped?.close();
    broker.close();
    sockets.removeAll();
  };
  // Also when it cannot be served, or nobody reads standard output any more.
  process.on('exit', cleanUp);
  const streams = registerGoPlugin(server, broker, async () => {
    // All of it before the reply: a chainlink host kills the process once it has the reply (A.7).
    cleanUp();
    await answerer.close();
    setImmediate(() => drain(server, streams, io));
  });
  // What is served on the main connection itself stays up to Shutdown, which every host calls next (X.0).
  registerLoopService(server, () => broker.close());
  registerSecureMint(server, broker, log, metrics, (input) => answerer.answer(input));
  registerUpstream(server, broker, porFactory, log);
  const socket = sockets.reserve();
  await bind(server, socket);
  sockets.protect(socket);
  endWith(cleanUp, answerer, sockets, io);
  io.writeStdout(formatHandshake({ socket }));
  log('info', 'plugin started', startFacts(node, scraped));
  if (node.unused.length > 0) log('info', 'not used by this plugin', { variables: node.unused.join(', ') });
}

/** Which process of which node this is. */
function startFacts(
  node: NodeEnvironment,
  scraped: MetricsServer | undefined,
): Record<string, string | number> {
  return {
    ...Object.fromEntries(node.attributes),
    pid: process.pid,
    ...(node.appId === undefined ? {} : { appID: node.appId }),
    ...(scraped === undefined ? {} : { metricsPort: scraped.port }),
  };
}

function drain(server: Server, streams: OpenStreams, io: PluginProcess): void {
  streams.endAll();
  server.tryShutdown(() => io.exit(0));
  setTimeout(() => io.exit(0), DRAIN_MS);
}

/** SIGINT of a terminal reaches the whole group and is the host's to handle; SIGTERM and a dead host end the plugin. */
function endWith(cleanUp: () => void, answerer: Answerer, sockets: SocketFolder, io: PluginProcess): void {
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => {
    cleanUp();
    void answerer.close().then(() => io.exit(0));
  });
  setInterval(() => {
    if (process.ppid === HOST_PID) return;
    cleanUp();
    sockets.abandon();
    void answerer.close().then(() => io.exit(0));
  }, PARENT_CHECK_MS).unref();
}
