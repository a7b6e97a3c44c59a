import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ERROR_KINDS, PluginMetrics } from '../../../loopp/plugin/metrics.ts';
import { serveMetrics } from '../../../loopp/plugin/metrics-server.ts';
import type { MetricsServer } from '../../../loopp/plugin/metrics-server.ts';

const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

describe('the text', () => {
  test('has every series from the start', () => {
    const names = new PluginMetrics().text(0).replaceAll(/ [0-9.e+-]+$/gm, ' N');
    expect(names).toBe(
      `# HELP securemint_plugin_aggregate_calls_total Aggregate calls.
# TYPE securemint_plugin_aggregate_calls_total counter
securemint_plugin_aggregate_calls_total N
# HELP securemint_plugin_executions_total Executions in Aggregate calls.
# TYPE securemint_plugin_executions_total counter
securemint_plugin_executions_total N
# HELP securemint_plugin_errors_total Executions answered with an aggregation error, and calls that were refused or met a fault.
# TYPE securemint_plugin_errors_total counter
securemint_plugin_errors_total{kind="aggregation"} N
securemint_plugin_errors_total{kind="refused"} N
securemint_plugin_errors_total{kind="fault"} N
# HELP process_start_time_seconds Start of the process, Unix time.
# TYPE process_start_time_seconds gauge
process_start_time_seconds N
# HELP process_resident_memory_bytes Resident memory.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes N
# HELP nodejs_heap_size_used_bytes Heap in use.
# TYPE nodejs_heap_size_used_bytes gauge
nodejs_heap_size_used_bytes N
# HELP nodejs_eventloop_lag_seconds How late the event loop was for this scrape.
# TYPE nodejs_eventloop_lag_seconds gauge
nodejs_eventloop_lag_seconds N
`,
    );
  });

  test('counts what happened', () => {
    const metrics = new PluginMetrics();
    metrics.called(3);
    metrics.called(0);
    for (const [index, kind] of ERROR_KINDS.entries()) metrics.failed(kind, index + 1);
    metrics.failed('fault');
    const samples = samplesOf(metrics.text(0.25));
    expect(samples.get('securemint_plugin_aggregate_calls_total')).toBe(2);
    expect(samples.get('securemint_plugin_executions_total')).toBe(3);
    expect(ERROR_KINDS.map((kind) => samples.get(`securemint_plugin_errors_total{kind="${kind}"}`))).toEqual([
      1, 2, 4,
    ]);
    expect(samples.get('nodejs_eventloop_lag_seconds')).toBe(0.25);
    const started = samples.get('process_start_time_seconds') ?? 0;
    expect(Math.abs(started - performance.timeOrigin / 1000)).toBeLessThan(0.01);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(
      samples.get('nodejs_heap_size_used_bytes') ?? Infinity,
    );
  });
});

const get = (port: number, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${String(port)}${path}`);

describe('the server', () => {
  const servers: MetricsServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const serve = async (port: number, metrics = new PluginMetrics()): Promise<MetricsServer> => {
    const server = await serveMetrics(port, metrics);
    servers.push(server);
    return server;
  };

  test('answers scrapes on a free port, with what is counted by then', async () => {
    const metrics = new PluginMetrics();
    const { port } = await serve(0, metrics);
    metrics.called(5);
    const response = await get(port, '/metrics?name=plugin');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = samplesOf(await response.text());
    expect(samples.get('securemint_plugin_executions_total')).toBe(5);
    expect(samples.get('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
  });

  test('answers with further series, as they are then', async () => {
    let seen = 0;
    const more = (): Promise<string> => Promise.resolve(`scrapes_total ${String(++seen)}\n`);
    const server = await serveMetrics(0, new PluginMetrics(), more);
    servers.push(server);
    for (const scrape of [1, 2]) {
      const samples = samplesOf(await (await get(server.port, '/metrics')).text());
      expect(samples.get('scrapes_total')).toBe(scrape);
      expect(samples.get('securemint_plugin_executions_total')).toBe(0);
    }
  });

  test('has nothing else', async () => {
    const { port } = await serve(0);
    const response = await get(port, '/debug/pprof/');
    expect([response.status, await response.text()]).toEqual([404, 'expected /metrics\n']);
  });

  test('refuses a port that somebody has, and names variable and port', async () => {
    const other = createServer();
    const taken = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port));
    });
    await expect(serve(taken)).rejects.toThrow(
      `CL_PROMETHEUS_PORT = ${String(taken)}: expected to listen on 127.0.0.1:${String(taken)}, got listen EADDRINUSE`,
    );
    other.close();
  });

  test('frees its port for the next process', async () => {
    const server = await serve(0);
    await (await get(server.port, '/metrics')).text();
    server.close();
    expect((await serve(server.port)).port).toBe(server.port);
  });
});
