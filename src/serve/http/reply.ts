import { STATUS_CODES } from 'node:http';

/** What a request is answered with. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` };
}

/**
 * Why a request gets no answer, as a problem detail (RFC 9457): `status`, `title`, `detail` in one sentence, and `more`
 * facts beside them.
 */
export function problem(
  status: number,
  detail: string,
  {
    more = {},
    headers = {},
  }: {
    readonly more?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Reply {
  const value = { status, title: STATUS_CODES[status] ?? 'Error', detail, ...more };
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** Of whom to come back in a second. */
export const RETRY_SOON = { 'retry-after': '1' } as const;
