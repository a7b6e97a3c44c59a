import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PAGES } from './pages.ts';

const FOLDER = 'grafana';

const serviceSchema = v.looseObject({
  image: v.optional(v.string()),
  build: v.optional(v.strictObject({ context: v.string(), dockerfile: v.string() })),
  environment: v.optional(v.record(v.string(), v.string()), {}),
  volumes: v.optional(v.array(v.string()), []),
  ports: v.optional(v.array(v.string()), []),
  depends_on: v.optional(v.union([v.array(v.string()), v.record(v.string(), v.unknown())]), []),
});
const composeSchema = v.strictObject({
  name: v.string(),
  services: v.record(v.string(), serviceSchema),
  volumes: v.record(v.string(), v.nullable(v.unknown())),
});

const yaml = (path: string): unknown => parse(readFileSync(join(FOLDER, path), 'utf8'));
const { services, volumes } = v.parse(composeSchema, yaml('compose.yaml'));
const entries = Object.entries(services);

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

const mountsOf = ({ volumes: mounts }: v.InferOutput<typeof serviceSchema>): readonly Mount[] =>
  mounts.map((mount) => {
    const [source = '', target = '', mode = 'rw'] = mount.split(':');
    return { source, target, mode };
  });

describe('the compose stack', () => {
  test('has what there is to operate', () => {
    expect(Object.keys(services).toSorted()).toEqual([
      'alertmanager',
      'grafana',
      'postgres',
      'prometheus',
      'shadow',
      'unleash',
    ]);
  });

  test.each(entries)('%s is a pinned image, or built here', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?$/);
    else expect(existsSync(join(FOLDER, build.context, build.dockerfile))).toBe(true);
  });

  test.each(entries)('%s mounts what is there, to be read only', (_, service) => {
    for (const { source, target, mode } of mountsOf(service)) {
      expect(target).toMatch(/^\//);
      if (!source.startsWith('.')) expect(Object.keys(volumes)).toContain(source);
      else expect([source, existsSync(join(FOLDER, source)), mode]).toEqual([source, true, 'ro']);
    }
  });

  test.each(entries)('%s opens its ports on loopback only', (_, { ports }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  });

  test.each(entries)('%s waits for services that are there', (_, { depends_on: others }) => {
    const names = Array.isArray(others) ? others : Object.keys(others);
    expect(names.filter((name) => services[name] === undefined)).toEqual([]);
  });

  test('has no volume that nobody mounts', () => {
    const mounted = new Set(entries.flatMap(([, service]) => mountsOf(service).map(({ source }) => source)));
    expect(Object.keys(volumes).filter((name) => !mounted.has(name))).toEqual([]);
  });
});

/** `name:port` of addresses in a text must be services with that port. */
function expectServed(address: string): void {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  expect(Object.keys(services)).toContain(hostname);
  const ports = services[hostname]?.ports.map((mapping) => mapping.split(':').at(-1));
  expect(ports, address).toContain(port);
}

describe('the parts find each other', () => {
  test('Prometheus the service, Alertmanager and its own rules', () => {
    const targets = v.looseObject({
      static_configs: v.array(v.looseObject({ targets: v.array(v.string()) })),
    });
    const config = v.parse(
      v.looseObject({
        rule_files: v.array(v.string()),
        alerting: v.looseObject({ alertmanagers: v.array(targets) }),
        scrape_configs: v.array(targets),
      }),
      yaml('prometheus/prometheus.yml'),
    );
    const all = [...config.scrape_configs, ...config.alerting.alertmanagers];
    for (const { static_configs: groups } of all)
      for (const group of groups) group.targets.forEach(expectServed);
    for (const file of config.rule_files) expect(existsSync(join(FOLDER, 'prometheus', file))).toBe(true);
  });

  test('Grafana Prometheus, and the dashboards where they are mounted', () => {
    const { datasources } = v.parse(
      v.looseObject({
        datasources: v.array(v.looseObject({ url: v.string(), type: v.literal('prometheus') })),
      }),
      yaml('provisioning/datasources/prometheus.yml'),
    );
    for (const { url } of datasources) expectServed(url);
    const { providers } = v.parse(
      v.looseObject({ providers: v.array(v.looseObject({ options: v.looseObject({ path: v.string() }) })) }),
      yaml('provisioning/dashboards/securemint.yml'),
    );
    const mounts = mountsOf(services['grafana'] ?? v.parse(serviceSchema, {}));
    const home = services['grafana']?.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    for (const { options } of providers) {
      const source = mounts.find(({ target }) => target === options.path)?.source ?? '';
      const files = readdirSync(join(FOLDER, source));
      expect(files).toHaveLength(PAGES.length);
      expect(files.map((file) => join(options.path, file))).toContain(home);
    }
  });

  test('dashboards the runbook', () => {
    const mounts = mountsOf(services['grafana'] ?? v.parse(serviceSchema, {}));
    const mount = mounts.find(({ source }) => source.endsWith('runbook.md'));
    const addresses = PAGES.map(
      ({ templating }) => templating.list.find(({ name }) => name === 'runbook')?.query,
    );
    expect(new Set(addresses)).toEqual(new Set([mount?.target.replace('/usr/share/grafana', '')]));
  });

  test('the service Unleash, with a token that Unleash knows, and Unleash its database', () => {
    const { shadow, unleash, postgres } = services;
    expectServed(shadow?.environment['UNLEASH_URL'] ?? '');
    expect(shadow?.environment['UNLEASH_API_TOKEN']).toBe(unleash?.environment['INIT_BACKEND_API_TOKENS']);
    const database = new URL(unleash?.environment['DATABASE_URL'] ?? '');
    expect(database).toMatchObject({
      hostname: 'postgres',
      username: postgres?.environment['POSTGRES_USER'],
      password: postgres?.environment['POSTGRES_PASSWORD'],
      pathname: `/${postgres?.environment['POSTGRES_DB'] ?? ''}`,
    });
  });
});
