import { EvmRpcError } from './rpc-error.ts';

/** The shape of JSON-RPC answers; what is in them is for ethers to read. */

export interface JsonRpcRequest {
  readonly id: number;
  readonly method: string;
}

export interface JsonRpcAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Providers say so in a body of status 200. */
const LIMIT_EXCEEDED = new Set([-32_005, -32_029, 429]);
const SHOWN = 80;

/** The answer to `request`. Throws `EvmRpcError` garbage, and rateLimited for a JSON-RPC error that means that. */
export function parseAnswer(body: string, { id, method }: JsonRpcRequest, origin: string): JsonRpcAnswer {
  const answer = objectOf(body);
  if (answer === undefined || answer['id'] !== id || !('result' in answer || isError(answer['error']))) {
    const shown = JSON.stringify(body.length > SHOWN ? `${body.slice(0, SHOWN)}...` : body);
    throw new EvmRpcError('garbage', `${origin} answered ${method} with ${shown}, expected JSON-RPC`);
  }
  const { error } = answer;
  if (isError(error)) {
    if (LIMIT_EXCEEDED.has(error.code)) {
      throw new EvmRpcError('rateLimited', `${origin} limits requests: ${error.message}`);
    }
    return { id, error };
  }
  return { id, result: answer['result'] };
}

function objectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function isError(error: unknown): error is { readonly code: number; readonly message: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'number' &&
    'message' in error &&
    typeof error.message === 'string'
  );
}
