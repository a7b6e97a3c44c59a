/** Times as Go writes them, RFC 3339 with as many digits of a second as it takes. */

/** Since 1970; `nanos` is 0 to 999,999,999 and counts forward. */
export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

const NS_PER_SECOND = 1_000_000_000n;

/** Between the years 0000 and 9999, UTC. */
export function formatTimestamp({ seconds, nanos }: Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  const digits = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${digits === '' ? '' : `.${digits}`}Z`;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/** Nanoseconds since 1970; undefined for a text that is no such time. */
export function parseTimestamp(text: string): bigint | undefined {
  const [, date, time, digits = '', zone = ''] = RFC_3339.exec(text) ?? [];
  const milliseconds = Date.parse(`${date ?? ''}T${time ?? ''}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds / 1000) * NS_PER_SECOND + BigInt(digits.padEnd(9, '0'));
}

export const nanosecondsOf = ({ seconds, nanos }: Timestamp): bigint =>
  seconds * NS_PER_SECOND + BigInt(nanos);

export function timestampOf(ns: bigint): Timestamp {
  const nanos = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { seconds: (ns - nanos) / NS_PER_SECOND, nanos: Number(nanos) };
}
