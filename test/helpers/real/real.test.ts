import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Anvil } from './anvil.ts';
import { everything } from './parts.ts';
import { createDatabase, query, startPostgres } from './postgres.ts';
import { Service } from './service.ts';
import { startUnleash } from './unleash.ts';

const TIMEOUT_MS = 120_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smr-'));
  // PostgreSQL runs as another user when the tests run as root.
  await chmod(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Stopping twice is fine, and leaves neither a listener nor a file. */
async function expectGone(url: string, stop: () => Promise<void>): Promise<void> {
  expect(await isListening(url)).toBe(true);
  await stop();
  await stop();
  expect(await isListening(url)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
}

// test/real holds hundreds of megabytes that a plain npm ci leaves out.
describe.skipIf(!everything)('the real', { timeout: TIMEOUT_MS }, () => {
  test('anvil mines a block for a transaction', async () => {
    const anvil = await Anvil.start();
    expect((await anvil.provider.getNetwork()).chainId).toBe(BigInt(anvil.chainId));
    const sent = await anvil.wallet(0).sendTransaction({ to: anvil.wallet(1).address, value: 1n });
    expect((await sent.wait())?.blockNumber).toBe(1);
    await expectGone(anvil.url, () => anvil.stop());
  });

  test('PostgreSQL takes statements', async () => {
    const postgres = await startPostgres();
    await query(postgres.url, 'CREATE TABLE t AS SELECT 1 AS one');
    await expect(query(postgres.url, 'CREATE TABLE t ()')).rejects.toThrow('relation "t" already exists');
    await expectGone(postgres.url, () => postgres.stop());
  });

  test('PostgreSQL of DATABASE_URL gives an empty database for each, and stays', async () => {
    const postgres = await startPostgres();
    vi.stubEnv('DATABASE_URL', postgres.url);
    const [one, two] = [await createDatabase(), await createDatabase()];
    for (const { url } of [one, two]) await query(url, 'CREATE TABLE t ()');
    await one.drop();
    await expect(query(one.url, 'SELECT 1')).rejects.toThrow('does not exist');
    await query(two.url, 'SELECT * FROM t');
    await two.drop();
    await expectGone(postgres.url, () => postgres.stop());
  });

  test('Unleash takes an admin and a client, each by its own token', async () => {
    vi.stubEnv('DATABASE_URL', '');
    const unleash = await startUnleash();
    const ask = async (path: string, token: string, body?: object): Promise<Response> =>
      fetch(`${unleash.url}/api${path}`, {
        headers: { authorization: token, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
    const features = `/admin/projects/${unleash.project}/features`;
    const made = await ask(features, unleash.adminToken, { name: 'smoke', type: 'release' });
    expect(made.status).toBe(201);
    expect((await ask(features, unleash.clientToken, { name: 'other' })).status).toBe(403);
    const seen = await ask('/client/features', unleash.clientToken);
    expect(await seen.json()).toMatchObject({ features: [{ name: 'smoke', enabled: false }] });
    await expectGone(unleash.url, () => unleash.stop());
  });
});

const node = (script: string): Parameters<typeof Service.start>[0] => ({
  name: 'the script',
  file: process.execPath,
  args: ['-e', script],
  isReady: (output) => output.includes('ready'),
  startTimeoutMs: 5_000,
});

describe('a service', () => {
  test('that ends before it is ready is told of, with what it said', async () => {
    await expect(Service.start(node('console.error("no disk"); process.exit(3)'))).rejects.toThrow(
      'expected the script to be ready, got: ended with 3; it said: no disk',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that is not there is told of', async () => {
    await expect(Service.start({ ...node(''), file: join(folder, 'none') })).rejects.toThrow('ENOENT');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that is not ready in time is ended', async () => {
    const slow = {
      ...node('setInterval(() => {}, 1000)'),
      startTimeoutMs: 100,
      stopSignal: 'SIGKILL',
    } as const;
    await expect(Service.start(slow)).rejects.toThrow('expected the script to be ready, got: not in 100 ms');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('has a home that goes with it', async () => {
    const service = await Service.start(
      node(
        'require("fs").writeFileSync(process.env.HOME + "/mark", ""); console.log("ready"); setInterval(() => {}, 1000)',
      ),
    );
    const [home = ''] = readdirSync(folder);
    expect(existsSync(join(folder, home, 'mark'))).toBe(true);
    await service.stop();
    expect(readdirSync(folder)).toEqual([]);
  });
});
