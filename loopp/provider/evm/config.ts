import { isHexString } from 'ethers';
import { AppError, messageOf } from '../../../src/errors.ts';
import { EVM_RELAYER_DEFAULTS } from './options.ts';
import type { EvmRelayerOptions, Finality } from './options.ts';

type Members = Readonly<Record<string, unknown>>;

const MAX_UINT64 = 2n ** 64n - 1n;
const TAGS = ['latest', 'safe', 'finalized'] as const;
const MAX_DEPTH = 1_000_000;
const PRIVATE_KEY_LENGTH = 32;

/** The ranges that the options state. */
const LIMITS = {
  requestTimeoutMs: [10, 600_000],
  attempts: [1, 10],
  retryPauseMs: [1, 10_000],
  receiveLimitBytes: [1024, 1024 ** 3],
  requestsInFlight: [1, 10_000],
} as const;
type Limit = keyof typeof LIMITS;

/**
 * Reads the options of an EVM relayer off JSON: their own names, whole numbers beyond 2^53 as texts, `finality` a tag or
 * `{"depth": n}`. The key is a secret and comes apart from it. Throws `AppError` INPUT that names the member.
 */
export function parseEvmRelayer(json: string, privateKey?: string): EvmRelayerOptions {
  const config = membersOf(json);
  const { url, networkName, finality = EVM_RELAYER_DEFAULTS.finality } = config;
  if (networkName !== undefined && typeof networkName !== 'string') {
    throw refusal('networkName', 'a text', networkName);
  }
  return {
    url: urlOf(url),
    chainId: uint64Of('chainId', config['chainId']),
    chainSelector: uint64Of('chainSelector', config['chainSelector']),
    ...(networkName === undefined ? {} : { networkName }),
    finality: finalityOf(finality),
    ...(privateKey === undefined ? {} : { privateKey: keyOf(privateKey) }),
    requestTimeoutMs: limitOf(config, 'requestTimeoutMs'),
    attempts: limitOf(config, 'attempts'),
    retryPauseMs: limitOf(config, 'retryPauseMs'),
    receiveLimitBytes: limitOf(config, 'receiveLimitBytes'),
    requestsInFlight: limitOf(config, 'requestsInFlight'),
  };
}

function membersOf(json: string): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new AppError('INPUT', `relayer config: expected JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('INPUT', 'relayer config: expected a JSON object');
  }
  const members: Members = { ...parsed };
  const unknown = Object.keys(members).find((name) => !KNOWN.has(name));
  if (unknown === undefined) return members;
  throw new AppError('INPUT', `relayer config: expected one of ${[...KNOWN].join(', ')}, got "${unknown}"`);
}

const KNOWN: ReadonlySet<string> = new Set([
  'url',
  'chainId',
  'chainSelector',
  'networkName',
  'finality',
  ...Object.keys(LIMITS),
]);

function urlOf(value: unknown): string {
  if (typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) {
    return value;
  }
  // Not shown: it may hold a key.
  throw new AppError('INPUT', 'relayer config: url: expected an http or https URL, got something else');
}

function uint64Of(member: string, value: unknown): bigint {
  const isWhole = typeof value === 'string' ? /^[0-9]{1,20}$/.test(value) : Number.isSafeInteger(value);
  const number = isWhole ? BigInt(value as string | number) : 0n;
  if (number > 0n && number <= MAX_UINT64) return number;
  throw refusal(member, 'a whole number above 0 and below 2^64, as a text beyond 2^53', value);
}

function finalityOf(value: unknown): Finality {
  const tag = TAGS.find((known) => known === value);
  if (tag !== undefined) return tag;
  if (typeof value === 'object' && value !== null && 'depth' in value) {
    const { depth } = value;
    if (typeof depth === 'number' && Number.isInteger(depth) && depth >= 0 && depth <= MAX_DEPTH)
      return { depth };
  }
  const expected = `${TAGS.map((known) => `"${known}"`).join(', ')} or {"depth": 0 to ${String(MAX_DEPTH)}}`;
  throw refusal('finality', expected, value);
}

/** The key itself is never shown. */
function keyOf(privateKey: string): string {
  const hex = privateKey.startsWith('0x') ? privateKey : `0x${privateKey}`;
  if (isHexString(hex, PRIVATE_KEY_LENGTH)) return hex;
  throw new AppError('INPUT', 'relayer: private key: expected 32 bytes in hex');
}

function limitOf(config: Members, name: Limit): number {
  const [least, most] = LIMITS[name];
  const value = config[name] ?? EVM_RELAYER_DEFAULTS[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw refusal(name, `a whole number from ${String(least)} to ${String(most)}`, value);
}

const refusal = (member: string, expected: string, came: unknown): AppError =>
  new AppError(
    'INPUT',
    `relayer config: ${member}: expected ${expected}, got ${JSON.stringify(came) ?? 'none'}`,
  );
