import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS_PAGE, metricsPage } from '../../grafana/src/metrics-page.ts';
import { ALL_METRICS } from '../../grafana/src/table.ts';
import type { MetricRow } from '../../harness/metric-row.ts';

const rows: readonly (readonly [name: string, row: MetricRow])[] = Object.entries(ALL_METRICS);

test('docs/metrics.md is what the tables say; npm run docs:metrics writes it', async () => {
  expect(readFileSync(METRICS_PAGE, 'utf8')).toBe(await metricsPage());
});

test('it names every metric, every label value and every bucket', () => {
  const page = readFileSync(METRICS_PAGE, 'utf8');
  for (const [name, { labels = {}, buckets = [] }] of rows) {
    expect(page).toContain(`| \`${name}\` `);
    for (const value of Object.values(labels).flat())
      expect(page).toContain(value === 'other' ? 'other' : `\`${value}\``);
    if (buckets.length > 0) expect(page).toContain(`buckets: ${buckets.join(', ')}`);
  }
});

test.each(rows)('%s follows the conventions of Prometheus', (name, { type, help, unit, buckets = [] }) => {
  expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  expect(name).not.toMatch(/_(count|sum|bucket)$/);
  expect(name).not.toMatch(/_(ms|milliseconds|us|ns|percent|kb|mb)(_|$)/);
  if (unit.startsWith('seconds')) expect(name).toMatch(/_seconds(_total)?$/);
  expect(help).toMatch(/^[A-Z0-9].*\.$/);
  expect(buckets.length > 0).toBe(type === 'histogram');
  expect(buckets.toSorted((a, b) => a - b)).toEqual(buckets);
});

test('every label has its values once', () => {
  for (const [name, { labels = {}, openLabels = {} }] of rows) {
    for (const values of Object.values(labels)) expect(new Set(values).size, name).toBe(values.length);
    const every = [...Object.keys(labels), ...Object.keys(openLabels)];
    // Prometheus' own, and those that scraping adds.
    for (const label of every) expect(['le', 'job', 'instance'], name).not.toContain(label);
  }
});
