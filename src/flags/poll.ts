import * as v from 'valibot';
import { messageOf } from '../errors.ts';
import { parseAs } from './definition.ts';
import type { RawFlag } from './definition.ts';
import { jsonOf, refusalInWords, request } from './http.ts';
import type { HttpAnswer } from './http.ts';

export interface PollOptions {
  /** The server's address, without `/api`. */
  readonly address: string;
  readonly token: string;
  readonly etag: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type PollOutcome =
  | { readonly kind: 'changed'; readonly features: readonly RawFlag[]; readonly etag: string | undefined }
  /** All flags are as the etag says. */
  | { readonly kind: 'unchanged' }
  /** The server does not take the token. */
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'failed'; readonly problem: string };

/** Asks an Unleash server once for the flags that the token may read. Never rejects. */
export async function pollFeatures(options: PollOptions): Promise<PollOutcome> {
  const { address, token, etag, timeoutMs, signal } = options;
  const url = `${address}/api/client/features`;
  try {
    const answer = await request({ url, token, timeoutMs, signal, ...(etag === undefined ? {} : { etag }) });
    return readAnswer(answer, url, token);
  } catch (error) {
    return { kind: 'failed', problem: messageOf(error) };
  }
}

function readAnswer(answer: HttpAnswer, url: string, token: string): PollOutcome {
  const { status, etag } = answer;
  if (status === 304) return { kind: 'unchanged' };
  if (status === 200) return { kind: 'changed', features: featuresOf(answer, url), etag };
  const came = refusalInWords(answer, token);
  if (status === 401 || status === 403) {
    const expected = 'UNLEASH_API_TOKEN: expected a client token that Unleash takes';
    return { kind: 'refused', problem: `${expected}, got ${came}` };
  }
  return { kind: 'failed', problem: `${url}: expected 200 or 304, got ${came}` };
}

function featuresOf(answer: HttpAnswer, url: string): readonly RawFlag[] {
  const json = jsonOf(answer, url);
  try {
    return readFeatures(json);
  } catch (error) {
    throw new Error(`${url}: ${messageOf(error)}`, { cause: error });
  }
}

/** What is wrong with a flag that nobody asks for is not looked at. */
const featuresSchema = v.looseObject({ features: v.array(v.looseObject({ name: v.string() })) });

/** The flags in an answer of the client API, or in a file that holds one. Throws an `Error` that names the field. */
export function readFeatures(json: unknown): readonly RawFlag[] {
  return parseAs(featuresSchema, json).features;
}
