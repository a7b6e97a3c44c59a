import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { place } from './layout.ts';
import type { Section } from './layout.ts';

/** Grafana 9.3's; newer ones migrate what they load. */
const SCHEMA_VERSION = 37;
const TAG = 'securemint';

export interface Page {
  /** The last part of its address, and the name of its file. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

/** The SDK hides links and annotations in a menu unless told otherwise, and cannot be told. */
function visibly(dashboard: Dashboard): Dashboard {
  const text = JSON.stringify(dashboard, (key, value: unknown) =>
    key === 'placement' && value === 'inControlsMenu' ? undefined : value,
  );
  return JSON.parse(text) as Dashboard;
}

/** A dashboard with what all of them have: links to each other and to the runbook, annotations, the answer first. */
export function dashboardOf({ name, title, description, from, variables, sections }: Page): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(`securemint-${name}`)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('10s')
    .time({ from, to: 'now' })
    .links([
      new DashboardLinkBuilder('Secure Mint')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
      new DashboardLinkBuilder('Runbook')
        .type(DashboardLinkType.Link)
        .icon('doc')
        .url('${runbook:raw}')
        .targetBlank(true),
    ])
    .variables([...variables])
    .annotations([...annotations()]);
  return visibly({ ...place(dashboard, sections).build(), schemaVersion: SCHEMA_VERSION });
}
