import { messageOf } from '../../../src/errors.ts';
import { EvmRpcError } from './rpc-error.ts';

/** One HTTP request to a node of the chain. */
export interface HttpLimits {
  readonly requestTimeoutMs: number;
  readonly receiveLimitBytes: number;
}

/** What a node answered, before anybody knows whether it is JSON-RPC. */
export interface HttpAnswer {
  readonly status: number;
  /** How long the node asks to be left alone; 0: it does not say. */
  readonly retryAfterMs: number;
  readonly body: string;
}

/** What of a URL may be shown. */
export const originOf = (url: string): string => new URL(url).origin;

/** Rejects with `EvmRpcError`: unreachable, timeout, garbage for an answer that is too long, closed. */
export async function post(
  url: string,
  body: string,
  { requestTimeoutMs, receiveLimitBytes }: HttpLimits,
  closing: AbortSignal,
): Promise<HttpAnswer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), requestTimeoutMs);
  const onClosing = (): void => timeout.abort();
  closing.addEventListener('abort', onClosing, { once: true });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: timeout.signal,
    });
    const { status } = response;
    return {
      status,
      retryAfterMs: retryAfterOf(response),
      body: await read(response, receiveLimitBytes, url),
    };
  } catch (error) {
    throw failure(error, {
      url,
      requestTimeoutMs,
      timedOut: timeout.signal.aborted,
      closed: closing.aborted,
    });
  } finally {
    clearTimeout(timer);
    closing.removeEventListener('abort', onClosing);
  }
}

async function read(response: Response, limit: number, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > limit) {
      throw new EvmRpcError('garbage', `${originOf(url)} answered more than ${String(limit)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds, as nodes say it; dates are not looked at. */
function retryAfterOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

interface Circumstances {
  readonly url: string;
  readonly requestTimeoutMs: number;
  readonly timedOut: boolean;
  readonly closed: boolean;
}

function failure(error: unknown, { url, requestTimeoutMs, timedOut, closed }: Circumstances): EvmRpcError {
  const origin = originOf(url);
  if (error instanceof EvmRpcError) return error;
  if (closed) return new EvmRpcError('closed', `the relayer of ${origin} is closed`);
  if (timedOut) {
    return new EvmRpcError('timeout', `${origin} did not answer within ${String(requestTimeoutMs)} ms`);
  }
  // fetch says `fetch failed`; the reason is its cause.
  const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new EvmRpcError('unreachable', `${origin} cannot be reached: ${reasonOf(reason)}`, { cause: error });
}

/** Several addresses that were tried make an error without a message. */
function reasonOf(reason: unknown): string {
  const message = messageOf(reason);
  if (message !== '' || !(reason instanceof Error) || !('code' in reason)) return message;
  return String(reason.code);
}
