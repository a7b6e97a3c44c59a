import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callUnary } from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import type { Execution } from '../../../loopp/wire/messages.ts';
import { Aggregator, GrpcController, PluginSecureMint } from '../../../loopp/wire/services.ts';
import { NO_CONFIG, PluginProcess } from './process.ts';

let folder: string;
let plugin: PluginProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
});
afterEach(async () => {
  await plugin?.end();
  rmSync(folder, { recursive: true });
});

function launch(variables: Readonly<Record<string, string>>): PluginProcess {
  plugin = new PluginProcess({ ...MAGIC_COOKIES, TMPDIR: folder, ...variables });
  return plugin;
}

const logOf = ({ stderr }: PluginProcess): readonly Record<string, unknown>[] =>
  stderr
    .split('\n')
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line));

describe('a node that configures the plugin', () => {
  test('wrongly gets one error line, exit code 1 and no handshake; nothing is left', async () => {
    const { ended } = launch({ CL_PROMETHEUS_PORT: 'x' });
    expect(await ended).toEqual([1, null]);
    expect(plugin?.stdout).toBe('');
    expect(logOf(launched())).toEqual([
      expect.objectContaining({
        '@level': 'error',
        '@message': 'plugin init error',
        error: 'failed to parse CL_PROMETHEUS_PORT = "x": expected a port from 0 to 65535',
      }),
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('finds which node it is, and what it does not use, in the log; no secrets', async () => {
    const main = await launch({
      CL_APP_ID: 'c0ffee',
      CL_DATABASE_URL: 'postgres://u:hunter2@h/db',
      CL_TELEMETRY_ENABLED: 'true',
      CL_TELEMETRY_ATTRIBUTE_env: 'staging',
      CL_TELEMETRY_AUTH_HEADERAuthorization: 'hunter2',
      CL_PROMETHEUS_PORT: '',
    }).connect();
    await callUnary(main, GrpcController.shutdown, {});
    await launched().ended;
    const [started, unused] = logOf(launched());
    expect(started).toMatchObject({ '@message': 'plugin started', appID: 'c0ffee', env: 'staging' });
    expect(started).not.toHaveProperty('metricsPort');
    expect(unused).toMatchObject({
      '@message': 'not used by this plugin',
      variables: 'CL_DATABASE_URL, CL_TELEMETRY_ENABLED',
    });
    expect(launched().stderr).not.toContain('hunter2');
  });
});

describe('CL_PROMETHEUS_PORT', () => {
  test('0 is a free port, which the log names; its metrics count executions and errors of all factories', async () => {
    const { main, broker } = await launch({ CL_PROMETHEUS_PORT: '0' }).connectBroker();
    for (const count of [2, 1]) {
      const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
      const factory = launched().keep(await broker.dial(factoryId, 1 << 20));
      const executions = Array.from({ length: count }, (_, index) => execution(String(index)));
      await callUnary(factory, Aggregator.aggregate, { executions });
    }
    const samples = await scrape(await portOf(launched()));
    expect(samples).toContain('securemint_plugin_aggregate_calls_total 2\n');
    expect(samples).toContain('securemint_plugin_executions_total 3\n');
    expect(samples).toContain('securemint_plugin_errors_total{kind="aggregation"} 3\n');
    broker.close();
  });

  test('a call that is refused is counted as such', async () => {
    const { main, broker } = await launch({ CL_PROMETHEUS_PORT: '0' }).connectBroker();
    const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
    const factory = launched().keep(await broker.dial(factoryId, 1 << 20));
    const asked = callUnary(factory, Aggregator.aggregate, {
      executions: [{ ...execution('a'), config: undefined }],
    });
    await expect(asked).rejects.toThrow('has no config');
    const samples = await scrape(await portOf(launched()));
    expect(samples).toContain('securemint_plugin_errors_total{kind="refused"} 1\n');
    broker.close();
  });

  test('is free again before Shutdown is answered', async () => {
    const main = await launch({ CL_PROMETHEUS_PORT: '0' }).connect();
    const port = await portOf(launched());
    await callUnary(main, GrpcController.shutdown, {});
    await expect(fetch(`http://127.0.0.1:${String(port)}/metrics`)).rejects.toThrow('fetch failed');
  });

  test('that is taken is an error: exit code 1, no handshake, no files', async () => {
    const other = createServer();
    const taken = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port));
    });
    expect(await launch({ CL_PROMETHEUS_PORT: String(taken) }).ended).toEqual([1, null]);
    other.close();
    expect(launched().stdout).toBe('');
    expect(logOf(launched())[0]?.['error']).toMatch(
      new RegExp(`^CL_PROMETHEUS_PORT = ${String(taken)}: expected to listen on .*, got listen EADDRINUSE`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

function launched(): PluginProcess {
  if (plugin === undefined) throw new Error('expected a plugin, got none');
  return plugin;
}

/** An execution whose config is no aggregator's: an aggregation error. */
const execution = (id: string): Execution => ({
  id,
  f: 1,
  previousOutcome: undefined,
  observations: new Map(),
  config: new Uint8Array(),
  revision: '2025-09',
});

/** From the log, which comes after the handshake. */
const portOf = (process: PluginProcess): Promise<number> =>
  vi.waitFor(() => {
    const port = logOf(process).find((line) => line['@message'] === 'plugin started')?.['metricsPort'];
    if (typeof port !== 'number') throw new Error(`expected a port in the log, got ${process.stderr}`);
    return port;
  });

const scrape = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
