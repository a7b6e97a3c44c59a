/** How long a caller waits, whatever is tried for it meanwhile. */
export interface Patience {
  readonly deadline: Date;
  /** Aborts when the caller gives up before that. */
  readonly signal?: AbortSignal;
}

/** Nothing was reached before the caller's deadline; the message says why not. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
}

export const hasEnded = ({ deadline, signal }: Patience): boolean =>
  signal?.aborted === true || Date.now() >= deadline.getTime();
