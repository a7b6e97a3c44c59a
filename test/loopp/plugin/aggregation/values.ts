import { encodeValue, encodeValueMap } from '../../../../src/codec/values-encode.ts';
import type { Value } from '../../../../src/codec/values.ts';

/** Short forms of `values.v1` values, named after Go's. */
export const NIL: Value = { kind: 'nil' };
export const S = (value: string): Value => ({ kind: 'string', value });
export const B = (value: string | Uint8Array): Value => ({
  kind: 'bytes',
  value: Uint8Array.from(Buffer.from(value)),
});
export const I = (value: bigint): Value => ({ kind: 'int64', value });
export const U = (value: bigint): Value => ({ kind: 'uint64', value });
export const F = (value: number): Value => ({ kind: 'float64', value });
export const BIG = (value: bigint): Value => ({ kind: 'bigint', value });
export const BOOL = (value: boolean): Value => ({ kind: 'bool', value });
export const DECIMAL: Value = { kind: 'decimal', coefficient: 5n, exponent: 0 };
export const TIME: Value = { kind: 'time', seconds: 5n, nanos: 0 };
export const LIST = (...items: readonly Value[]): Value => ({ kind: 'list', items });
export const MAP = (members: Readonly<Record<string, Value>>): Value => ({
  kind: 'map',
  entries: new Map(Object.entries(members)),
});

export const valueBytes = encodeValue;
export const mapBytes = (members: Readonly<Record<string, Value>>): Uint8Array =>
  encodeValueMap(new Map(Object.entries(members)));

/** ReportWithInfo as JSON around an inner report's JSON. */
export function reportJson(inner: string, info: bigint | string): string {
  return `{"Report":"${Buffer.from(inner).toString('base64')}","Info":${String(info)}}`;
}
