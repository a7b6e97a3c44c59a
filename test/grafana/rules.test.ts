import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RUNBOOK } from '../../grafana/src/runbook.ts';
import { FAILING, LANE_TROUBLE } from '../../harness/report.ts';
import { everything } from '../helpers/real/parts.ts';
import { rulesOf } from './pages.ts';

const alerts = rulesOf('alerts.yml');
const records = rulesOf('rules.yml');

describe.each(alerts)('$alert', ({ alert, labels, annotations, for: duration }) => {
  test('says how urgent it is, what it means and where to read on', () => {
    expect(alert).toMatch(/^SecureMint[A-Z]/);
    expect(['critical', 'warning']).toContain(labels['severity']);
    expect(duration ?? '0m').toMatch(/^\d+m$/);
    expect(Object.keys(annotations).toSorted()).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations['summary']).toMatch(/\(\{\{.+\}\}\)$/);
    expect(annotations['description']).toMatch(/\.$/);
  });

  test('has its own section in the runbook, which names it', () => {
    const [, section = ''] = /^docs\/runbook\.md#(.+)$/.exec(annotations['runbook_url'] ?? '') ?? [];
    expect(Object.keys(RUNBOOK)).toContain(section);
    const page = readFileSync('docs/runbook.md', 'utf8');
    const text =
      page.split(/^## /m).find((part) => part.toLowerCase().replaceAll(' ', '-').startsWith(section)) ?? '';
    expect(text).toContain(`\`${alert ?? ''}\`, ${labels['severity'] ?? ''}.`);
  });
});

test('alerts do not share a section', () => {
  expect(new Set(alerts.map(({ annotations }) => annotations['runbook_url'])).size).toBe(alerts.length);
});

test('verdicts in rules are those that reports fail on', () => {
  const named = [...alerts, ...records].flatMap(({ expr }) => [...expr.matchAll(/verdict=~"([^"]+)"/g)]);
  const sets = new Set(named.map(([, verdicts = '']) => verdicts));
  expect([...sets].toSorted()).toEqual([[...FAILING].join('|'), [...LANE_TROUBLE].join('|')].toSorted());
});

test('recording rules keep job and instance, and say so in their names', () => {
  for (const { record = '', expr } of records) {
    expect(record).toMatch(/^job_instance(_lane)?:securemint_shadow_/);
    expect(expr).toContain(
      record.startsWith('job_instance_lane') ? 'by (job, instance, lane, le)' : 'by (job, instance)',
    );
  }
});

const FOLDER = 'test/grafana/promtool';
const unitTests = readdirSync(FOLDER).map((file) => join(FOLDER, file));
const unitTestSchema = v.looseObject({
  tests: v.array(
    v.looseObject({
      alert_rule_test: v.array(
        v.looseObject({ alertname: v.string(), exp_alerts: v.optional(v.array(v.unknown()), []) }),
      ),
    }),
  ),
});

describe('the unit tests', () => {
  const cases = unitTests.flatMap((path) =>
    v
      .parse(unitTestSchema, parse(readFileSync(path, 'utf8')))
      .tests.flatMap(({ alert_rule_test: tested }) => tested),
  );

  test.each(alerts)('see $alert fire and not fire', ({ alert }) => {
    const seen = cases
      .filter(({ alertname }) => alertname === alert)
      .map(({ exp_alerts: fired }) => fired.length > 0);
    expect(new Set(seen)).toEqual(new Set([true, false]));
  });
});

const run = promisify(execFile);
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

// Prometheus' own tool comes with the Debian package prometheus.
describe.skipIf(!hasPromtool && !everything)('promtool', () => {
  test('finds nothing wrong with the rules', async () => {
    const files = ['rules.yml', 'alerts.yml'].map((file) => join('grafana/prometheus', file));
    const { stdout } = await run('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...files]);
    expect(stdout.match(/SUCCESS/g)).toHaveLength(2);
  });

  test('finds nothing wrong with the configuration', async () => {
    const { stdout } = await run('promtool', ['check', 'config', 'grafana/prometheus/prometheus.yml']);
    expect(stdout).toContain('SUCCESS: 2 rule files found');
  });

  test.each(unitTests)('sees %s pass', async (path) => {
    const { stdout } = await run('promtool', ['test', 'rules', path]);
    expect(stdout).toContain('SUCCESS');
  });
});
