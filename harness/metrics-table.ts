import { COMPARISON_METRICS } from './comparison-metrics.ts';
import type { MetricTable } from './metric-row.ts';
import { SERVICE_METRICS } from './service-metrics.ts';

/** Every metric there is, by name without its prefix: the registry and docs/metrics.md are made from it. */
export const METRICS = { ...COMPARISON_METRICS, ...SERVICE_METRICS } as const satisfies MetricTable;
