import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { METRICS } from '../../harness/metrics-table.ts';
import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import { LIMITS } from './limits.ts';
import { SOURCE } from './source.ts';

const ALL = { selected: true, text: ['All'], value: ['$__all'] };

export const datasource = (): DatasourceVariableBuilder =>
  new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes the product')
    .type('prometheus');

export const instance = (): QueryVariableBuilder =>
  valuesOf('instance', `label_values(${METRIC_PREFIX}build_info, instance)`)
    .label('Instance')
    .description('Processes that run, serve or plugin --shadow');

export const chain = (): QueryVariableBuilder =>
  valuesOf('chain', `label_values(${METRIC_PREFIX}chain_rounds_total{instance=~"$instance"}, chain)`)
    .label('Chain')
    .description('Target chains of the rounds; of panels that tell chains apart');

/** Which lower bound is asked for: one of those that `distinct_inputs_needed` knows. */
export function bound(): CustomVariableBuilder {
  const values = METRICS.distinct_inputs_needed.labels.bound;
  const options = values.map((value) => ({
    selected: value === String(LIMITS.bound),
    text: value,
    value,
  }));
  const current = options.find(({ selected }) => selected);
  const variable = new CustomVariableBuilder('bound')
    .label('Bound')
    .description('Lower bound of the parity rate from which on traffic may move')
    .values(values.join(', '))
    .options(options);
  return current === undefined ? variable : variable.current(current);
}

/** Where the runbook is served: the compose stack puts it beside Grafana's own files. */
export function runbook(): TextBoxVariableBuilder {
  const address = '/public/securemint-shadow/runbook.md';
  return new TextBoxVariableBuilder('runbook')
    .label('Runbook')
    .description('Address of docs/runbook.md, for the links of panels')
    .defaultValue(address)
    .current({ selected: true, text: address, value: address });
}

function valuesOf(name: string, query: string): QueryVariableBuilder {
  const variable = new QueryVariableBuilder(name)
    .datasource(SOURCE)
    .definition(query)
    .query({ query, refId: `variable-${name}` })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current(ALL);
  // oxlint-disable-next-line unicorn/no-array-sort -- it is no array
  return variable.sort(VariableSort.AlphabeticalAsc);
}
