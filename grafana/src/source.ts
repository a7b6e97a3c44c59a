import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Every panel, variable and annotation asks the Prometheus that the dashboard's first variable names. */
export const SOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** A section of docs/runbook.md, wherever the variable `runbook` says that the page is. */
export const runbookUrl = (section: string): string => `\${runbook:raw}#${section}`;
