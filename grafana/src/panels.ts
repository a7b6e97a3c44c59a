import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, ThresholdsConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { byPalette, byThresholds } from './looks.ts';
import { SOURCE, runbookUrl } from './source.ts';
import { RUNBOOK } from './runbook.ts';
import type { RunbookSection } from './runbook.ts';

/** PromQL, and what its series are called. */
export type Query = readonly [expr: string, legend?: string];

/** What every panel says of itself. */
export interface Facts {
  /** A question or a fact. */
  readonly title: string;
  /** Where the number comes from and how to read it. */
  readonly description: string;
  /** Grafana's id of the unit. */
  readonly unit: string;
  /** Shown instead of data that is not there. */
  readonly noData: string;
  readonly thresholds: Builder<ThresholdsConfig>;
  /** What to do about it. */
  readonly runbook: RunbookSection;
  readonly queries: readonly [Query, ...Query[]];
}

/** What the builders of all kinds of panels have in common. */
interface AnyPanel extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  unit(unit: string): this;
  noValue(noValue: string): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  links(links: DashboardLinkBuilder[]): this;
  withTarget(target: Builder<Dataquery>): this;
}

type Ask = (query: DataqueryBuilder) => DataqueryBuilder;
const once: Ask = (query) => query.instant();
const overTime: Ask = (query) => query.range();
const REF_IDS = 'ABCDEFGH';

function described<P extends AnyPanel>(panel: P, facts: Facts, ask: Ask): P {
  panel
    .title(facts.title)
    .description(facts.description)
    .datasource(SOURCE)
    .unit(facts.unit)
    .noValue(facts.noData)
    .thresholds(facts.thresholds)
    .links([
      new DashboardLinkBuilder(`Runbook: ${RUNBOOK[facts.runbook]}`)
        .type(DashboardLinkType.Link)
        .url(runbookUrl(facts.runbook))
        .targetBlank(true),
    ]);
  for (const [index, [expr, legend = '']] of facts.queries.entries()) {
    const query = new DataqueryBuilder().refId(REF_IDS.charAt(index)).datasource(SOURCE).expr(expr);
    panel.withTarget(ask(legend === '' ? query : query.legendFormat(legend)));
  }
  return panel;
}

/** NaN included, which a mapping puts in words; `lastNotNull` would pass it over and say that nothing is there. */
const lastValue = (): ReduceDataOptionsBuilder =>
  new ReduceDataOptionsBuilder().calcs(['last']).fields('').values(false);

const legend = (shown: boolean): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(shown)
    .calcs([]);

const tooltip = (mode: TooltipDisplayMode, order: SortOrder): VizTooltipOptionsBuilder =>
  // oxlint-disable-next-line unicorn/no-array-sort -- it is no array
  new VizTooltipOptionsBuilder().mode(mode).sort(order);

/** One number that answers the title. */
export function stat(facts: Facts): StatBuilder {
  return described(new StatBuilder(), facts, once)
    .colorScheme(byThresholds())
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Value)
    .reduceOptions(lastValue());
}

/** Lines over time. */
export function series(facts: Facts): TimeseriesBuilder {
  return described(new TimeseriesBuilder(), facts, overTime)
    .colorScheme(byPalette())
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .legend(legend(true))
    .tooltip(tooltip(TooltipDisplayMode.Multi, SortOrder.Descending));
}

/** Areas over time that add up. */
export function stacked(facts: Facts): TimeseriesBuilder {
  return series(facts)
    .min(0)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** One bar for each series, as they are at the end. */
export function bars(facts: Facts): BarGaugeBuilder {
  return described(new BarGaugeBuilder(), facts, once)
    .colorScheme(byThresholds())
    .min(0)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .showUnfilled(true)
    .reduceOptions(lastValue());
}

/** One band for each series: what held when. */
export function states(facts: Facts): StateTimelineBuilder {
  return described(new StateTimelineBuilder(), facts, overTime)
    .colorScheme(byThresholds())
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(70)
    .legend(legend(false))
    .tooltip(tooltip(TooltipDisplayMode.Single, SortOrder.None));
}

/** Rows of series as they are at the end; labels are columns. */
export function table(facts: Facts): TableBuilder {
  return described(new TableBuilder(), facts, (query) => once(query).format(PromQueryFormat.Table))
    .colorScheme(byThresholds())
    .showHeader(true);
}

/** How the buckets of a histogram fill over time; the unit is that of the buckets. */
export function spread(facts: Facts): HeatmapBuilder {
  return described(new HeatmapBuilder(), facts, (query) => overTime(query).format(PromQueryFormat.Heatmap))
    .calculate(false)
    .color(
      new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').exponent(0.5).steps(64),
    )
    .yAxis(new YAxisConfigBuilder().unit(facts.unit));
}
