import {
  jsonItems,
  jsonMembers,
  jsonNumber,
  jsonString,
  parseJson,
  plainStringBytes,
} from '../src/codec/json.ts';
import type { JsonMember, JsonToken } from '../src/codec/json.ts';
import { decodeStdBase64 } from './base64.ts';
import { isHexDigit } from './hex.ts';

/** The report as the plugin attested it (H.1 "inner report struct"). */
export interface MintReport {
  readonly seqNr: bigint;
  readonly block: bigint;
  /** undefined is Go's nil pointer: absent or null. */
  readonly mintable: bigint | undefined;
}

export interface ReportWithInfo {
  /** JSON of the mint report; what base64 decoding gave. */
  readonly report: Uint8Array;
  /** Chain selector. */
  readonly info: bigint;
}

export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

export const UINT64: IntegerRange = { min: 0n, max: 0xffff_ffff_ffff_ffffn };
export const INT64: IntegerRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Marks a field whose value has the wrong type: Go decodes the rest, then fails the document. */
const REJECTED = Symbol('rejected');
type Field<T> = T | typeof REJECTED;

/** Decodes the outer document, or undefined when Go's json.Unmarshal fails. */
export function parseReportWithInfo(json: Uint8Array, infoRange: IntegerRange): ReportWithInfo | undefined {
  const members = documentMembers(json);
  if (members === undefined) return undefined;
  const report = new ByteSlice();
  let info = 0n;
  for (const { key, value } of members) {
    const name = fold(key);
    if (name === 'report') {
      if (!report.assign(json, value)) return undefined;
    } else if (name === 'info') {
      const parsed = integer(json, value, info, infoRange);
      if (parsed === REJECTED) return undefined;
      info = parsed;
    }
  }
  return { report: report.bytes(), info };
}

/** Decodes the inner document, or undefined when Go's json.Unmarshal fails. */
export function parseMintReport(json: Uint8Array): MintReport | undefined {
  const members = documentMembers(json);
  if (members === undefined) return undefined;
  let seqNr = 0n;
  let block = 0n;
  let mintable: bigint | undefined;
  for (const { key, value } of members) {
    const name = fold(key);
    if (name === 'seqnr' || name === 'block') {
      const parsed = integer(json, value, name === 'block' ? block : seqNr, UINT64);
      if (parsed === REJECTED) return undefined;
      if (name === 'block') block = parsed;
      else seqNr = parsed;
    } else if (name === 'mintable') {
      const parsed = bigInteger(json, value);
      if (parsed === REJECTED) return undefined;
      mintable = parsed;
    } else if (name === 'configdigest' && !isConfigDigest(json, value)) return undefined;
  }
  return { seqNr, block, mintable };
}

/** A document of `null` is all zero; any other scalar or an array fails. */
function documentMembers(json: Uint8Array): readonly JsonMember[] | undefined {
  const document = parseJson(json);
  if (document?.kind === 'object') return jsonMembers(json, document);
  return document?.kind === 'null' ? [] : undefined;
}

/** encoding/json folds names by Unicode simple folding: U+017F is `s`, U+212A is `k`. */
function fold(key: string): string {
  return USUAL_NAMES[key] ?? key.toLowerCase().replaceAll('\u017f', 's');
}

/** The spellings that upstream's plugins write, and what they fold to. */
const USUAL_NAMES: Readonly<Record<string, string | undefined>> = Object.assign(
  Object.create(null) as Record<string, string>,
  Object.fromEntries(
    ['Report', 'Info', 'ConfigDigest', 'SeqNr', 'Block', 'Mintable'].flatMap((name) => [
      [name, name.toLowerCase()],
      [name.charAt(0).toLowerCase() + name.slice(1), name.toLowerCase()],
    ]),
  ),
);

/** null leaves what earlier members of the same name left. */
function integer(json: Uint8Array, token: JsonToken, before: bigint, range: IntegerRange): Field<bigint> {
  if (token.kind === 'null') return before;
  if (token.kind !== 'number') return REJECTED;
  const text = jsonNumber(json, token);
  if (!isInteger(text) || text.length > 20 || (text === '-0' && range.min === 0n)) return REJECTED;
  const value = BigInt(text);
  return value >= range.min && value <= range.max ? value : REJECTED;
}

/** *big.Int: null resets the pointer. */
function bigInteger(json: Uint8Array, token: JsonToken): Field<bigint | undefined> {
  if (token.kind === 'null') return undefined;
  if (token.kind !== 'number') return REJECTED;
  const text = jsonNumber(json, token);
  return isInteger(text) ? BigInt(text) : REJECTED;
}

/** Of what the JSON grammar allows in a number. */
function isInteger(number: string): boolean {
  return !number.includes('.') && !number.includes('e') && !number.includes('E');
}

/** ConfigDigest.UnmarshalText: exactly 64 hex digits of either case. */
function isConfigDigest(json: Uint8Array, token: JsonToken): boolean {
  if (token.kind !== 'string') return token.kind === 'null';
  // An escape inside is as good as the digit it stands for.
  const text = plainStringBytes(json, token) ?? Buffer.from(jsonString(json, token), 'utf8');
  return text.length === DIGEST_DIGITS && text.every(isHexDigit);
}

const DIGEST_DIGITS = 64;

/**
 * A Go `[]byte` field. A later array is decoded into the earlier one's memory, where null items leave what they find:
 * so the whole backing store is kept.
 */
class ByteSlice {
  private store: Uint8Array = new Uint8Array();
  private length = 0;

  bytes(): Uint8Array {
    return this.store.subarray(0, this.length);
  }

  /** False when Go rejects the value. */
  assign(json: Uint8Array, token: JsonToken): boolean {
    if (token.kind === 'null') return this.replace(new Uint8Array());
    if (token.kind === 'string') return this.replace(base64(json, token));
    return token.kind === 'array' && this.items(json, jsonItems(json, token));
  }

  private replace(bytes: Uint8Array | undefined): boolean {
    if (bytes === undefined) return false;
    this.store = bytes;
    this.length = bytes.length;
    return true;
  }

  private items(json: Uint8Array, items: readonly JsonToken[]): boolean {
    // Go makes a new slice for an empty array, and grows or cuts the one it has for any other.
    if (items.length === 0) return this.replace(new Uint8Array());
    const store = new Uint8Array(Math.max(this.store.length, items.length));
    store.set(this.store);
    for (const [index, item] of items.entries()) {
      const byte = integer(json, item, BigInt(store[index] ?? 0), { min: 0n, max: 255n });
      if (byte === REJECTED) return false;
      store[index] = Number(byte);
    }
    this.store = store;
    this.length = items.length;
    return true;
  }
}

function base64(json: Uint8Array, token: JsonToken): Uint8Array | undefined {
  return decodeStdBase64(plainStringBytes(json, token) ?? Buffer.from(jsonString(json, token), 'utf8'));
}
