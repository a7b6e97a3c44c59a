import { describe, expect, test } from 'vitest';
import { PluginEnvironmentError } from '../../../loopp/plugin/environment.ts';
import { parseNodeEnvironment } from '../../../loopp/plugin/node-environment.ts';

const NOTHING = { appId: undefined, metricsPort: undefined, attributes: new Map(), unused: [] };

/** Everything that a node passes, as it does when nothing of it is configured. */
const AS_A_NODE_SENDS = {
  CL_APP_ID: 'c0ffee',
  CL_FEATURE_LOG_POLLER: 'false',
  CL_MERCURY_CACHE_LATEST_REPORT_DEADLINE: '5s',
  CL_MERCURY_CACHE_LATEST_REPORT_TTL: '1s',
  CL_MERCURY_CACHE_MAX_STALE_AGE: '1h0m0s',
  CL_MERCURY_TRANSMITTER_PROTOCOL: 'grpc',
  CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE: '10000',
  CL_MERCURY_TRANSMITTER_TRANSMIT_TIMEOUT: '5s',
  CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY: '100',
  CL_MERCURY_TRANSMITTER_REAPER_FREQUENCY: '1h0m0s',
  CL_MERCURY_TRANSMITTER_REAPER_MAX_AGE: '48h0m0s',
  CL_MERCURY_VERBOSE_LOGGING: 'false',
  CL_PROMETHEUS_PORT: '41873',
  CL_TRACING_ENABLED: 'false',
  CL_TRACING_COLLECTOR_TARGET: '',
  CL_TRACING_SAMPLING_RATIO: '0',
  CL_TRACING_TLS_CERT_PATH: '',
  CL_TELEMETRY_ENABLED: 'false',
  CL_TELEMETRY_ENDPOINT: '',
  CL_TELEMETRY_INSECURE_CONNECTION: 'false',
  CL_TELEMETRY_EMITTER_EXPORT_TIMEOUT: '0s',
  CL_TELEMETRY_EMITTER_MAX_QUEUE_SIZE: '0',
  CL_CHIP_INGRESS_ENDPOINT: '',
  CL_CHIP_INGRESS_INSECURE_CONNECTION: 'false',
};

test('what a node sends when nothing is configured', () => {
  expect(parseNodeEnvironment(AS_A_NODE_SENDS)).toEqual({ ...NOTHING, appId: 'c0ffee', metricsPort: 41_873 });
});

test('an empty value is an absent one, also where Go insists on a value', () => {
  const empty = Object.fromEntries(Object.keys(AS_A_NODE_SENDS).map((name) => [name, '']));
  expect(parseNodeEnvironment(empty)).toEqual(NOTHING);
  expect(parseNodeEnvironment({ ...empty, CL_DATABASE_URL: '', CL_DATABASE_LOG_SQL: '' })).toEqual(NOTHING);
  expect(parseNodeEnvironment({})).toEqual(NOTHING);
});

describe('a value that Go could not parse is refused, with what was expected and what came:', () => {
  const WITH_TELEMETRY = { CL_TELEMETRY_ENABLED: '1' };
  const WITH_DATABASE = { CL_DATABASE_URL: 'postgres://h/db' };
  test.each([
    [{ CL_PROMETHEUS_PORT: 'x' }, 'CL_PROMETHEUS_PORT = "x": expected a port from 0 to 65535'],
    [{ CL_PROMETHEUS_PORT: '65536' }, 'CL_PROMETHEUS_PORT = "65536": expected a port from 0 to 65535'],
    [{ CL_PROMETHEUS_PORT: '-1' }, 'CL_PROMETHEUS_PORT = "-1": expected a port from 0 to 65535'],
    [
      { CL_FEATURE_LOG_POLLER: 'yes' },
      'CL_FEATURE_LOG_POLLER = "yes": expected a truth value (1, t, true, 0, f, false)',
    ],
    [
      { CL_MERCURY_CACHE_MAX_STALE_AGE: '60' },
      'CL_MERCURY_CACHE_MAX_STALE_AGE = "60": expected a duration such as 1m30s',
    ],
    [
      { CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE: '-1' },
      'CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE = "-1": expected a whole number from 0 to 4294967295',
    ],
    [
      { ...WITH_TELEMETRY, CL_TELEMETRY_EMITTER_MAX_QUEUE_SIZE: 'many' },
      'CL_TELEMETRY_EMITTER_MAX_QUEUE_SIZE = "many": expected a whole number',
    ],
    [
      { ...WITH_DATABASE, CL_DATABASE_LISTNER_FALLBACK_POLL_INTERVAL: 'soon' },
      'CL_DATABASE_LISTNER_FALLBACK_POLL_INTERVAL = "soon": expected a duration such as 1m30s',
    ],
    [
      { CL_APP_ID: 'a', CL_MERCURY_VERBOSE_LOGGING: 'two\nlines' },
      String.raw`CL_MERCURY_VERBOSE_LOGGING = "two\nlines": expected a truth value (1, t, true, 0, f, false)`,
    ],
  ])('%j', (variables, text) => {
    const parse = (): unknown => parseNodeEnvironment(variables);
    expect(parse).toThrow(PluginEnvironmentError);
    expect(parse).toThrow(new PluginEnvironmentError(`failed to parse ${text}`));
  });

  test.each([
    [{ CL_DATABASE_URL: 'postgres://u:hunter2@h:5432x/db' }, 'CL_DATABASE_URL: expected a URL'],
    [
      { CL_TRACING_ENABLED: 'true', CL_TRACING_COLLECTOR_TARGET: 'hunter2@collector' },
      'CL_TRACING_COLLECTOR_TARGET: expected a URL with a scheme, or an absolute path',
    ],
  ])('but not shown where it may hold a secret: %j', (variables, text) => {
    expect(() => parseNodeEnvironment(variables)).toThrow(
      new PluginEnvironmentError(`failed to parse ${text} (what came is not shown, it may hold a secret)`),
    );
  });

  test('and never at length', () => {
    expect(() => parseNodeEnvironment({ CL_PROMETHEUS_PORT: 'x'.repeat(100_000) })).toThrow(
      `failed to parse CL_PROMETHEUS_PORT = "${'x'.repeat(100)}": expected`,
    );
  });
});

describe('what belongs to a part that is off is not read:', () => {
  test.each([
    { CL_DATABASE_LOG_SQL: 'maybe' },
    { CL_TRACING_COLLECTOR_TARGET: 'not a URI' },
    { CL_TELEMETRY_EMITTER_EXPORT_TIMEOUT: 'soon', CL_TELEMETRY_ENABLED: 'f' },
    { CL_CHIP_INGRESS_INSECURE_CONNECTION: 'maybe' },
    { CL_TELEMETRY_ATTRIBUTE_env: 'prod' },
    { CL_TRACING_ENABLED: 'true', CL_TRACING_SAMPLING_RATIO: 'half' },
  ])('%j', (variables) => {
    expect(parseNodeEnvironment(variables)).toMatchObject({ metricsPort: undefined, attributes: new Map() });
  });
});

test('telemetry brings resource attributes; authentication headers are not read', () => {
  const { attributes } = parseNodeEnvironment({
    CL_TELEMETRY_ENABLED: 'T',
    CL_TELEMETRY_ATTRIBUTE_env: 'prod',
    'CL_TELEMETRY_ATTRIBUTE_service.name': '',
    CL_TELEMETRY_AUTH_HEADERX: 'hunter2',
    CL_TELEMETRY_AUTH_PUB_KEY_HEX: 'abcd',
  });
  expect([...attributes]).toEqual([
    ['env', 'prod'],
    ['service.name', ''],
  ]);
});

test('what the node switched on and this plugin does not do is named', () => {
  const on = {
    CL_DATABASE_URL: 'postgres://u:hunter2@h/db',
    CL_FEATURE_LOG_POLLER: 'TRUE',
    CL_TRACING_ENABLED: '1',
    CL_TELEMETRY_ENABLED: 't',
    CL_CHIP_INGRESS_ENDPOINT: 'chip:443',
  };
  expect(parseNodeEnvironment(on).unused).toEqual(Object.keys(on));
});
