import { format } from 'prettier';
import { COMPARISON_METRICS } from '../../harness/comparison-metrics.ts';
import { combinationsOf } from '../../harness/instruments.ts';
import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import type { MetricRow, MetricTable } from '../../harness/metric-row.ts';
import { SERVICE_METRICS } from '../../harness/service-metrics.ts';
import { CONTROLLER_METRICS } from '../../src/cli/controller/metrics.ts';

export const METRICS_PAGE = 'docs/metrics.md';

const HEAD = `# Metrics

Made by \`npm run docs:metrics\` from the tables that the metrics themselves are made from
([harness/comparison-metrics.ts](../harness/comparison-metrics.ts),
[harness/service-metrics.ts](../harness/service-metrics.ts),
[src/cli/controller/metrics.ts](../src/cli/controller/metrics.ts)).

\`run --metrics-port\`, \`serve\`, \`plugin --shadow\` and \`controller --metrics-port\` answer \`GET /metrics\` in Prometheus' text format. Names start with
\`${METRIC_PREFIX}\`. Every series is there from the start, but for labels that say otherwise: counters and histograms at 0,
rates and bounds NaN until there is data. Label values come from fixed lists and from this product's list of chains, never
from rounds, workflows or error texts; the exception is \`build_info\`, which tells what the operator configured.
[dashboards.md](dashboards.md) shows them, [runbook.md](runbook.md) says what to do about them. The plugin's own metrics are
in [loopp.md](loopp.md#metrics).
`;

const PARTS: readonly (readonly [heading: string, table: MetricTable])[] = [
  ['Of every comparison', COMPARISON_METRICS],
  ['Of `serve`', SERVICE_METRICS],
  ['Of `controller`', CONTROLLER_METRICS],
];

/** docs/metrics.md. */
export async function metricsPage(): Promise<string> {
  const parts = PARTS.flatMap(([heading, table]) => [`## ${heading}`, tableOf(table), listsOf(table)]);
  return format([HEAD, ...parts].join('\n\n'), { parser: 'markdown', printWidth: 110 });
}

function tableOf(table: MetricTable): string {
  const rows = Object.entries(table).map(([name, row]) => {
    const { type, help, unit } = row;
    return [`\`${name}\``, type, unit, labelsOf(row), `${help}${nanOf(row)}`];
  });
  return markdownTable(['name', 'type', 'unit', 'labels', 'meaning'], rows);
}

const nanOf = ({ nan }: MetricRow): string => (nan === undefined ? '' : ` NaN: ${nan}.`);

function labelsOf({ labels = {}, openLabels = {} }: MetricRow): string {
  const names = new Set([...Object.keys(labels), ...Object.keys(openLabels)]);
  return [...names].map((label) => `\`${label}\``).join(', ');
}

/** What is too long for a table: label values and buckets, by metric. */
function listsOf(table: MetricTable): string {
  const items = Object.entries(table).flatMap(([name, row]) => {
    const facts = [...labelValues(row), ...bucketsOf(row)];
    return facts.length === 0 ? [] : [`- \`${name}\`${seriesOf(row)}`, ...facts.map((fact) => `  - ${fact}`)];
  });
  return ['Label values and buckets:', '', ...items].join('\n');
}

function seriesOf({ labels = {}, openLabels = {} }: MetricRow): string {
  const known = combinationsOf(labels).length;
  return Object.keys(openLabels).length > 0 || known === 1 ? '' : `, ${String(known)} series`;
}

function labelValues({ labels = {}, openLabels = {} }: MetricRow): readonly string[] {
  const lists = Object.entries(labels)
    .filter(([label]) => openLabels[label] === undefined)
    .map(([label, values]) => `\`${label}\`: ${values.map((value) => `\`${value}\``).join(', ')}`);
  return [...lists, ...Object.entries(openLabels).map(([label, which]) => `\`${label}\`: ${which}`)];
}

function bucketsOf({ buckets }: MetricRow): readonly string[] {
  return buckets === undefined ? [] : [`buckets: ${buckets.map(String).join(', ')}`];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableLine(head), tableLine(head.map(() => '---')), ...rows.map(tableLine)].join('\n');
}

const tableLine = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
const escaped = (cell: string): string => cell.replaceAll('|', '\\|');
