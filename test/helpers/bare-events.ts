import { chainFamily } from '../../src/chains/selectors.ts';
import { BYTES, Reader, ReverseWriter } from '../../src/codec/protobuf.ts';
import {
  MAP_FIELDS,
  MAP_KEY,
  MAP_VALUE,
  VALUE_FIELD,
  decodeValue,
  decodeValueMap,
} from '../../src/codec/values.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';

/**
 * The round as the oracle of test/oracle can judge it: chainlink-common v0.9.4 follows the rules of 2025-09 for EVM
 * chains, but there an observation is the bare event and Solana accounts come with the configuration.
 *
 * Undefined when the round has no equal there:
 * - it is of 2025-07, or its target is a Solana chain, or its configuration has a `solana` member, which v0.9.4 reads;
 * - an observation has a `solana` member that is not a plain list of accounts with keys of 32 bytes: the wrapper's
 *   rules for it (rejected, cut, or a crash) have nothing to stand for them in a bare event;
 * - two members spell `event` or `solana` in different ways, none of them exact: Go's map order decides;
 * - the observation's protobuf is not one map and nothing else, which cannot be cut without reading it as we read it.
 *
 * Otherwise each wrapped observation becomes the bytes of its event, cut out and not re-encoded, so that our reading
 * of them is judged too. A wrapper without an event becomes an empty map: both decode to the zero event. What is not
 * a map stays: both refuse it, and both crash on a nil.
 */
export function bareEvents(round: Round): Round | undefined {
  if (round.revision !== '2025-09' || !isEvmConfig(decodeValueMap(round.config))) return undefined;
  const observations: OracleObservations[] = [];
  for (const { oracle, values } of round.observations) {
    const events = values.map(bareEvent);
    if (!events.every((event) => event !== undefined)) return undefined;
    observations.push({ oracle, values: events });
  }
  return { ...round, observations };
}

/** `{event}` around the bytes of an event, which need not be well-formed. */
export function wrapEvent(event: Uint8Array): Uint8Array {
  const writer = new ReverseWriter();
  writer.raw(event);
  writer.close(MAP_VALUE, 0);
  writer.string(MAP_KEY, 'event');
  writer.close(MAP_FIELDS, 0);
  writer.close(VALUE_FIELD.map, 0);
  return writer.finish();
}

/** Not a Solana chain under any spelling of the selector, nor with a member that only v0.9.4 reads. */
function isEvmConfig(config: ValueMap): boolean {
  const solana = membersLike(config, 'solana').length > 0;
  return !solana && !membersLike(config, 'targetChainSelector').some(isSolanaSelector);
}

function isSolanaSelector(value: Value): boolean {
  const text =
    value.kind === 'string'
      ? value.value
      : value.kind === 'bytes'
        ? Buffer.from(value.value).toString('latin1')
        : '';
  return /^[0-9]+$/.test(text) && chainFamily(BigInt(text)) === 'solana';
}

const EMPTY_MAP = Uint8Array.of(VALUE_FIELD.map * 8 + BYTES, 0);

function bareEvent(observation: Uint8Array): Uint8Array | undefined {
  const value = decodeValue(observation);
  if (value.kind !== 'map') return observation;
  const solana = member(value.entries, 'solana');
  const event = member(value.entries, 'event');
  if (event === 'ambiguous' || solana === 'ambiguous' || !isHarmless(solana?.value)) return undefined;
  if (event === undefined || event.value.kind === 'nil') return EMPTY_MAP;
  return cutMember(observation, event.key);
}

/** Accounts that no EVM report shows and that every revision accepts. */
function isHarmless(solana: Value | undefined): boolean {
  if (solana === undefined || solana.kind === 'nil') return true;
  return solana.kind === 'list' && solana.items.every(isPlainAccount);
}

function isPlainAccount(account: Value): boolean {
  if (account.kind !== 'map') return false;
  return [...account.entries].every(([key, value]) => {
    if (key === 'PublicKey') return value.kind === 'bytes' && value.value.length === 32;
    return (key === 'IsWritable' || key === 'IsSigner') && value.kind === 'bool';
  });
}

interface Member {
  readonly key: string;
  readonly value: Value;
}

/** The member that Go takes for a field: the exact name first, else the only one that differs in case. */
function member(entries: ValueMap, name: string): Member | 'ambiguous' | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return { key: name, value: exact };
  const [first, ...others] = [...entries].filter(([key]) => isLike(key, name));
  if (first === undefined) return undefined;
  return others.length > 0 ? 'ambiguous' : { key: first[0], value: first[1] };
}

function membersLike(entries: ValueMap, name: string): readonly Value[] {
  return [...entries].filter(([key]) => isLike(key, name)).map(([, value]) => value);
}

/** strings.EqualFold, by Unicode's simple case folding. */
function isLike(key: string, name: string): boolean {
  return new RegExp(`^${name}$`, 'iu').test(key);
}

/** The bytes of a map member's value; undefined when the observation has other fields beside its map. */
function cutMember(observation: Uint8Array, name: string): Uint8Array | undefined {
  const map = fields(observation);
  if (!map.every(({ tag }) => tag === VALUE_FIELD.map * 8 + BYTES)) return undefined;
  let found: Uint8Array | undefined;
  for (const entry of spans(joined(map), MAP_FIELDS)) {
    const key = spans(entry, MAP_KEY).at(-1) ?? new Uint8Array();
    // Of several entries with one key the last counts.
    if (Buffer.from(key).toString('utf8') === name) found = Buffer.concat(spans(entry, MAP_VALUE));
  }
  return found;
}

interface Field {
  readonly tag: number;
  readonly span: Uint8Array;
}

function fields(message: Uint8Array): readonly Field[] {
  const reader = new Reader(message);
  const found: Field[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag % 8 === BYTES) found.push({ tag, span: reader.span() });
    else {
      found.push({ tag, span: new Uint8Array() });
      reader.skip(tag);
    }
  }
  return found;
}

function spans(message: Uint8Array, field: number): readonly Uint8Array[] {
  return fields(message)
    .filter(({ tag }) => tag === field * 8 + BYTES)
    .map(({ span }) => span);
}

/** A message field that comes several times is the message of all its bytes (protobuf's merge rule). */
function joined(parts: readonly Field[]): Uint8Array {
  return Buffer.concat(parts.map(({ span }) => span));
}
