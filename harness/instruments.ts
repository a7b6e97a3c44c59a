import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { METRIC_PREFIX } from './metric-row.ts';
import type { MetricRow, MetricTable } from './metric-row.ts';

/** Names of a table's metrics of some type. */
type NamesOf<Table extends MetricTable, Type extends MetricRow['type']> = {
  [Name in keyof Table]: Table[Name]['type'] extends Type ? Name : never;
}[keyof Table] &
  string;

/** One value for each label of a row. */
export type LabelsOf<Row> = Row extends {
  readonly labels: infer Labels extends Record<string, readonly string[]>;
}
  ? { readonly [Label in keyof Labels]: Labels[Label][number] }
  : object;

/** Makes a table's metrics in a registry, every series that is known from the start at 0. */
export class Instruments<Table extends MetricTable> {
  private readonly registry: Registry;
  private readonly table: Table;

  constructor(registry: Registry, table: Table) {
    this.registry = registry;
    this.table = table;
  }

  counter(name: NamesOf<Table, 'counter'>): Counter {
    const counter = new Counter(this.named(name));
    for (const labels of this.series(name)) counter.inc(labels, 0);
    return counter;
  }

  histogram(name: NamesOf<Table, 'histogram'>): Histogram {
    const { buckets = [] } = this.row(name);
    const histogram = new Histogram({ ...this.named(name), buckets: [...buckets] });
    for (const labels of this.series(name)) histogram.zero(labels);
    return histogram;
  }

  /** A gauge or counter that is read where it is kept, at the moment somebody asks. */
  read<Name extends NamesOf<Table, 'gauge' | 'counter'>>(
    name: Name,
    read: (labels: LabelsOf<Table[Name]>) => number,
  ): void {
    // The combinations of a row's own label values.
    const series = this.series(name) as LabelsOf<Table[Name]>[];
    if (this.row(name).type === 'gauge') {
      const gauge: Gauge = new Gauge({
        ...this.named(name),
        collect: () => {
          for (const labels of series) gauge.set({ ...labels }, read(labels));
        },
      });
      return;
    }
    const counter: Counter = new Counter({
      ...this.named(name),
      collect: () => {
        counter.reset();
        for (const labels of series) counter.inc({ ...labels }, read(labels));
      },
    });
  }

  /** A gauge that is always 1: what it says is in its labels, one each. */
  info(name: NamesOf<Table, 'gauge'>, labels: Readonly<Record<string, string>>): void {
    new Gauge({ ...this.named(name), labelNames: Object.keys(labels) }).set({ ...labels }, 1);
  }

  private row(name: string): MetricRow {
    const row = this.table[name];
    if (row === undefined) throw new Error(`expected a metric of the table, got ${name}`);
    return row;
  }

  private named(name: string) {
    const { help, labels = {} } = this.row(name);
    return {
      name: `${METRIC_PREFIX}${name}`,
      help,
      labelNames: Object.keys(labels),
      registers: [this.registry],
    };
  }

  private series(name: string): readonly Record<string, string>[] {
    return combinationsOf(this.row(name).labels ?? {});
  }
}

/** Every combination of one value for each label. */
export function combinationsOf(
  labels: Readonly<Record<string, readonly string[]>>,
): readonly Record<string, string>[] {
  let combinations: readonly Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    combinations = combinations.flatMap((combination) =>
      values.map((value) => ({ ...combination, [label]: value })),
    );
  }
  return combinations;
}
