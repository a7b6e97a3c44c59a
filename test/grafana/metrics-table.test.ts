import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMPARISON_METRICS } from '../../harness/comparison-metrics.ts';
import { combinationsOf } from '../../harness/instruments.ts';
import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import type { MetricRow, MetricTable } from '../../harness/metric-row.ts';
import { METRICS } from '../../harness/metrics-table.ts';
import { CommandLine, bundledLines, joined } from '../helpers/cli.ts';
import { ServedProduct, metricsUrlOf, scrape } from './product.ts';
import type { Exposition } from './product.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterAll(() => cli.close());

/** What the real process exports is what the table says: no name, type, help, label or value more or less. */
function expectTable({ samples, types, helps }: Exposition, table: MetricTable): void {
  const rows = Object.entries(table).map(([name, row]) => [`${METRIC_PREFIX}${name}`, row] as const);
  expect(types).toEqual(new Map(rows.map(([name, { type }]) => [name, type])));
  expect(helps).toEqual(new Map(rows.map(([name, { help }]) => [name, help])));
  for (const [name, row] of rows) {
    const suffix = row.type === 'histogram' ? '_count' : '';
    const series = [...samples.keys()].filter((key) => key.replace(/\{.*/s, '') === `${name}${suffix}`);
    expect(series.filter((key) => !isOpen(key, row)).toSorted(), name).toEqual(
      knownSeries(`${name}${suffix}`, row).toSorted(),
    );
  }
}

function knownSeries(name: string, { labels = {}, openLabels = {} }: MetricRow): readonly string[] {
  // A row with no label but open ones has its series when the values are known.
  if (Object.keys(openLabels).length > 0 && Object.keys(labels).length === 0) return [];
  return combinationsOf(labels).map((combination) => {
    const pairs = Object.entries(combination).map(([label, value]) => `${label}="${value}"`);
    return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
  });
}

/** Whether a series has a value of an open label that is not in the table's list. */
function isOpen(key: string, { labels = {}, openLabels = {} }: MetricRow): boolean {
  return [...key.matchAll(/(\w+)="([^"]*)"/g)].some(
    ([, label = '', value = '']) =>
      openLabels[label] !== undefined && labels[label]?.includes(value) !== true,
  );
}

const zeroOf = ({ samples, types }: Exposition): readonly (readonly [string, number])[] =>
  [...samples].filter(([key, value]) => {
    const name = key.replace(/\{.*/s, '').replace(/_(bucket|sum|count)$/, '');
    return types.get(name) === 'counter' && value !== 0;
  });

describe('run --metrics-port', () => {
  test('exports the rows of a comparison, before the first round and after', async () => {
    const running = cli.start(['run', '-', '--json', '--metrics-port', '0']);
    const url = await metricsUrlOf(running);
    const before = await scrape(url);
    expectTable(before, COMPARISON_METRICS);
    expect(zeroOf(before).map(([key]) => key)).toEqual(['securemint_shadow_plugin_launches_total']);
    expect(before.samples.get('securemint_shadow_parity_rate')).toBe(NaN);
    running.child.stdin.write(joined(bundledLines(20)));
    await running.judged(20);
    const after = await scrape(url);
    expectTable(after, COMPARISON_METRICS);
    const agreed = [...after.samples].filter(([key]) => /chain_rounds_total\{.*"agree"/.test(key));
    expect(agreed.reduce((sum, [, value]) => sum + value, 0)).toBe(20);
    expect(agreed.length).toBeGreaterThan(2);
    running.child.stdin.end();
    expect((await running.ended).exitCode).toBe(0);
  });
});

describe('serve', () => {
  test('exports every row there is', async () => {
    const service = await ServedProduct.start(cli, { SECUREMINT_SHADOW_STAGE: 'off' });
    const before = await scrape(`${service.url}/metrics`);
    expectTable(before, METRICS);
    expect(zeroOf(before)).toEqual([]);
    for (const line of bundledLines(3)) expect(await service.post(line)).toBe(200);
    const after = await scrape(`${service.url}/metrics`);
    expectTable(after, METRICS);
    expect(after.samples.get('securemint_shadow_rounds_taken_total')).toBe(3);
    expect(after.samples.get('securemint_shadow_served_total{lane="legacy",stage="off"}')).toBe(3);
    expect(after.samples.get('securemint_shadow_http_requests_total{code="200"}')).toBe(4);
    await service.stop();
  });
});
