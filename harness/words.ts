import { chainName } from '../src/chains/selectors.ts';
import type { Value } from '../src/codec/values.ts';
import type { Outcome } from '../src/contract/lane.ts';
import {
  firstDifference,
  hexFrom,
  printable,
  quoted,
  shortHex,
  shortQuoted,
  shortText,
  textFrom,
} from './text.ts';
import { ROOT, leaves, outcomeTree } from './tree.ts';
import type { Place, PlacedValue } from './tree.ts';

/** One line about an outcome. */
export interface DescribedField {
  readonly path: string;
  readonly text: string;
}

type Scalar = Exclude<Value, { kind: 'map' | 'list' }>;

const MAX_FIELDS = 64;
const MAX_INNER_FIELDS = 8;
const MAX_PATH = 400;
const MAX_DIGITS = 80;
const MAX_ERROR = 1_000;

/**
 * An outcome in words, one entry a field: an aggregation error, or `shouldReport` and every field that is not its
 * default. Bounded to 64 entries and one that says how many more there are.
 * Throws `ProtobufError` when the bytes are no `AggregationOutcome`.
 */
export function describeOutcome(outcome: Outcome): readonly DescribedField[] {
  if (outcome.kind === 'error') {
    return [{ path: 'error', text: printable(shortText(outcome.error, MAX_ERROR)) }];
  }
  const fields = leaves({ place: ROOT, value: outcomeTree(outcome.outcome) });
  const { shown, more } = describe(fields, MAX_FIELDS, isDefaultField);
  return more === 0 ? shown : [...shown, { path: `(${counted(more, 'more field')})`, text: '' }];
}

interface Description {
  readonly shown: readonly DescribedField[];
  readonly more: number;
}

function describe(
  fields: Iterable<PlacedValue>,
  limit: number,
  isHidden: (field: PlacedValue) => boolean = () => false,
): Description {
  const shown: DescribedField[] = [];
  let more = 0;
  for (const field of fields) {
    if (isHidden(field)) continue;
    const { place, value } = field;
    if (shown.length < limit) shown.push({ path: shortPath(place), text: leafInWords(value, place) });
    else more++;
  }
  return { shown, more };
}

/** Fields that protobuf leaves out of the bytes. */
function isDefaultField({ place: { path }, value }: PlacedValue): boolean {
  if (path === 'metadata') return value.kind === 'bytes' && value.value.length === 0;
  if (path === 'lastSeenAt') return value.kind === 'uint64' && value.value === 0n;
  return path === 'encoderName' && value.kind === 'string' && value.value === '';
}

/** `1 more field`, `2 more fields`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A path that can be shown: cut past 400 characters. */
export function shortPath({ path }: Place): string {
  return shortText(path, MAX_PATH);
}

/** Any value in words; what a map or list holds is listed with paths, eight at most. */
export function valueInWords(value: Value, place: Place): string {
  if (value.kind !== 'map' && value.kind !== 'list') return scalarInWords(value, place);
  // Inside the text, paths start at the value itself.
  const { shown, more } = describe(leaves({ place: { ...place, path: '' }, value }), MAX_INNER_FIELDS);
  if (shown.length === 1 && shown[0]?.path === '') return shown[0].text;
  const fields = shown.map(({ path, text }) => `${path}: ${text}`).join('; ');
  return more === 0 ? fields : `${fields}; ${String(more)} more`;
}

/** The same with the value's type, for values that differ in it. */
export function typedInWords(value: Value, place: Place): string {
  const words = valueInWords(value, place);
  if (value.kind === 'nil') return words;
  return value.kind === 'map' || value.kind === 'list'
    ? `${value.kind} (${words})`
    : `${value.kind} ${words}`;
}

/** Two scalars of one kind that differ: where both would be cut to the same text, the part that differs is shown. */
export function pairInWords(legacy: Value, loopp: Value, place: Place): readonly [string, string] {
  const words = [valueInWords(legacy, place), valueInWords(loopp, place)] as const;
  if (words[0] !== words[1]) return words;
  if (legacy.kind === 'bytes' && loopp.kind === 'bytes') return bytesPairInWords(legacy.value, loopp.value);
  const show = legacy.kind === 'string' ? quoted : (part: string): string => part;
  const [a, b] = [uncut(legacy), uncut(loopp)];
  const at = firstDifference(a, b);
  return [textFrom(a, at, show), textFrom(b, at, show)];
}

/** Two byte strings from where they begin to differ. */
export function bytesPairInWords(legacy: Uint8Array, loopp: Uint8Array): readonly [string, string] {
  const at = firstDifference(legacy, loopp);
  return [hexFrom(legacy, at), hexFrom(loopp, at)];
}

function uncut(value: Value): string {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'bigint':
      return digits(value.value);
    case 'decimal':
      return `${digits(value.coefficient)}e${String(value.exponent)}`;
    default:
      return '';
  }
}

function leafInWords(value: Value, place: Place): string {
  if (value.kind === 'map' || value.kind === 'list') return `empty ${value.kind}`;
  return scalarInWords(value, place);
}

function scalarInWords(value: Scalar, place: Place): string {
  switch (value.kind) {
    case 'nil':
      return 'nil';
    case 'string':
      return shortQuoted(value.value);
    case 'bytes':
      return bytesInWords(value.value, place);
    case 'bigint':
      return amountInWords(value.value, place);
    case 'decimal':
      return shortText(uncut(value), MAX_DIGITS);
    case 'time':
      return `${String(value.seconds)} s ${String(value.nanos)} ns`;
    case 'float64':
      return Object.is(value.value, -0) ? '-0' : String(value.value);
    default:
      return String(value.value);
  }
}

function bytesInWords(bytes: Uint8Array, place: Place): string {
  const selector = place.key === 'FeedID' ? feedSelector(bytes) : undefined;
  if (selector === undefined) return shortHex(bytes);
  return `${shortHex(bytes)} (${chainName(selector) ?? `chain selector ${String(selector)}`})`;
}

/** The chain selector in a data id of 2025-07: 0x04, the selector in 8 bytes, zeros (H.1). */
function feedSelector(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== 32 || bytes[0] !== 0x04 || bytes.subarray(9).some((byte) => byte !== 0))
    return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(1);
}

/** How an amount and a block share one number (docs/spec/aggregator.md H.5). */
interface Packing {
  readonly mintableBits: number;
  readonly blockBits: number;
  /** What the report holds the number in, in its encoding. */
  readonly type: 'uint224' | 'u128';
  readonly typeBits: number;
}

const EVM_PACKING: Packing = { mintableBits: 128, blockBits: 64, type: 'uint224', typeBits: 224 };
const SOLANA_PACKING: Packing = { mintableBits: 91, blockBits: 36, type: 'u128', typeBits: 128 };

function amountInWords(amount: bigint, place: Place): string {
  const packing = packingAt(place);
  const number = shortText(digits(amount), MAX_DIGITS);
  if (packing === undefined) return number;
  // A negative amount swallows the block in Go (H.8 number 6).
  if (amount < 0n) return `mintable ${number}, block lost`;
  const { mintableBits, blockBits, type, typeBits } = packing;
  if (!fits(amount, typeBits)) return `${number}, beyond ${type}`;
  const block = amount >> BigInt(mintableBits);
  const beyond = fits(block, blockBits) ? '' : ` (beyond ${String(blockBits)} bits)`;
  return `block ${String(block)}${beyond}, mintable ${String(BigInt.asUintN(mintableBits, amount))}`;
}

const fits = (value: bigint, bits: number): boolean => value < 1n << BigInt(bits);

function packingAt({ key, inPayload }: Place): Packing | undefined {
  if (key === 'Answer' || key === 'Price') return EVM_PACKING;
  return key === 'answer' && inPayload ? SOLANA_PACKING : undefined;
}

/** Printing decimals takes quadratic time: beyond any amount, hex serves. */
const LARGEST_DECIMAL = 2n ** 1024n;

function digits(value: bigint): string {
  if (value < LARGEST_DECIMAL && value > -LARGEST_DECIMAL) return String(value);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
