import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { messageOf, systemCode } from '../../../src/errors.ts';
import { TryError } from './errors.ts';

/** A whole HTTP response; its body is at most as long as was allowed. */
export interface HttpReply {
  readonly status: number;
  /** Where a redirect points; empty when it is none. */
  readonly location: string;
  readonly body: Uint8Array;
}

export interface Post {
  readonly url: URL;
  /** JSON. */
  readonly body: string;
  /** Further headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Beyond it the connection is closed. Bytes. */
  readonly responseLimitBytes: number;
  /** Its abort closes the connection. */
  readonly signal: AbortSignal;
}

/**
 * One request on a connection of its own: a kept one may be closed by the peer just when it is used again, and OCR rounds
 * are seconds apart. Redirects are not followed. Rejects with `TryError` when there is no whole response; after an abort
 * with anything.
 */
export async function post({ url, body, headers, responseLimitBytes, signal }: Post): Promise<HttpReply> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        ...headers,
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    // It stays: a response that is cut off can still be reported here.
    request.on('error', (error) => reject(unreachable(error)));
    request.on('response', resolve);
    request.end(body);
  });
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location ?? '',
    body: await wholeBody(response, responseLimitBytes),
  };
}

async function wholeBody(response: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  const announced = Number(response.headers['content-length'] ?? 0);
  try {
    if (announced > limitBytes) throw tooLong(limitBytes, announced);
    // Leaving the loop closes the connection.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limitBytes) throw tooLong(limitBytes, length);
      chunks.push(chunk);
    }
  } catch (error) {
    response.destroy();
    throw error instanceof TryError ? error : cutOff(length, error);
  }
  return Buffer.concat(chunks, length);
}

function tooLong(limitBytes: number, length: number): TryError {
  const expected = `expected an answer of at most ${String(limitBytes)} bytes`;
  return new TryError('answer', false, `${expected}, got ${String(length)} or more`);
}

function cutOff(length: number, cause: unknown): TryError {
  const came = `the connection closed after ${String(length)} bytes of the body`;
  return new TryError('unreachable', true, `expected a whole answer, got ${came}`, { cause });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed before an answer',
};

function unreachable(cause: unknown): TryError {
  const code = systemCode(cause);
  const words = (code === undefined ? undefined : WORDS[code]) ?? messageOf(cause);
  const came = code === undefined || words === '' ? `${words}${code ?? ''}` : `${words} (${code})`;
  return new TryError('unreachable', true, `expected an answer, got ${came}`, { cause });
}
