import { COMPARISON_METRICS } from './comparison-metrics.ts';
import type { MetricTable } from './metric-row.ts';
import { SERVICE_METRICS } from './service-metrics.ts';

/** Every metric of a comparison and of the service around it, by name without its prefix. */
export const METRICS = { ...COMPARISON_METRICS, ...SERVICE_METRICS } as const satisfies MetricTable;
