import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { AppError, messageOf } from '../errors.ts';

/** Serves `/metrics` on loopback. Rejects with `AppError` LISTEN. Port 0 takes a free one. */
export async function serveMetrics(
  registry: Registry,
  port: number,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end('expected /metrics\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(`${messageOf(error)}\n`),
    );
  });
  const address = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new AppError('LISTEN', `127.0.0.1:${String(port)}: expected to listen there, got ${error.message}`),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      if (bound !== null && typeof bound === 'object') resolve(bound);
    });
  });
  return {
    url: `http://127.0.0.1:${String(address.port)}/metrics`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
