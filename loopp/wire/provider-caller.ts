import type { Client } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import { callUnary } from './grpc.ts';
import type { UnaryOptions } from './grpc.ts';
import type { Method } from './services.ts';

/** Makes one unary call on somebody's connection, on behalf of `call`. Rejects with grpc-js' `ServiceError`. */
export type Caller = <Request, Reply>(
  method: Method<Request, Reply>,
  request: Request,
  call?: Call,
) => Promise<Reply>;

/** Calls on a connection that stays what it is; each ends after `timeoutMs` at the latest. */
export const callerOf =
  (client: Client, timeoutMs: number): Caller =>
  (method, request, call) =>
    callUnary(client, method, request, onBehalfOf(call, timeoutMs));

/** Options of a call that always ends: metadata and cancellation are the caller's, the earlier deadline counts. */
export function onBehalfOf(
  call: Call | undefined,
  timeoutMs: number,
): UnaryOptions & { readonly deadline: Date } {
  const limit = new Date(Date.now() + timeoutMs);
  if (call === undefined) return { deadline: limit };
  const { deadline = limit, signal, metadata } = call;
  return { deadline: deadline < limit ? deadline : limit, signal, metadata };
}
