import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import { FAILING } from '../../harness/report.ts';
import { ALL_METRICS, isOfController } from './table.ts';

type Metrics = typeof ALL_METRICS;
type NamesOf<Type> = {
  [Name in keyof Metrics]: Metrics[Name]['type'] extends Type ? Name : never;
}[keyof Metrics];

/** Verdicts that need somebody's attention, as a matcher. */
export const DISAGREEING = `verdict=~"${[...FAILING].join('|')}"`;
/** Long enough for a few scrapes, whatever the zoom. */
export const RECENTLY = '5m';

/** A metric of the instances that the dashboard shows, or of the controller. */
export function metric(name: NamesOf<'gauge' | 'counter'>, ...matchers: readonly string[]): string {
  return selector(name, matchers);
}

/** How often something happens, each second. */
export function rate(
  name: NamesOf<'counter'>,
  matchers: readonly string[] = [],
  range = '$__rate_interval',
): string {
  return `rate(${selector(name, matchers)}[${range}])`;
}

/** How often something happened in a range: by default the one that the dashboard shows. */
export function increase(
  name: NamesOf<'counter'>,
  matchers: readonly string[] = [],
  range = '$__range',
): string {
  return `increase(${selector(name, matchers)}[${range}])`;
}

/** A quantile of a histogram by lane. */
export function quantile(
  q: number,
  name: NamesOf<'histogram'>,
  matchers: readonly string[] = [],
  range = '$__rate_interval',
): string {
  const rates = `rate(${selector(`${name}_bucket`, matchers)}[${range}])`;
  return `histogram_quantile(${String(q)}, sum by (lane, le) (${rates}))`;
}

/** Observations by bucket, for a heatmap. */
export function buckets(name: NamesOf<'histogram'>, matchers: readonly string[]): string {
  return `sum by (le) (increase(${selector(`${name}_bucket`, matchers)}[$__rate_interval]))`;
}

/** One line an instance: the place of the state that holds in the row's own list, from 0. */
export function stateNumber(name: 'plugin_state' | 'flag_polling' | 'journal_state'): string {
  return ALL_METRICS[name].labels.state
    .map((state, index) => `${String(index)} * sum by (instance) (${metric(name, `state="${state}"`)})`)
    .join(' + ');
}

function selector(name: string, matchers: readonly string[]): string {
  const all = isOfController(name) ? matchers : ['instance=~"$instance"', ...matchers];
  return `${METRIC_PREFIX}${name}${all.length === 0 ? '' : `{${all.join(', ')}}`}`;
}
