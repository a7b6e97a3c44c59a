import type {
  BlockMintablePair,
  Blocks,
  ExternalAdapterPayload,
  Mintables,
  ReserveInfo,
} from '../../../src/contract/external-adapter.ts';
import { excerpt } from './errors.ts';
import { FieldError, decimalOf, entriesOf, memberOf, refusal, wholeNumberOf } from './field.ts';
import type { Field } from './field.ts';

/** What was asked. */
export interface Question {
  /** Every chain that was asked for. */
  readonly chains: readonly bigint[];
  /** What the plugin named. */
  readonly blocks: Blocks;
}

/**
 * Above it a JSON number is not exact in JavaScript, which most adapters are written in, and no chain counts that far: a
 * larger block is a mistake.
 */
const MAX_BLOCK = BigInt(Number.MAX_SAFE_INTEGER);
/** What a report packs on EVM (docs/spec/aggregator.md H.5). */
const MINTABLE_RANGE = [0n, 2n ** 128n - 1n] as const;
/** What a reserve feed answers on chain: int256. */
const RESERVE_RANGE = [-(2n ** 255n), 2n ** 255n - 1n] as const;
/** The end of the year 9999, where protobuf's timestamps end. Milliseconds since 1970. */
const MAX_TIMESTAMP_MS = 253_402_300_799_999n;
const NS_PER_MS = 1_000_000n;
/** Decimal, without leading zeros: one spelling for each selector. */
const SELECTOR = /^(?:0|[1-9][0-9]{0,19})$/;

/**
 * Reads the answer of an external adapter (docs/spec/por-plugin.md "Around it") from the whole body: wrapped in `data` or
 * in `result`, or bare. Members that nobody asked for are passed over. Throws `FieldError`.
 *
 * Mintables are for the plugin only when it named a block of every chain: upstream blanks them when it named none. With
 * some chains missing they are blanked too, because the plugin refuses a chain that it did not name, and without it the
 * others' mintables leave a part of the supply out.
 */
export function readAnswer(body: Field, question: Question): ExternalAdapterPayload {
  const answer = unwrap(body);
  return {
    latestBlocks: readLatestBlocks(answer, question),
    mintables: readMintables(memberOf(answer, 'mintables'), question),
    reserveInfo: readReserveInfo(memberOf(answer, 'reserveInfo')),
  };
}

/** Adapters write other members beside the wrapper, e.g. `"result": 0` beside `data`. */
function unwrap(body: Field): Field {
  const data = memberOf(body, 'data');
  if (data.token !== undefined) return data;
  const result = memberOf(body, 'result');
  return result.token?.kind === 'object' ? result : body;
}

/** Older adapters say `latestRelevantBlocks`; with both the newer name counts. */
function readLatestBlocks(answer: Field, { chains }: Question): Blocks {
  const [newer, older] = [memberOf(answer, 'latestBlocks'), memberOf(answer, 'latestRelevantBlocks')];
  const field = newer.token === undefined && older.token !== undefined ? older : newer;
  const entries = entriesOf(field, 'an object of block numbers by chain selector');
  const latest = new Map(
    entries.map(([key, block]) => [chainOf(key, field, chains), wholeNumberOf(block, MAX_BLOCK)]),
  );
  requireEvery(chains, latest, field);
  return latest;
}

/** Empty or null: the adapter is behind, or a chain is new to it. Else every chain has to be there. */
function readMintables(field: Field, question: Question): Mintables {
  if (field.token?.kind === 'null') return new Map();
  const { chains, blocks } = question;
  const entries = entriesOf(field, 'an object of {mintable, block} by chain selector');
  const mintables = new Map(
    entries.map(([key, pair]) => {
      const chain = chainOf(key, field, chains);
      return [chain, readPair(pair, blocks.get(chain))];
    }),
  );
  if (!chains.every((chain) => blocks.has(chain))) return new Map();
  if (mintables.size > 0) requireEvery(chains, mintables, field);
  return mintables;
}

/** `asked`: the block that the plugin named; later ones it would refuse. */
function readPair(pair: Field, asked: bigint | undefined): BlockMintablePair {
  const block = memberOf(pair, 'block');
  const read = {
    mintable: decimalOf(memberOf(pair, 'mintable'), MINTABLE_RANGE, 'from 0 to 2^128-1'),
    block: wholeNumberOf(block, MAX_BLOCK),
  };
  if (asked === undefined || read.block <= asked) return read;
  throw refusal(block, `at most ${String(asked)}, the block that was asked for`);
}

/** An adapter that does not say when has 0. */
function readReserveInfo(field: Field): ReserveInfo {
  const timestamp = memberOf(field, 'timestamp');
  const isSaid = timestamp.token !== undefined && timestamp.token.kind !== 'null';
  return {
    reserveAmount: decimalOf(memberOf(field, 'reserveAmount'), RESERVE_RANGE, 'from -2^255 to 2^255-1'),
    timestampNs: isSaid ? wholeNumberOf(timestamp, MAX_TIMESTAMP_MS) * NS_PER_MS : 0n,
  };
}

function chainOf(key: string, { path }: Field, chains: readonly bigint[]): bigint {
  const selector = SELECTOR.test(key) ? BigInt(key) : undefined;
  if (selector !== undefined && chains.includes(selector)) return selector;
  throw new FieldError(path, `only chains that were asked for (${chains.join(', ')})`, excerpt(key));
}

function requireEvery(chains: readonly bigint[], found: ReadonlyMap<bigint, unknown>, { path }: Field): void {
  const missing = chains.filter((chain) => !found.has(chain));
  if (missing.length === 0) return;
  throw new FieldError(path, 'every chain that was asked for', `none of ${missing.join(', ')}`);
}
