import { chainFamily } from '../../../src/chains/selectors.ts';
import { AppError } from '../../../src/errors.ts';
import type { Subject } from './request.ts';

/** How an external adapter is asked. Every limit is in the unit its name ends with. */
export interface HttpExternalAdapterOptions extends Subject {
  /** http or https; a user and password in it are sent as basic authentication and never shown. */
  readonly url: string;
  /** One try, to the last byte of its answer. 1 to 600,000. Default 5,000. */
  readonly timeoutMs: number;
  /** Further tries after a failure that may pass. 0 to 10. Default 2. */
  readonly retries: number;
  /** Before the first of them; each next wait is twice as long. Half of a wait is random. 1 to 60,000. Default 100. */
  readonly backOffMs: number;
  /** A wait at most. 1 to 60,000. Default 2,000. */
  readonly backOffMaxMs: number;
  /** All tries and waits from the call on, unless the call's own deadline is earlier. 1 to 600,000. Default 15,000. */
  readonly totalTimeoutMs: number;
  /** Beyond it an answer is cut off. 1,024 to 67,108,864. Default 1 MiB. */
  readonly responseLimitBytes: number;
}

type Limit = Exclude<keyof HttpExternalAdapterOptions, 'url' | keyof Subject>;

export const EXTERNAL_ADAPTER_DEFAULTS: Readonly<Pick<HttpExternalAdapterOptions, Limit>> = {
  timeoutMs: 5000,
  retries: 2,
  backOffMs: 100,
  backOffMaxMs: 2000,
  totalTimeoutMs: 15_000,
  responseLimitBytes: 1024 * 1024,
};

const RANGES: Readonly<Record<Limit, readonly [min: number, max: number]>> = {
  timeoutMs: [1, 600_000],
  retries: [0, 10],
  backOffMs: [1, 60_000],
  backOffMaxMs: [1, 60_000],
  totalTimeoutMs: [1, 600_000],
  responseLimitBytes: [1024, 64 * 1024 * 1024],
};
const LIMITS = Object.keys(RANGES) as readonly Limit[];

const FIELDS: readonly string[] = ['url', 'token', 'reserves', 'chains', ...LIMITS];

/**
 * Checks options that come from outside, e.g. a parsed configuration file, whose name is `source`; what is not there has
 * its default. `chains` is a list of decimal texts: as JSON numbers selectors would lose digits. Throws `AppError` INPUT.
 */
export function parseExternalAdapterOptions(source: string, value: unknown): HttpExternalAdapterOptions {
  const refuse: Refuse = (field, expected, came) => {
    throw new AppError('INPUT', `${source}: ${field}: expected ${expected}, got ${describe(came)}`);
  };
  const given = objectOf(value, refuse);
  const unknown = Object.keys(given).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) refuse('options', `only ${FIELDS.join(', ')}`, unknown);
  return {
    url: urlOf(given['url'], refuse),
    token: nameOf('token', given['token'], refuse),
    reserves: nameOf('reserves', given['reserves'], refuse),
    chains: chainsOf(given['chains'], refuse),
    ...limitsOf(given, refuse),
  };
}

type Refuse = (field: string, expected: string, came: unknown) => never;

function objectOf(value: unknown, refuse: Refuse): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  return refuse('options', 'an object', value);
}

function urlOf(value: unknown, refuse: Refuse): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (typeof value === 'string' && /^https?:$/.test(url?.protocol ?? '')) return value;
  return refuse('url', 'an http or https URL', typeof value === 'string' ? withoutCredentials(value) : value);
}

/** A text that was to be a URL, for messages. */
const withoutCredentials = (text: string): string => text.replace(/^([a-z]+:\/\/)?.*@/i, '$1');

function nameOf(field: string, value: unknown, refuse: Refuse): string {
  if (typeof value === 'string' && value !== '') return value;
  return refuse(field, 'a text that is not empty', value);
}

function chainsOf(value: unknown, refuse: Refuse): readonly bigint[] {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse('chains', 'a list of one or more chain selectors', value);
  }
  const chains = value.map((item: unknown, index) => selectorOf(`chains[${String(index)}]`, item, refuse));
  const twice = chains.find((chain, index) => chains.indexOf(chain) !== index);
  if (twice !== undefined) refuse('chains', 'no chain twice', twice);
  return chains.toSorted((a, b) => (a < b ? -1 : 1));
}

function selectorOf(field: string, value: unknown, refuse: Refuse): bigint {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,19}$/.test(value)) {
    return refuse(field, 'a chain selector as a decimal text', value);
  }
  const selector = BigInt(value);
  return chainFamily(selector) === undefined ? refuse(field, 'a known chain selector', value) : selector;
}

function limitsOf(given: Readonly<Record<string, unknown>>, refuse: Refuse): Readonly<Record<Limit, number>> {
  const limit = (name: Limit): number => {
    const value = given[name] ?? EXTERNAL_ADAPTER_DEFAULTS[name];
    const [min, max] = RANGES[name];
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return fits ? value : refuse(name, `a whole number from ${String(min)} to ${String(max)}`, value);
  };
  return {
    timeoutMs: limit('timeoutMs'),
    retries: limit('retries'),
    backOffMs: limit('backOffMs'),
    backOffMaxMs: limit('backOffMaxMs'),
    totalTimeoutMs: limit('totalTimeoutMs'),
    responseLimitBytes: limit('responseLimitBytes'),
  };
}

const SHOWN_CHARACTERS = 80;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
