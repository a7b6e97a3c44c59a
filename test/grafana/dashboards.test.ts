import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dashboardFiles } from '../../grafana/src/files.ts';
import { RUNBOOK } from '../../grafana/src/runbook.ts';
import { ALL_METRICS } from '../../grafana/src/table.ts';
import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import type { MetricRow } from '../../harness/metric-row.ts';
import {
  PAGES,
  annotationQueries,
  namesIn,
  panelQueries,
  panelsOf,
  recordsIn,
  rulesOf,
  variableQueries,
} from './pages.ts';
import type { Page, Panel } from './pages.ts';

const COLUMNS = 24;
/** Rows of the grid that a laptop shows without scrolling: each is 38 pixels with its gap. */
const FIRST_SCREEN = 20;
/** What Grafana 9.3 has. */
const KINDS = new Set(['stat', 'timeseries', 'table', 'heatmap', 'state-timeline', 'bargauge']);

const series = new Set(
  Object.entries<MetricRow>(ALL_METRICS).flatMap(([name, { type }]) =>
    type === 'histogram'
      ? ['_bucket', '_sum', '_count'].map((suffix) => `${METRIC_PREFIX}${name}${suffix}`)
      : [`${METRIC_PREFIX}${name}`],
  ),
);
const rules = [...rulesOf('rules.yml'), ...rulesOf('alerts.yml')];

test('the committed files are what the code makes; npm run grafana:build writes them', async () => {
  const files = await dashboardFiles();
  expect(
    readdirSync('grafana/dashboards')
      .map((name) => `grafana/dashboards/${name}`)
      .toSorted(),
  ).toEqual([...files.keys()].toSorted());
  for (const [path, text] of files) expect(readFileSync(path, 'utf8'), path).toBe(text);
});

test('there are four, each with a place of its own', () => {
  expect(PAGES.map(({ uid }) => uid).toSorted()).toEqual([
    'securemint-loopp',
    'securemint-migration',
    'securemint-mismatches',
    'securemint-rollout',
  ]);
});

describe.each(PAGES)('$title', (page) => {
  test('is for Grafana 9.3 and newer', () => {
    expect(page.schemaVersion).toBeGreaterThanOrEqual(37);
    expect(panelsOf(page).filter(({ type }) => !KINDS.has(type))).toEqual([]);
  });

  test('says what it answers, and leads to the others and to the runbook', () => {
    expect(page.description).toMatch(/\?/);
    expect(page.tags).toEqual(['securemint']);
    expect(page.links).toMatchObject([
      { type: 'dashboards', tags: ['securemint'], includeVars: true, keepTime: true },
      { type: 'link', url: '${runbook:raw}' },
    ]);
  });

  test('has variables for the data source, instances and the runbook', () => {
    const names = page.templating.list.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['datasource', 'instance', 'runbook']));
    expect(page.templating.list.find(({ name }) => name === 'datasource')).toMatchObject({
      type: 'datasource',
      query: 'prometheus',
    });
    expect(variableQueries(page).map(({ expr, label }) => [expr !== '', label])).toEqual(
      variableQueries(page).map(({ label }) => [true, label]),
    );
  });

  test('uses the variables that it has, and no other', () => {
    const text = JSON.stringify([page.panels, page.annotations]);
    const used = new Set([...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name));
    expect(used).toEqual(new Set(page.templating.list.map(({ name }) => name)));
  });

  test('asks for the chosen instances only, and for the one controller', () => {
    const selectors = [...panelQueries(page), ...annotationQueries(page)].flatMap(
      ({ expr }) => expr.match(/securemint_shadow_\w+(?:\{[^}]*\})?/g) ?? [],
    );
    const others = selectors.filter((selector) => !selector.includes('instance=~"$instance"'));
    expect(others.filter((selector) => !selector.startsWith('securemint_shadow_controller_'))).toEqual([]);
  });

  test('hides nothing in a menu', () => {
    expect(JSON.stringify(page)).not.toContain('inControlsMenu');
  });

  test('marks flips, launches and disagreements', () => {
    expect(page.annotations.list.map(({ name }) => name)).toEqual(['Flips', 'Launches', 'Disagreements']);
  });

  test('has the answer first: big numbers in the first row, something over time on the first screen', () => {
    const top = panelsOf(page).filter(({ gridPos }) => gridPos.y === 0);
    expect(top.map(({ type }) => type)).toEqual(top.map(() => 'stat'));
    expect(top.reduce((width, { gridPos }) => width + gridPos.w, 0)).toBe(COLUMNS);
    const overTime = panelsOf(page).filter(({ type }) => type === 'timeseries' || type === 'state-timeline');
    expect(overTime.some(({ gridPos: { y, h } }) => y + h <= FIRST_SCREEN)).toBe(true);
  });

  test('has panels that neither overlap nor leave a hole', () => {
    const taken = cellsOf(page);
    expect(new Set(taken).size).toBe(taken.length);
    const rows = Math.max(...page.panels.map(({ gridPos: { y, h } }) => y + h));
    expect(taken).toHaveLength(rows * COLUMNS);
  });

  test('has no two panels with one id or one title', () => {
    const of = (read: (panel: Panel) => unknown): number => new Set(page.panels.map(read)).size;
    expect(of(({ id }) => id)).toBe(page.panels.length);
    expect(of(({ title }) => title)).toBe(page.panels.length);
  });

  describe.each(panelsOf(page))('$title', (panel) => {
    test('is complete', () => {
      const { title, description = '', datasource, targets, fieldConfig } = panel;
      expect(title).toMatch(/^[A-Z].*(\?|[a-z])$/);
      expect(description).toMatch(/\.$/);
      expect(description.length).toBeGreaterThan(20);
      expect(datasource?.uid).toBe('${datasource}');
      expect(targets.length).toBeGreaterThan(0);
      const { unit = '', noValue = '', thresholds } = fieldConfig?.defaults ?? {};
      expect(unit).not.toBe('');
      expect(noValue).toMatch(/^[a-z]/);
      expect(thresholds?.steps.length).toBeGreaterThan(0);
    });

    test('links to a section of the runbook', () => {
      const [link] = panel.links;
      const [, section = ''] = /^\$\{runbook:raw\}#(.+)$/.exec(link?.url ?? '') ?? [];
      expect(Object.keys(RUNBOOK)).toContain(section);
    });
  });
});

test('every section of the runbook that is linked to is there', () => {
  const headings = readFileSync('docs/runbook.md', 'utf8').match(/^## .+$/gm) ?? [];
  const anchors = headings.map((heading) => heading.slice(3).toLowerCase().replaceAll(' ', '-'));
  expect(anchors).toEqual(Object.keys(RUNBOOK).toSorted((a, b) => anchors.indexOf(a) - anchors.indexOf(b)));
  expect(headings.map((heading) => heading.slice(3)).toSorted()).toEqual(Object.values(RUNBOOK).toSorted());
});

describe('metrics in queries', () => {
  const asked = [
    ...PAGES.flatMap((page) => [...panelQueries(page), ...annotationQueries(page), ...variableQueries(page)]),
    ...rules.map(({ alert, record, expr }) => ({ where: alert ?? record ?? '', expr })),
  ];

  test('are in the table', () => {
    const unknown = asked.flatMap(({ where, expr }) =>
      namesIn(expr)
        .filter((name) => !series.has(name))
        .map((name) => `${where}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(asked.length).toBeGreaterThan(80);
  });

  test('have labels and values that are in the table', () => {
    const wrong = asked.flatMap(({ where, expr }) =>
      wrongMatchers(expr).map((matcher) => `${where}: ${matcher}`),
    );
    expect(wrong).toEqual([]);
  });

  test('that recording rules make are made', () => {
    const made = new Set(rulesOf('rules.yml').map(({ record }) => record));
    expect(asked.flatMap(({ expr }) => recordsIn(expr)).filter((name) => !made.has(name))).toEqual([]);
  });

  test('are all that there are', () => {
    const used = new Set(
      asked.flatMap(({ expr }) => namesIn(expr)).map((name) => name.replace(/_bucket$/, '')),
    );
    const unused = Object.keys(ALL_METRICS).filter((name) => !used.has(`${METRIC_PREFIX}${name}`));
    expect(unused).toEqual([]);
  });
});

/** Every cell of the grid that a panel takes. */
const cellsOf = ({ panels }: Page): readonly string[] =>
  panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from(
      { length: w * h },
      (_, cell) => `${String(x + (cell % w))},${String(y + Math.floor(cell / w))}`,
    ),
  );

const table = new Map<string, MetricRow>(Object.entries(ALL_METRICS));
const rowOf = (name: string): MetricRow | undefined =>
  table.get(name.slice(METRIC_PREFIX.length).replace(/_bucket$/, ''));

/** Matchers of our metrics whose label the metric does not have, or whose value the label does not. */
function wrongMatchers(expr: string): readonly string[] {
  return [...expr.matchAll(/(securemint_shadow_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) => {
    const { labels = {}, openLabels = {} } = rowOf(name) ?? {};
    return [...matchers.matchAll(/(\w+)(=~|=)"([^"]*)"/g)]
      .filter(([, label = '', , value = '']) => {
        if (label === 'instance' || value.startsWith('$')) return false;
        if (openLabels[label] !== undefined) return false;
        return !value.split('|').every((one) => labels[label]?.includes(one) === true);
      })
      .map(([matcher]) => `${name}{${matcher}}`);
  });
}
