import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../src/errors.ts';
import type { PluginMetrics } from './metrics.ts';

/** Where the plugin's metrics are. */
export interface MetricsServer {
  readonly port: number;
  /** Frees the port at once. Idempotent. */
  close(): void;
}

/** Go's loop.Server has the same (docs/spec/loopp-wire.md F.4). */
const READ_TIMEOUT_MS = 5000;
/**
 * Go listens on all interfaces. The node scrapes its plugins on the machine they share, and whoever else can reach the
 * port has no business there.
 */
const ADDRESS = '127.0.0.1';

/** Series beside the plugin's own, in Prometheus' text format. Never rejects. */
export type MoreSeries = () => Promise<string>;

/** Serves /metrics; `port` 0 takes a free one. Rejects with a sentence that names the variable. */
export async function serveMetrics(
  port: number,
  metrics: PluginMetrics,
  more: MoreSeries = () => Promise.resolve(''),
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: READ_TIMEOUT_MS }, (request, response) => {
    if (request.url?.split('?', 1)[0] === '/metrics') void answer(metrics, more, response);
    else response.writeHead(404).end('expected /metrics\n');
  });
  const bound = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (error) => reject(notListening(port, error)));
    server.listen(port, ADDRESS, () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address);
    });
  });
  return {
    port: bound.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(metrics: PluginMetrics, more: MoreSeries, response: ServerResponse): Promise<void> {
  const lagSeconds = await lag();
  const text = metrics.text(lagSeconds) + (await more());
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}

/** Measured by a scrape, with one turn of the event loop: nothing runs while nobody asks. */
function lag(): Promise<number> {
  const asked = performance.now();
  return new Promise((resolve) => {
    setImmediate(() => resolve((performance.now() - asked) / 1000));
  });
}

function notListening(port: number, error: Error): Error {
  return new Error(
    `CL_PROMETHEUS_PORT = ${String(port)}: expected to listen on ${ADDRESS}:${String(port)}, got ${messageOf(error)}`,
    { cause: error },
  );
}
