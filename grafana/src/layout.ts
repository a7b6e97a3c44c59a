import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardBuilder, GridPos, Panel } from '@grafana/grafana-foundation-sdk/dashboard';

/** Columns of Grafana's grid. */
const COLUMNS = 24;
/** Rows that the head of a section takes. */
const HEAD = 1;

interface Placeable extends Builder<Panel> {
  id(id: number): this;
  gridPos(gridPos: GridPos): this;
}

/** Panels side by side, all equally high; their widths fill the grid. */
export interface Shelf {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: Placeable])[];
}

/** Shelves under a heading; the first section of a dashboard needs none. */
export interface Section {
  readonly heading?: string;
  readonly shelves: readonly Shelf[];
}

/** Puts sections below each other, from the top. Throws when a shelf is not filled. */
export function place(dashboard: DashboardBuilder, sections: readonly Section[]): DashboardBuilder {
  let id = 0;
  let y = 0;
  for (const { heading, shelves } of sections) {
    if (heading !== undefined) {
      const position = { h: HEAD, w: COLUMNS, x: 0, y };
      dashboard.withRow(new RowBuilder(heading).id(++id).gridPos(position));
      y += HEAD;
    }
    for (const { height, panels } of shelves) {
      let x = 0;
      for (const [width, panel] of panels) {
        dashboard.withPanel(panel.id(++id).gridPos({ h: height, w: width, x, y }));
        x += width;
      }
      if (x !== COLUMNS) throw new Error(`expected panels ${String(COLUMNS)} columns wide, got ${String(x)}`);
      y += height;
    }
  }
  return dashboard;
}
