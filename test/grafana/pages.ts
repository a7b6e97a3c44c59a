import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';

const targetSchema = v.looseObject({ refId: v.string(), expr: v.string() });
const panelSchema = v.looseObject({
  id: v.number(),
  type: v.string(),
  title: v.string(),
  description: v.optional(v.string()),
  gridPos: v.strictObject({ x: v.number(), y: v.number(), w: v.number(), h: v.number() }),
  datasource: v.optional(v.looseObject({ uid: v.string() })),
  targets: v.optional(v.array(targetSchema), []),
  links: v.optional(v.array(v.looseObject({ title: v.string(), url: v.string() })), []),
  fieldConfig: v.optional(
    v.looseObject({
      defaults: v.looseObject({
        unit: v.optional(v.string()),
        noValue: v.optional(v.string()),
        thresholds: v.optional(v.looseObject({ steps: v.array(v.unknown()) })),
      }),
    }),
  ),
});
const variableSchema = v.looseObject({ name: v.string(), type: v.string(), query: v.optional(v.unknown()) });
const annotationSchema = v.looseObject({ name: v.string(), expr: v.string(), step: v.string() });
const dashboardSchema = v.looseObject({
  uid: v.string(),
  title: v.string(),
  description: v.string(),
  tags: v.array(v.string()),
  schemaVersion: v.number(),
  panels: v.array(panelSchema),
  links: v.array(v.looseObject({ type: v.string() })),
  templating: v.looseObject({ list: v.array(variableSchema) }),
  annotations: v.looseObject({ list: v.array(annotationSchema) }),
});
export type Panel = v.InferOutput<typeof panelSchema>;
export type Page = v.InferOutput<typeof dashboardSchema>;

const FOLDER = 'grafana/dashboards';

/** The committed dashboards, as Grafana would read them. */
export const PAGES: readonly Page[] = readdirSync(FOLDER).map((file) =>
  v.parse(dashboardSchema, JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))),
);

/** Panels that show something: rows are headings. */
export const panelsOf = ({ panels }: Page): readonly Panel[] => panels.filter(({ type }) => type !== 'row');

/** One question to Prometheus and where it is asked. */
export interface Asked {
  readonly where: string;
  readonly expr: string;
}

export const panelQueries = (page: Page): readonly Asked[] =>
  panelsOf(page).flatMap(({ title, targets }) =>
    targets.map(({ refId, expr }) => ({ where: `${page.title} / ${title} / ${refId}`, expr })),
  );

export const annotationQueries = (page: Page): readonly Asked[] =>
  page.annotations.list.map(({ name, expr }) => ({ where: `${page.title} / annotation ${name}`, expr }));

/** Variables that ask Prometheus: `label_values(selector, label)`. */
export const variableQueries = (page: Page): readonly (Asked & { readonly label: string })[] =>
  page.templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => {
      const { query: text } = v.parse(v.looseObject({ query: v.string() }), query);
      const [, expr = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
      return { where: `${page.title} / variable ${name}`, expr, label };
    });

const ruleSchema = v.looseObject({
  alert: v.optional(v.string()),
  record: v.optional(v.string()),
  expr: v.string(),
  for: v.optional(v.string()),
  labels: v.optional(v.record(v.string(), v.string()), {}),
  annotations: v.optional(v.record(v.string(), v.string()), {}),
});
const rulesSchema = v.strictObject({
  groups: v.array(v.strictObject({ name: v.string(), rules: v.array(ruleSchema) })),
});
export type Rule = v.InferOutput<typeof ruleSchema>;

/** The rules of a file of grafana/prometheus. */
export function rulesOf(file: 'rules.yml' | 'alerts.yml'): readonly Rule[] {
  const text = readFileSync(join('grafana/prometheus', file), 'utf8');
  return v.parse(rulesSchema, parse(text)).groups.flatMap(({ rules }) => rules);
}

/** Our metrics in a query: names with their matchers, as they stand there. */
export const selectorsIn = (expr: string): readonly string[] =>
  expr.match(/(?<!:)\bsecuremint_shadow_\w+(\{[^}]*\})?/g) ?? [];

/** Names of our metrics in a query. */
export const namesIn = (expr: string): readonly string[] =>
  selectorsIn(expr).map((selector) => selector.replace(/\{.*/s, ''));

/** Figures that recording rules make, in a query. */
export const recordsIn = (expr: string): readonly string[] => expr.match(/\bjob_instance\w*:[\w:]+/g) ?? [];
