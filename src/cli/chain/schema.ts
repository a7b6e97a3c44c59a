import * as v from 'valibot';
import { grouped } from '../../../harness/report-text.ts';
import { DELIVERY_DEFAULTS } from '../../../loopp/provider/evm/delivery/options.ts';
import { EVM_RELAYER_DEFAULTS } from '../../../loopp/provider/evm/options.ts';

/** 31 oracles are the most that a forwarder knows. */
const MAX_F = 10;
const MAX_UINT32 = 2 ** 32 - 1;
const HOUR_MS = 3_600_000;

/** A whole number; its unit is in the option's name. */
function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${grouped(min)} to ${grouped(max)}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

/** So many bytes in hex; YAML makes a number of what is not in quotes. */
function hexText(what: string, bytes: number) {
  const expected = `${what}, ${String(bytes)} bytes in hex, in quotes`;
  return v.pipe(
    v.string(expected),
    v.regex(new RegExp(`^(0x)?[0-9a-fA-F]{${String(2 * bytes)}}$`), expected),
    v.transform((text) => text.replace(/^0x/, '').toLowerCase()),
  );
}

function address(what: string) {
  const expected = `the address of ${what}, 20 bytes in hex, in quotes`;
  return v.pipe(v.string(expected), v.regex(/^0x[0-9a-fA-F]{40}$/, expected));
}

const URL_EXPECTED = 'an http or https URL';
const TAGS = ['latest', 'safe', 'finalized'] as const;
const FINALITY_EXPECTED = `one of ${TAGS.join(', ')}, or {depth: n}`;
const path = v.pipe(v.string('a path'), v.nonEmpty('a path'));

/** The configuration of `run --chain`; docs/chain.md has its reference. */
export const CHAIN_SCHEMA = v.strictObject({
  rpcUrl: v.pipe(
    v.string(URL_EXPECTED),
    v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), URL_EXPECTED),
  ),
  chainId: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  forwarder: address('a KeystoneForwarder'),
  caches: v.strictObject(
    { legacy: address('a DataFeedsCache'), loopp: address('another DataFeedsCache') },
    'a section with legacy and loopp',
  ),
  don: v.strictObject(
    {
      id: wholeNumber(0, MAX_UINT32),
      configVersion: wholeNumber(0, MAX_UINT32),
      f: wholeNumber(1, MAX_F),
    },
    'a section with id, configVersion and f',
  ),
  workflow: v.strictObject(
    { owner: hexText('an address', 20), name: hexText('a name', 10) },
    'a section with owner and name',
  ),
  keys: v.optional(
    v.strictObject(
      { senderFile: v.optional(path), signersFile: v.optional(path) },
      'a section with senderFile and signersFile',
    ),
    {},
  ),
  finality: v.optional(
    v.union([v.picklist(TAGS), v.strictObject({ depth: wholeNumber(0, 1_000_000) })], FINALITY_EXPECTED),
    'latest',
  ),
  gasLimit: v.optional(wholeNumber(21_000, 30_000_000), Number(DELIVERY_DEFAULTS.gasLimit)),
  requestTimeoutMs: v.optional(wholeNumber(10, 600_000), EVM_RELAYER_DEFAULTS.requestTimeoutMs),
  attempts: v.optional(wholeNumber(1, 10), EVM_RELAYER_DEFAULTS.attempts),
  retryPauseMs: v.optional(wholeNumber(1, 10_000), EVM_RELAYER_DEFAULTS.retryPauseMs),
  deliveryTimeoutMs: v.optional(wholeNumber(100, HOUR_MS), DELIVERY_DEFAULTS.timeoutMs),
  finalityTimeoutMs: v.optional(wholeNumber(100, HOUR_MS), 60_000),
  pollIntervalMs: v.optional(wholeNumber(10, 60_000), 500),
  patienceMs: v.optional(wholeNumber(0, HOUR_MS), 60_000),
  concurrency: v.optional(wholeNumber(1, 32), 8),
  maxNotDelivered: v.optional(wholeNumber(0, 1e9), 0),
});

export type ChainConfig = v.InferOutput<typeof CHAIN_SCHEMA>;
