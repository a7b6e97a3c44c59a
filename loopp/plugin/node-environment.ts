import { PluginEnvironmentError } from './environment.ts';
import { isGoDuration, isGoRequestUri, isGoUint32, isGoUrl, parseGoBool, parseGoInt } from './go-values.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What a Chainlink node tells its plugins (docs/spec/loopp-wire.md F.3), as far as this one uses it. */
export interface NodeEnvironment {
  /** CL_APP_ID; undefined: none was given. */
  readonly appId: string | undefined;
  /** Where to serve /metrics: 0 to 65535, 0 for a free port; undefined: nowhere. */
  readonly metricsPort: number | undefined;
  /** The telemetry's resource attributes by name, without their prefix; empty unless telemetry is enabled. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Variables that switch on what this plugin does not do, for the log. */
  readonly unused: readonly string[];
}

/**
 * Throws `PluginEnvironmentError` for a value that Go could not parse; the message names variable, expectation and value,
 * but never a value that may hold a secret. An empty value is an absent one, also where Go insists on one: nodes send
 * most variables empty (X.0).
 */
export function parseNodeEnvironment(variables: Variables): NodeEnvironment {
  const text = (name: string): string => variables[name] ?? '';
  const isSet = (name: string): boolean => text(name) !== '';
  check(ALWAYS, text);
  if (isSet('CL_DATABASE_URL')) check(DATABASE, text);
  const tracing = parseGoBool(text('CL_TRACING_ENABLED')) === true;
  if (tracing) check(TRACING, text);
  const telemetry = parseGoBool(text('CL_TELEMETRY_ENABLED')) === true;
  if (telemetry) check(TELEMETRY, text);
  return {
    appId: isSet('CL_APP_ID') ? text('CL_APP_ID') : undefined,
    metricsPort: isSet('CL_PROMETHEUS_PORT') ? Number(text('CL_PROMETHEUS_PORT')) : undefined,
    attributes: telemetry ? withPrefix('CL_TELEMETRY_ATTRIBUTE_', variables) : new Map(),
    unused: [
      ...(isSet('CL_DATABASE_URL') ? ['CL_DATABASE_URL'] : []),
      ...(parseGoBool(text('CL_FEATURE_LOG_POLLER')) === true ? ['CL_FEATURE_LOG_POLLER'] : []),
      ...(tracing ? ['CL_TRACING_ENABLED'] : []),
      ...(telemetry ? ['CL_TELEMETRY_ENABLED'] : []),
      ...(telemetry && isSet('CL_CHIP_INGRESS_ENDPOINT') ? ['CL_CHIP_INGRESS_ENDPOINT'] : []),
    ],
  };
}

interface Kind {
  readonly expected: string;
  readonly accepts: (text: string) => boolean;
  /** Its values may hold a password or token. */
  readonly secret?: true;
}

const BOOL: Kind = {
  expected: `a truth value (1, t, true, 0, f, false)`,
  accepts: (text) => parseGoBool(text) !== undefined,
};
const INT: Kind = { expected: 'a whole number', accepts: (text) => parseGoInt(text) !== undefined };
const UINT32: Kind = { expected: `a whole number from 0 to ${String(2 ** 32 - 1)}`, accepts: isGoUint32 };
const DURATION: Kind = { expected: 'a duration such as 1m30s', accepts: isGoDuration };
const URL_: Kind = { expected: 'a URL', accepts: isGoUrl, secret: true };
const TARGET: Kind = {
  expected: 'a URL with a scheme, or an absolute path',
  accepts: isGoRequestUri,
  secret: true,
};
const PORT: Kind = {
  expected: 'a port from 0 to 65535',
  accepts: (text) => {
    const port = parseGoInt(text) ?? -1;
    return port >= 0 && port <= 65_535;
  },
};

/** Variables whose values Go parses; those it takes as they come are not listed. */
type Kinds = Readonly<Record<string, Kind>>;

const ALWAYS: Kinds = {
  CL_DATABASE_URL: URL_,
  CL_FEATURE_LOG_POLLER: BOOL,
  CL_MERCURY_CACHE_LATEST_REPORT_DEADLINE: DURATION,
  CL_MERCURY_CACHE_LATEST_REPORT_TTL: DURATION,
  CL_MERCURY_CACHE_MAX_STALE_AGE: DURATION,
  CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE: UINT32,
  CL_MERCURY_TRANSMITTER_TRANSMIT_TIMEOUT: DURATION,
  CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY: UINT32,
  CL_MERCURY_TRANSMITTER_REAPER_FREQUENCY: DURATION,
  CL_MERCURY_TRANSMITTER_REAPER_MAX_AGE: DURATION,
  CL_MERCURY_VERBOSE_LOGGING: BOOL,
  CL_PROMETHEUS_PORT: PORT,
  CL_TRACING_ENABLED: BOOL,
  CL_TELEMETRY_ENABLED: BOOL,
};
const DATABASE: Kinds = {
  CL_DATABASE_IDLE_IN_TX_SESSION_TIMEOUT: DURATION,
  CL_DATABASE_LOCK_TIMEOUT: DURATION,
  CL_DATABASE_QUERY_TIMEOUT: DURATION,
  // Spelled as upstream spells it.
  CL_DATABASE_LISTNER_FALLBACK_POLL_INTERVAL: DURATION,
  CL_DATABASE_LOG_SQL: BOOL,
  CL_DATABASE_MAX_OPEN_CONNS: INT,
  CL_DATABASE_MAX_IDLE_CONNS: INT,
  CL_DATABASE_TRACING_ENABLED: BOOL,
};
/** The sampling ratios are not here: Go takes a bad one for zero. */
const TRACING: Kinds = { CL_TRACING_COLLECTOR_TARGET: TARGET };
const TELEMETRY: Kinds = {
  CL_TELEMETRY_INSECURE_CONNECTION: BOOL,
  CL_TELEMETRY_EMITTER_BATCH_PROCESSOR: BOOL,
  CL_TELEMETRY_EMITTER_EXPORT_TIMEOUT: DURATION,
  CL_TELEMETRY_EMITTER_EXPORT_INTERVAL: DURATION,
  CL_TELEMETRY_EMITTER_EXPORT_MAX_BATCH_SIZE: INT,
  CL_TELEMETRY_EMITTER_MAX_QUEUE_SIZE: INT,
  CL_TELEMETRY_LOG_STREAMING_ENABLED: BOOL,
  CL_CHIP_INGRESS_INSECURE_CONNECTION: BOOL,
};

function check(kinds: Kinds, textOf: (name: string) => string): void {
  for (const [name, { expected, accepts, secret }] of Object.entries(kinds)) {
    const text = textOf(name);
    if (text === '' || accepts(text)) continue;
    throw new PluginEnvironmentError(
      secret === true
        ? `failed to parse ${name}: expected ${expected} (what came is not shown, it may hold a secret)`
        : `failed to parse ${name} = ${JSON.stringify(text.slice(0, SHOWN))}: expected ${expected}`,
    );
  }
}

const SHOWN = 100;

function withPrefix(prefix: string, variables: Variables): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(variables).flatMap(([name, value]): readonly [string, string][] =>
      name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}
