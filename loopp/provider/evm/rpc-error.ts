/** Why a chain's node gave no answer. */
export type RpcFailure =
  | 'unreachable'
  | 'timeout'
  | 'rateLimited'
  | 'serverError'
  | 'refused'
  | 'garbage'
  | 'wrongChain'
  | 'busy'
  | 'closed';

/** A node of the chain could not be asked; the message says which, and what came. */
export class EvmRpcError extends Error {
  override readonly name = 'EvmRpcError';
  readonly kind: RpcFailure;
  /** How long the node wants to be left alone, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(
    kind: RpcFailure,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

const PASSING: ReadonlySet<RpcFailure> = new Set([
  'unreachable',
  'timeout',
  'rateLimited',
  'serverError',
  'garbage',
]);

/** Another request may be answered. */
export const mayPass = ({ kind }: EvmRpcError): boolean => PASSING.has(kind);

/** The node has certainly not done what was asked, so that even a transaction may be sent again. */
export const wasNotDone = ({ kind }: EvmRpcError): boolean => kind === 'rateLimited';
