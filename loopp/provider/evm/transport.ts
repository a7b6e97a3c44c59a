import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../src/errors.ts';
import { originOf, post } from './http.ts';
import type { HttpAnswer } from './http.ts';
import { parseAnswer } from './json-rpc.ts';
import type { JsonRpcAnswer, JsonRpcRequest } from './json-rpc.ts';
import type { EvmRelayerOptions } from './options.ts';
import { EvmRpcError, mayPass, wasNotDone } from './rpc-error.ts';

/** Sending it twice may do it twice. */
const NOT_TO_BE_REPEATED: ReadonlySet<string> = new Set(['eth_sendRawTransaction']);
const RETRY_AFTER_FACTOR = 10;
const TOO_MANY_REQUESTS = 429;

/** JSON-RPC over HTTP with a bound on everything: time, attempts, bytes, and requests at the same time. */
export class RpcTransport {
  /** What to show of the URL. */
  readonly origin: string;
  private readonly options: EvmRelayerOptions;
  private readonly closing = new AbortController();
  private inFlight = 0;
  private failure = '';

  constructor(options: EvmRelayerOptions) {
    this.options = options;
    this.origin = originOf(options.url);
  }

  /** Why the last request got no answer; empty: it got one. */
  get lastFailure(): string {
    return this.failure;
  }

  /** Rejects with `EvmRpcError`; a JSON-RPC error is an answer. */
  async ask(request: JsonRpcRequest): Promise<JsonRpcAnswer> {
    const { requestsInFlight } = this.options;
    if (this.inFlight >= requestsInFlight) {
      throw new EvmRpcError(
        'busy',
        `${this.origin} still owes ${String(requestsInFlight)} answers: it is asked no more`,
      );
    }
    this.inFlight += 1;
    try {
      const answer = await this.askUntilAnswered(request);
      this.failure = '';
      return answer;
    } catch (error) {
      this.failure = messageOf(error);
      throw error;
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Whatever is asked or waits is rejected. */
  close(): void {
    this.closing.abort();
  }

  private async askUntilAnswered(request: JsonRpcRequest): Promise<JsonRpcAnswer> {
    const { attempts } = this.options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.askOnce(request);
      } catch (error) {
        if (!(error instanceof EvmRpcError)) throw error;
        const again = NOT_TO_BE_REPEATED.has(request.method) ? wasNotDone(error) : mayPass(error);
        if (!again) throw error;
        if (attempt >= attempts) throw afterAttempts(error, attempts);
        await this.pause(attempt, error.retryAfterMs);
      }
    }
  }

  private async askOnce(request: JsonRpcRequest): Promise<JsonRpcAnswer> {
    const answer = await post(this.options.url, JSON.stringify(request), this.options, this.closing.signal);
    checkStatus(answer, this.origin);
    return parseAnswer(answer.body, request, this.origin);
  }

  private async pause(attempt: number, retryAfterMs: number): Promise<void> {
    const { retryPauseMs } = this.options;
    const asked = Math.min(retryAfterMs, retryPauseMs * RETRY_AFTER_FACTOR);
    const pauseMs = Math.max(retryPauseMs * 2 ** (attempt - 1), asked);
    await delay(pauseMs, undefined, { signal: this.closing.signal }).catch(() => {
      throw new EvmRpcError('closed', `the relayer of ${this.origin} is closed`);
    });
  }
}

function checkStatus({ status, retryAfterMs }: HttpAnswer, origin: string): void {
  if (status === 200) return;
  if (status === TOO_MANY_REQUESTS) {
    throw new EvmRpcError('rateLimited', `${origin} limits requests: HTTP 429`, { retryAfterMs });
  }
  const kind = status >= 500 ? 'serverError' : 'refused';
  throw new EvmRpcError(kind, `${origin} answered HTTP ${String(status)}, expected 200`);
}

function afterAttempts(error: EvmRpcError, attempts: number): EvmRpcError {
  if (attempts === 1) return error;
  return new EvmRpcError(error.kind, `${error.message}, ${String(attempts)} times`, { cause: error });
}
