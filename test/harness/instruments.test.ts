import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { Instruments, combinationsOf } from '../../harness/instruments.ts';
import type { MetricTable } from '../../harness/metric-row.ts';

const TABLE = {
  calls_total: { type: 'counter', help: 'Calls.', unit: 'calls', labels: { lane: ['a', 'b'], way: ['in'] } },
  read_total: { type: 'counter', help: 'Read.', unit: 'calls' },
  size: { type: 'gauge', help: 'Size.', unit: 'bytes', labels: { of: ['x', 'y'] } },
  wait_seconds: {
    type: 'histogram',
    help: 'Wait.',
    unit: 'seconds',
    labels: { lane: ['a'] },
    buckets: [1, 2],
  },
  info: { type: 'gauge', help: 'Info.', unit: '1', openLabels: { version: 'of what' } },
} as const satisfies MetricTable;

const made = (): { readonly registry: Registry; readonly instruments: Instruments<typeof TABLE> } => {
  const registry = new Registry();
  return { registry, instruments: new Instruments(registry, TABLE) };
};

describe('instruments', () => {
  test('are made from the table, all of their series at 0', async () => {
    const { registry, instruments } = made();
    instruments.counter('calls_total');
    instruments.histogram('wait_seconds');
    expect(await registry.metrics()).toBe(`# HELP securemint_shadow_calls_total Calls.
# TYPE securemint_shadow_calls_total counter
securemint_shadow_calls_total{lane="a",way="in"} 0
securemint_shadow_calls_total{lane="b",way="in"} 0

# HELP securemint_shadow_wait_seconds Wait.
# TYPE securemint_shadow_wait_seconds histogram
securemint_shadow_wait_seconds_bucket{le="1",lane="a"} 0
securemint_shadow_wait_seconds_bucket{le="2",lane="a"} 0
securemint_shadow_wait_seconds_bucket{le="+Inf",lane="a"} 0
securemint_shadow_wait_seconds_sum{lane="a"} 0
securemint_shadow_wait_seconds_count{lane="a"} 0
`);
  });

  test('that are read say what holds when they are asked, each time', async () => {
    const { registry, instruments } = made();
    let size = 1;
    instruments.read('size', ({ of }) => (of === 'x' ? size : NaN));
    instruments.read('read_total', () => size);
    const samples = async (): Promise<readonly string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith('secure'));
    const [x, y, read] = [
      'securemint_shadow_size{of="x"}',
      'securemint_shadow_size{of="y"} Nan',
      'securemint_shadow_read_total',
    ];
    expect(await samples()).toEqual([`${x} 1`, y, `${read} 1`]);
    size = 5;
    expect(await samples()).toEqual([`${x} 5`, y, `${read} 5`]);
    // A counter that starts again is what Prometheus expects of a process that does.
    size = 2;
    expect(await samples()).toEqual([`${x} 2`, y, `${read} 2`]);
  });

  test('of information take labels as they come', async () => {
    const { registry, instruments } = made();
    instruments.info('info', { version: '1 "a"\n' });
    expect(await registry.metrics()).toContain(String.raw`securemint_shadow_info{version="1 \"a\"\n"} 1`);
  });
});

test('combinations', () => {
  expect(combinationsOf({})).toEqual([{}]);
  expect(combinationsOf({ a: ['1', '2'], b: ['x'] })).toEqual([
    { a: '1', b: 'x' },
    { a: '2', b: 'x' },
  ]);
  expect(combinationsOf({ a: [] })).toEqual([]);
});
