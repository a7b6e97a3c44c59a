import { METRICS } from '../../harness/metrics-table.ts';
import type { MetricTable } from '../../harness/metric-row.ts';
import { CONTROLLER_METRICS } from '../../src/cli/controller/metrics.ts';

/** Every metric of every command, by name without its prefix. */
export const ALL_METRICS = { ...METRICS, ...CONTROLLER_METRICS } as const satisfies MetricTable;

/** Metrics of the controller: a process of its own, which no variable chooses. */
export const isOfController = (name: string): boolean => Object.hasOwn(CONTROLLER_METRICS, name);
