import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, so that none of these takes it in between. */
const FIRST = 20_000;
const COUNT = 12_000;
const ATTEMPTS = 50;

/** A port of 127.0.0.1 on which nobody listened a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port on 127.0.0.1, got ${String(ATTEMPTS)} that are taken`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
