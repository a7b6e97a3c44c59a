import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_METRICS } from '../../grafana/src/table.ts';
import { METRIC_PREFIX } from '../../harness/metric-row.ts';
import { CommandLine, bundledLines } from '../helpers/cli.ts';
import type { Running } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { startUnleash } from '../helpers/real/unleash.ts';
import type { Unleash } from '../helpers/real/unleash.ts';
import { PAGES, annotationQueries, panelQueries, rulesOf, selectorsIn, variableQueries } from './pages.ts';
import { Prometheus } from './prometheus.ts';
import { ServedProduct, metricsUrlOf, sendOverAndOver } from './product.ts';

const START_MS = 180_000;
/** For the slowest query to have data: several scrapes, and windows that look back a few of them. */
const DATA_TIMEOUT_MS = 60_000;
const SEND_EVERY_MS = 50;

/** What Grafana puts in the place of its variables. */
const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: '20s',
  $__range: '10m',
  $instance: '.*',
  $chain: '.*',
  $bound: '0.999',
};

const filledIn = (expr: string): string =>
  expr.replaceAll(/\$(__)?[a-z_]+/g, (name) => {
    const value = VARIABLES[name];
    if (value === undefined) throw new Error(`expected a variable that is known here, got ${name}`);
    return value;
  });

const panels = PAGES.flatMap(panelQueries);

let folder: string;
let cli: CommandLine;
let unleash: Unleash;
let prometheus: Prometheus;
let service: ServedProduct;
let lying: Running;
let controller: Running;
/** What ends what was started, the last first. */
const endings: (() => unknown)[] = [];

/** A service with a flag on a real Unleash, a `run` with a lie planted in it, a controller, and a Prometheus. */
describe.skipIf(!everything)('on a real Prometheus', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grafana-live-'));
    endings.push(() => rm(folder, { recursive: true }));
    cli = await CommandLine.open();
    endings.push(() => cli.close());
    unleash = await startUnleash();
    endings.push(() => unleash.stop());
    await flags('create');
    await flags('stage', 'shadow', '--yes');
    service = await ServedProduct.start(cli, {
      UNLEASH_URL: unleash.url,
      UNLEASH_API_TOKEN: unleash.clientToken,
    });
    endings.push(() => service.stop());
    lying = cli.start(['run', '-', '--json', '--metrics-port', '0', '--plant', 'block-plus-one']);
    endings.push(() => {
      lying.child.stdin.end();
      return lying.ended;
    });
    controller = cli.start(
      ['controller', '--service', service.url, '--interval-ms', '500', '--metrics-port', '0'],
      { env: operator() },
    );
    endings.push(() => {
      controller.child.kill('SIGTERM');
      return controller.ended;
    });
    prometheus = await Prometheus.start({
      folder,
      intervalS: 1,
      targets: [service.url, await metricsUrlOf(lying), await metricsUrlOf(controller)].map(
        (url) => new URL(url).host,
      ),
    });
    endings.push(() => prometheus.stop());
    await eventually('both are scraped twice', isScrapedTwice);
    const lines = bundledLines(1200);
    for (const sender of [
      sendOverAndOver(lines, (line) => service.post(line), SEND_EVERY_MS),
      sendOverAndOver(lines, (line) => lying.child.stdin.write(`${line}\n`), SEND_EVERY_MS),
    ]) {
      endings.push(() => sender.stop());
    }
  }, START_MS);

  afterAll(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  }, START_MS);

  // Every dashboard has the same ones.
  const annotations = PAGES.slice(0, 1).flatMap(annotationQueries);
  const variables = PAGES.flatMap(variableQueries);
  const rules = [...rulesOf('rules.yml'), ...rulesOf('alerts.yml')].map(({ alert, record, expr }) => ({
    name: alert ?? record ?? '',
    record,
    expr,
  }));

  test(
    'a flip of the flag and a plugin that is killed leave their marks',
    { timeout: START_MS },
    async () => {
      await flags('share', 'live', '50', '--yes', '--service', service.url, '--wait');
      process.kill(await service.running.pluginPid(), 'SIGKILL');
      for (const { where, expr } of annotations) expect(await dataOf(expr), where).not.toEqual([]);
    },
  );

  test.each(panels)('$where shows something', { timeout: DATA_TIMEOUT_MS * 2 }, async ({ expr }) => {
    expect(await dataOf(expr)).not.toEqual([]);
  });

  test.each(variables)('$where has values', async ({ expr, label }) => {
    expect((await prometheus.labelValues(filledIn(expr), label)).length).toBeGreaterThan(1);
  });

  test.each(rules)('the rule $name reads series that are there', async ({ expr, record }) => {
    // An alert has data only while it fires.
    await prometheus.query(expr);
    for (const selector of selectorsIn(expr)) {
      expect(await prometheus.query(selector), selector).not.toEqual([]);
    }
    if (record !== undefined) expect(await dataOf(record)).not.toEqual([]);
  });

  test('the lie is an alert, and nothing else that it is not', async () => {
    await eventually('the alert fires', async () => (await firing()).includes('SecureMintParityBroken'));
    expect(await firing()).toContain('SecureMintWitnessContradicted');
    expect(await firing()).not.toContain('SecureMintNoData');
    const [broken] = await prometheus.query('ALERTS{alertname="SecureMintParityBroken"}');
    expect(broken?.labels['instance']).toBe(new URL(await metricsUrlOf(lying)).host);
  });

  test('the panels answer what happened', async () => {
    expect(await answer('migration', 'May I promote?')).toEqual([0]);
    const [parity = NaN] = await answer('migration', 'Do the lanes agree?');
    expect(parity).toBeLessThan(1);
    expect(await answer('rollout', 'Which share is meant for loopp?')).toEqual([0.5]);
    expect(await answer('rollout', 'Is every stage in use served?')).toEqual([1]);
    expect(await answer('rollout', 'Rounds without exactly one verdict')).toEqual([0]);
    expect(await answer('rollout', 'What does the controller decide?')).toEqual([0]);
    // Steps of its plan: shadow, then 1, 5, 25 and 50 %.
    expect(await answer('rollout', 'How far along its plan is the flag?')).toEqual([4]);
    const positive = [
      ['migration', 'How many answers contradict a Go node?'],
      ['migration', 'How many rounds come?'],
      ['migration', 'Which share does loopp serve?'],
      ['mismatches', 'On how many rounds did the lanes disagree?'],
      ['mismatches', 'Does a Go node say who is wrong?'],
      ['loopp', 'How often was it lost?'],
    ] as const;
    for (const [page, title] of positive) {
      const [value = NaN] = await answer(page === 'loopp' ? 'LOOPP' : page, title);
      expect(value, title).toBeGreaterThan(0);
    }
    const [since = NaN] = await answer('mismatches', 'Since when?');
    expect(Math.abs(since - Date.now())).toBeLessThan(START_MS);
    // EVM's, and Solana's once a round for it has come.
    expect(['Answer', 'Answer,answer']).toContain(String(await fieldsThatDiffer()));
  });

  test('Prometheus evaluates every rule without an error', async () => {
    const health = await prometheus.ruleHealth();
    expect(health).toHaveLength(rules.length);
    expect(new Set(health)).toEqual(new Set(['ok']));
  });

  test('every metric of the table has series', async () => {
    for (const [name, { type }] of Object.entries(ALL_METRICS)) {
      const series = `${METRIC_PREFIX}${name}${type === 'histogram' ? '_bucket' : ''}`;
      expect(await prometheus.query(series), series).not.toEqual([]);
    }
  });
});

const operator = (): Readonly<Record<string, string>> => ({
  UNLEASH_URL: unleash.url,
  UNLEASH_ADMIN_TOKEN: unleash.adminToken,
});

async function flags(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await cli.run(['flags', ...args], {
    env: operator(),
  });
  expect(exitCode, stderr).toBe(0);
}

/** Values of a query that are numbers, once there are any; none when there never are. */
async function dataOf(expr: string): Promise<readonly number[]> {
  const end = Date.now() + DATA_TIMEOUT_MS;
  for (;;) {
    const samples = await prometheus.query(filledIn(expr));
    const values = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
    if (values.length > 0 || Date.now() > end) return values;
    await delay(250);
  }
}

/** What a panel's first query comes to. */
async function answer(page: string, title: string): Promise<readonly number[]> {
  const asked = panels.find(({ where }) => where === `Secure Mint: ${page} / ${title} / A`);
  return dataOf(asked?.expr ?? '');
}

async function fieldsThatDiffer(): Promise<readonly string[]> {
  const differing = await prometheus.query('sum by (field) (securemint_shadow_differences_total) > 0');
  return differing.map(({ labels }) => labels['field'] ?? '').toSorted();
}

async function firing(): Promise<readonly string[]> {
  const alerts = await prometheus.query('ALERTS{alertstate="firing"}');
  return alerts.map(({ labels }) => labels['alertname'] ?? '');
}

/** Asks until it is so. */
async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + DATA_TIMEOUT_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await delay(250);
  }
}

/** Both processes: counters are there at 0 before anything is counted. */
async function isScrapedTwice(): Promise<boolean> {
  const counts = await prometheus.query('count_over_time(securemint_shadow_fallbacks_total[1m])');
  return counts.length === 2 && counts.every(({ value }) => value >= 2);
}
