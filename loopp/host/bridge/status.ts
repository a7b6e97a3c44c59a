import { TryError, excerpt } from './errors.ts';
import { bodyField, memberOf, textOf, wholeNumberOf } from './field.ts';
import type { Field } from './field.ts';
import type { HttpReply } from './post.ts';

/** How an adapter says that it has no answer. */
interface Refusal {
  /** As HTTP's. */
  readonly status: number;
  /** The adapter's words; empty when it has none. */
  readonly words: string;
}

/**
 * The body of a reply that holds an answer. Throws `TryError` when the adapter refuses, by HTTP's status or, as in a
 * node's bridge task, by a status in the body, which counts more; `FieldError` when the body is not JSON.
 */
export function answeredBody({ status, location, body }: HttpReply): Field {
  if (status >= 300 && status < 400) {
    const came = `a redirect (HTTP ${String(status)}) to ${excerpt(location)}, which is not followed`;
    throw new TryError('status', false, `expected an answer, got ${came}`);
  }
  if (status < 200 || status >= 400) throw refused(refusalBeside(status, body));
  const field = bodyField(body);
  const refusal = refusalIn(field, ERRORED);
  if (refusal !== undefined) throw refused(refusal);
  return field;
}

const OK = 200;
/** What a node takes an error without a status for. */
const ERRORED = 500;
const MAX_STATUS = 999n;

/** What comes with an HTTP error may be anything. */
function refusalBeside(status: number, body: Uint8Array): Refusal {
  const nothing = { status, words: '' };
  try {
    return refusalIn(bodyField(body), status) ?? nothing;
  } catch {
    return nothing;
  }
}

/** The provider is whom the adapter itself asked. `otherwise`: the status of an error that comes without one. */
function refusalIn(body: Field, otherwise: number): Refusal | undefined {
  if (body.token?.kind !== 'object') return undefined;
  const codes = ['statusCode', 'providerStatusCode'].map((name) => codeOf(memberOf(body, name)));
  const status = codes.find((code) => code !== undefined && code !== OK);
  const { token: error } = memberOf(body, 'error');
  const hasError = error !== undefined && error.kind !== 'null';
  if (status === undefined && !hasError) return undefined;
  return { status: status ?? otherwise, words: wordsIn(body) };
}

function codeOf(field: Field): number | undefined {
  return field.token?.kind === 'number' ? Number(wholeNumberOf(field, MAX_STATUS)) : undefined;
}

/** `error` is an object with a message, or a text; some adapters have `errorMessage`. */
function wordsIn(body: Field): string {
  const error = memberOf(body, 'error');
  const message = error.token?.kind === 'object' ? memberOf(error, 'message') : error;
  return textOf(message) ?? textOf(memberOf(body, 'errorMessage')) ?? '';
}

function refused({ status, words }: Refusal): TryError {
  const came = `status ${String(status)}${words === '' ? '' : ` ${excerpt(words)}`}`;
  return new TryError('status', mayPass(status), `expected an answer, got ${came}`);
}

/** Too many requests, or something that is wrong with the adapter and not with the request. */
function mayPass(status: number): boolean {
  return status === 429 || status >= 500;
}
