import { messageOf } from '../errors.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** Goes into `authorization` and never into a message. */
  readonly token?: string;
  readonly etag?: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** From the request to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly contentType: string;
  readonly text: string;
}

/** Hundreds of times what a server with many flags sends. */
const MAX_BYTES = 16 * 1024 * 1024;
const SHOWN_CHARACTERS = 200;

/** Rejects with an `Error` in one sentence: which address, what was expected, what came. */
export async function request(options: HttpRequest): Promise<HttpAnswer> {
  const { url, method = 'GET', body, timeoutMs, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: headersOf(options),
      // A login page is no answer, and the token is not for whoever else is pointed to.
      redirect: 'manual',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? undefined,
      contentType: response.headers.get('content-type') ?? '',
      text: await boundedText(response),
    };
  } catch (error) {
    const expected = deadline.aborted ? ` within ${String(timeoutMs)} ms` : '';
    const came = deadline.aborted ? 'none' : causeInWords(error);
    throw new Error(`${url}: expected an answer${expected}, got ${withoutSecret(came, options.token)}`, {
      cause: error,
    });
  }
}

function headersOf({ token, etag, body }: HttpRequest): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'securemint-shadow',
    ...(token === undefined ? {} : { authorization: token }),
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`more than ${String(MAX_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch failed` says nothing; its cause does, and so does the first of several attempts. */
function causeInWords(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const [first] = cause instanceof AggregateError ? (cause.errors as readonly unknown[]) : [cause];
  return messageOf(first);
}

/** The JSON of an answer. Throws an `Error` that says what came instead. */
export function jsonOf({ contentType, text }: HttpAnswer, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const kind = contentType === '' ? '' : ` of ${contentType}`;
    throw new Error(`${url}: expected JSON, got ${String(text.length)} characters${kind}`);
  }
}

/** What a server says about its refusal, for a message: printable, cut, without the token that it may repeat. */
export function refusalInWords({ status, text }: HttpAnswer, token: string | undefined): string {
  const said = serverMessage(text);
  if (said === undefined) return String(status);
  const safe = withoutSecret(said, token).replaceAll(/[^\P{C} ]/gu, ' ');
  const shown = safe.length > SHOWN_CHARACTERS ? `${safe.slice(0, SHOWN_CHARACTERS)}…` : safe;
  return `${String(status)} (${shown.toWellFormed()})`;
}

/** Unleash's `details` say what its `message` only announces. */
function serverMessage(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { message?: unknown; details?: readonly { message?: unknown }[] } | null;
    const said = body?.details?.[0]?.message ?? body?.message;
    return typeof said === 'string' && said !== '' ? said : undefined;
  } catch {
    return undefined;
  }
}

function withoutSecret(text: string, token: string | undefined): string {
  return token === undefined || token === '' ? text : text.replaceAll(token, '(token)');
}
