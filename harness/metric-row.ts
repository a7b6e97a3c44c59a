/** Of every name on /metrics but for the process' own. */
export const METRIC_PREFIX = 'securemint_shadow_';

/** One metric: what is registered, and what docs/metrics.md says of it. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence, on /metrics too. */
  readonly help: string;
  /** Of the value, or what it counts. */
  readonly unit: string;
  /** Every value of every label: the series of all of them are there from the start. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Labels with values that are not known from the start, and in words which these are. */
  readonly openLabels?: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
  /** When the value is NaN; absent: never. */
  readonly nan?: string;
}

/** Rows by name without the prefix. */
export type MetricTable = Readonly<Record<string, MetricRow>>;
