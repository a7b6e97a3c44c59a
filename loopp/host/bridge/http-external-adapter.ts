import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../../../src/contract/call.ts';
import type {
  Blocks,
  ExternalAdapter,
  ExternalAdapterPayload,
} from '../../../src/contract/external-adapter.ts';
import { messageOf } from '../../../src/errors.ts';
import { readAnswer } from './answer.ts';
import { ExternalAdapterError, TryError } from './errors.ts';
import { FieldError } from './field.ts';
import type { HttpExternalAdapterOptions } from './options.ts';
import { post } from './post.ts';
import { encodeRequest } from './request.ts';
import { answeredBody } from './status.ts';
import { TryEnd } from './try-end.ts';

/**
 * The node's bridge to an external adapter (docs/spec/por-plugin.md "Around it"): one POST of `{"data": {...}}` a try.
 * Asks for every configured chain and blanks the mintables until the plugin has named a block of each. Rejects with
 * `ExternalAdapterError`. Calls may overlap; nothing is left open between them.
 */
export class HttpExternalAdapter implements ExternalAdapter {
  private readonly options: HttpExternalAdapterOptions;
  private readonly url: URL;

  /** The options are expected to be checked: `parseExternalAdapterOptions`. */
  constructor(options: HttpExternalAdapterOptions) {
    this.options = options;
    this.url = new URL(options.url);
  }

  /** Tries again after what may pass, unless the wait before it would not end before the deadline. */
  async getPayload(blocks: Blocks, call?: Call): Promise<ExternalAdapterPayload> {
    const deadlineMs = deadlineOf(this.options, call);
    for (let tries = 1; ; tries++) {
      const result = await this.try(blocks, deadlineMs, call).catch(asTryError);
      if (!(result instanceof TryError)) return result;
      const waitMs = backOffMs(this.options, tries, Math.random());
      const isLast = tries > this.options.retries || Date.now() + waitMs >= deadlineMs;
      if (!result.retryable || isLast) throw this.failure(result, tries);
      // An abort ends the wait, and the next try says so.
      await delay(waitMs, undefined, { signal: call?.signal }).catch(() => undefined);
    }
  }

  private async try(
    blocks: Blocks,
    deadlineMs: number,
    call: Call | undefined,
  ): Promise<ExternalAdapterPayload> {
    const { chains, responseLimitBytes, timeoutMs } = this.options;
    const end = new TryEnd(timeoutMs, deadlineMs, call?.signal);
    const { url } = this;
    const { signal } = end;
    try {
      const body = encodeRequest(this.options, blocks);
      const reply = await post({ url, body, headers: traceOf(call), responseLimitBytes, signal });
      return readAnswer(answeredBody(reply), { chains, blocks });
    } catch (error) {
      end.check();
      throw error;
    } finally {
      end.stop();
    }
  }

  private failure(last: TryError, tries: number): ExternalAdapterError {
    // Neither user and password nor the query: they may hold secrets.
    const place = `${this.url.origin}${this.url.pathname}`;
    const isFirst = tries === 1 || last.kind === 'cancelled';
    const count = isFirst ? '' : ` (try ${String(tries)} of ${String(this.options.retries + 1)})`;
    const message = `external adapter ${place}: ${last.message}${count}`;
    return new ExternalAdapterError(last.kind, message, { cause: last });
  }
}

function deadlineOf({ totalTimeoutMs }: HttpExternalAdapterOptions, call: Call | undefined): number {
  return Math.min(Date.now() + totalTimeoutMs, call?.deadline?.getTime() ?? Infinity);
}

type BackOff = Pick<HttpExternalAdapterOptions, 'backOffMs' | 'backOffMaxMs'>;

/** Half of the wait is random, so that the nodes of a DON do not ask in step. `chance` is from 0 to 1. */
export function backOffMs(
  { backOffMs: first, backOffMaxMs }: BackOff,
  tries: number,
  chance: number,
): number {
  return Math.min(first * 2 ** (tries - 1), backOffMaxMs) * (0.5 + chance / 2);
}

/** What goes on to the adapter of a call's metadata: its W3C trace, and nothing about who asks. */
const TRACE = ['traceparent', 'tracestate'] as const;
/** What Node sends as a header's value. */
const HEADER_VALUE = /^[\x20-\x7e]+$/;

function traceOf(call: Call | undefined): Readonly<Record<string, string>> {
  const headers = TRACE.map((name) => [name, call?.metadata.get(name) ?? ''] as const);
  return Object.fromEntries(headers.filter(([, value]) => HEADER_VALUE.test(value)));
}

/** What is wrong with an answer now is wrong with the next one too. */
function asTryError(error: unknown): TryError {
  if (error instanceof TryError) return error;
  const kind = error instanceof FieldError ? 'answer' : 'unreachable';
  return new TryError(kind, false, messageOf(error), { cause: error });
}
