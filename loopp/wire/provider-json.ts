import { jsonItems, jsonMembers, jsonNumber, jsonString, parseJson } from '../../src/codec/json.ts';
import type { JsonToken } from '../../src/codec/json.ts';
import type { Value } from '../../src/codec/values.ts';
import { integerValue } from './provider-cbor-decode.ts';
import { formatTimestamp } from './provider-time.ts';

/** JSON as a provider's values are written in (docs/spec/loopp-wire.md E). */

/** Values inside each other that are read. */
const MAX_DEPTH = 100;

/** Bytes are standard base64, as in Go. `quoted`: numbers are texts, as the second JSON version has them. */
export function encodeJson(value: Value, quoted: boolean): string {
  const number = (digits: string): string => (quoted ? `"${digits}"` : digits);
  switch (value.kind) {
    case 'nil':
      return 'null';
    case 'bool':
      return String(value.value);
    case 'int64':
    case 'uint64':
    case 'bigint':
      return number(String(value.value));
    case 'float64':
      if (!Number.isFinite(value.value))
        throw new RangeError(`json: unsupported value: ${String(value.value)}`);
      return number(String(value.value));
    case 'string':
      return JSON.stringify(value.value);
    case 'bytes':
      return JSON.stringify(Buffer.from(value.value).toString('base64'));
    case 'time':
      return JSON.stringify(formatTimestamp(value));
    case 'list':
      return `[${value.items.map((item) => encodeJson(item, quoted)).join(',')}]`;
    case 'map': {
      const members = [...value.entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${encodeJson(item, quoted)}`).join(',')}}`;
    }
    default:
      throw new TypeError('json: expected a value with a JSON form, got a decimal');
  }
}

/** Texts stay texts, also those that hold numbers or bytes: only a reader knows. Throws `SyntaxError`. */
export function decodeJson(bytes: Uint8Array): Value {
  const token = parseJson(bytes);
  if (token === undefined) throw new SyntaxError('json: expected one JSON value');
  return valueOf(bytes, token, 0);
}

function valueOf(bytes: Uint8Array, token: JsonToken, depth: number): Value {
  if (depth > MAX_DEPTH) throw new SyntaxError(`json: exceeded max nested level ${String(MAX_DEPTH)}`);
  switch (token.kind) {
    case 'null':
      return { kind: 'nil' };
    case 'true':
    case 'false':
      return { kind: 'bool', value: token.kind === 'true' };
    case 'string':
      return { kind: 'string', value: jsonString(bytes, token) };
    case 'number':
      return numberOf(jsonNumber(bytes, token));
    case 'array':
      return { kind: 'list', items: jsonItems(bytes, token).map((item) => valueOf(bytes, item, depth + 1)) };
    default: {
      const members = jsonMembers(bytes, token);
      const entries = members.map(({ key, value }) => [key, valueOf(bytes, value, depth + 1)] as const);
      return { kind: 'map', entries: new Map(entries) };
    }
  }
}

const numberOf = (digits: string): Value =>
  /^-?[0-9]+$/.test(digits) ? integerValue(BigInt(digits)) : { kind: 'float64', value: Number(digits) };
