import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FlagSource, RolloutStatus } from '../../src/contract/decision.ts';

/** `GET /status` of a service, as far as the rollout is concerned. */
export interface StatusService {
  readonly url: string;
  close(): void;
}

/** Serves what a source says on loopback. */
export async function serveStatus(
  source: FlagSource,
  workflows: readonly string[] = [],
): Promise<StatusService> {
  const server = createServer((_, response) => {
    const status: RolloutStatus = { flag: source.state(), workflows };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
