import { jsonMembers, jsonNumber, jsonString, parseJson } from '../../../src/codec/json.ts';
import type { JsonKind, JsonToken } from '../../../src/codec/json.ts';
import { excerpt } from './errors.ts';

/** A part of the answer is not what it should be. */
export class FieldError extends Error {
  override readonly name = 'FieldError';

  constructor(path: string, expected: string, came: string) {
    super(`${path}: expected ${expected}, got ${came}`);
  }
}

/** A value of an answer and where it stands; without a token it is not there. */
export interface Field {
  /** As in `data.mintables["1"].block`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly token: JsonToken | undefined;
}

const SHOWN_BYTES = 256;

/** The body as a field. Throws `FieldError` when it is not JSON. */
export function bodyField(bytes: Uint8Array): Field {
  const token = parseJson(bytes);
  if (token !== undefined) return { path: 'body', bytes, token };
  const start = excerpt(Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('utf8'));
  const count = `${String(bytes.length)} ${bytes.length === 1 ? 'byte' : 'bytes'}`;
  throw new FieldError('body', 'JSON', bytes.length === 0 ? 'nothing' : `${count} that are not: ${start}`);
}

/** A member of an object; of the body, without its name in the path. */
export function memberOf(object: Field, name: string): Field {
  const path = object.path === 'body' ? name : `${object.path}.${name}`;
  return { ...object, path, token: membersOf(object).get(name) };
}

/** The members of an object by key. Throws `FieldError` when it is none, or when a key comes twice: which one counts? */
function membersOf(field: Field, expected = 'an object'): ReadonlyMap<string, JsonToken> {
  const { path, bytes, token } = field;
  if (token?.kind !== 'object') throw refusal(field, expected);
  const members = new Map<string, JsonToken>();
  for (const { key, value } of jsonMembers(bytes, token)) {
    if (members.has(key)) throw new FieldError(path, 'every member once', `${excerpt(key)} twice`);
    members.set(key, value);
  }
  return members;
}

/** The entries of an object whose keys are data. Throws `FieldError`. */
export function entriesOf(field: Field, expected: string): readonly (readonly [string, Field])[] {
  return [...membersOf(field, expected)].map(([key, token]) => {
    return [key, { ...field, path: `${field.path}[${excerpt(key)}]`, token }] as const;
  });
}

/** The text of a string; undefined when it is none. */
export function textOf({ bytes, token }: Field): string | undefined {
  return token?.kind === 'string' ? jsonString(bytes, token) : undefined;
}

/** Whole numbers without sign, fraction and exponent. */
const DIGITS = /^(?:0|[1-9][0-9]{0,19})$/;

/** A whole number from 0 to `max`, exactly. Throws `FieldError`. */
export function wholeNumberOf(field: Field, max: bigint): bigint {
  const { bytes, token } = field;
  const digits = token?.kind === 'number' ? jsonNumber(bytes, token) : '';
  const value = DIGITS.test(digits) ? BigInt(digits) : -1n;
  if (value < 0n || value > max) throw refusal(field, `a whole number from 0 to ${String(max)}`);
  return value;
}

const DECIMAL = /^[+-]?[0-9]+$/;

/** A decimal text as Go's big.Int reads it, from `min` to `max`. Throws `FieldError`; `range` says in words what fits. */
export function decimalOf(field: Field, [min, max]: readonly [bigint, bigint], range: string): bigint {
  const expected = `a decimal text ${range}`;
  const text = textOf(field);
  if (text === undefined || !DECIMAL.test(text)) throw refusal(field, expected);
  // Length is looked at first: a number of a million digits is not worth converting.
  const digits = text.replace(/^[+-]?0*/, '');
  if (digits.length > String(max).length) {
    const sign = text.startsWith('-') ? 'a negative number' : 'a number';
    throw new FieldError(field.path, expected, `${sign} of ${String(digits.length)} digits`);
  }
  const magnitude = BigInt(digits === '' ? '0' : digits);
  const value = text.startsWith('-') ? -magnitude : magnitude;
  if (value < min || value > max) throw refusal(field, expected);
  return value;
}

export function refusal(field: Field, expected: string): FieldError {
  return new FieldError(field.path, expected, describe(field));
}

const WORDS: Readonly<Record<Exclude<JsonKind, 'string' | 'number'>, string>> = {
  true: 'true',
  false: 'false',
  null: 'null',
  array: 'a list',
  object: 'an object',
};

function describe({ bytes, token }: Field): string {
  if (token === undefined) return 'nothing';
  const { kind } = token;
  if (kind === 'string') return excerpt(jsonString(bytes, token));
  // Its digits as they are, not in quotes like a text's.
  if (kind === 'number') return excerpt(jsonNumber(bytes, token)).slice(1, -1);
  return WORDS[kind];
}
