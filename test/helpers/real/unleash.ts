import { randomBytes } from 'node:crypto';
import { createDatabase } from './postgres.ts';
import { partPath } from './parts.ts';
import { freePort } from './port.ts';
import { Service } from './service.ts';

/** Twice the slowest start that was seen on two busy cores. */
const START_TIMEOUT_MS = 60_000;

/** A feature flag server of its own, with an empty database. */
export interface Unleash {
  /** Without a path: clients take `url/api`, the admin API is under `url/api/admin`. */
  readonly url: string;
  /** For the admin API. */
  readonly adminToken: string;
  /** For clients in the environment `development` of the project `default`. */
  readonly clientToken: string;
  readonly project: 'default';
  readonly environment: 'development';
  /** Ends the server and keeps its database. */
  halt(): Promise<void>;
  /** Starts it again, on the same port. */
  resume(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Starts the real open-source server: migrations included, 3 to 15 seconds. */
export async function startUnleash(): Promise<Unleash> {
  const database = await createDatabase();
  try {
    return await startOn(database.url, () => database.drop());
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function startOn(database: string, dropDatabase: () => Promise<void>): Promise<Unleash> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const adminToken = `*:*.${randomBytes(32).toString('hex')}`;
  const clientToken = `default:development.${randomBytes(32).toString('hex')}`;
  const launch = (): Promise<Service> =>
    Service.start({
      name: 'Unleash',
      file: process.execPath,
      args: [partPath('unleash-server/dist/server.js')],
      env: {
        HTTP_HOST: '127.0.0.1',
        PORT: port,
        DATABASE_URL: database,
        DATABASE_SSL: 'false',
        INIT_ADMIN_API_TOKENS: adminToken,
        INIT_BACKEND_API_TOKENS: clientToken,
        // It would talk to the world.
        SEND_TELEMETRY: 'false',
        CHECK_VERSION: 'false',
        SCARF_ANALYTICS: 'false',
      },
      isReady: () => isHealthy(url),
      startTimeoutMs: START_TIMEOUT_MS,
    });
  let service = await launch();
  return {
    url,
    adminToken,
    clientToken,
    project: 'default',
    environment: 'development',
    halt: () => service.stop(),
    resume: async () => {
      service = await launch();
    },
    stop: async () => {
      await service.stop();
      await dropDatabase();
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    return status === 200;
  } catch {
    return false;
  }
}
