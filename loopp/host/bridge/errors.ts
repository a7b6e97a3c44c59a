/** Why there is no payload. */
export type ExternalAdapterFailure =
  /** No connection, or it ended before the whole answer was there. */
  | 'unreachable'
  /** No whole answer in time. */
  | 'timeout'
  /** The caller does not wait any more. */
  | 'cancelled'
  /** The adapter says that it has no answer, by HTTP's status or by the one in the body. */
  | 'status'
  /** What came is no answer to what was asked. */
  | 'answer';

/** The adapter gave no payload: one sentence with what was expected and what came. */
export class ExternalAdapterError extends Error {
  override readonly name = 'ExternalAdapterError';
  readonly kind: ExternalAdapterFailure;

  constructor(kind: ExternalAdapterFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** One try that gave nothing, and whether another one may give more. */
export class TryError extends ExternalAdapterError {
  readonly retryable: boolean;

  constructor(kind: ExternalAdapterFailure, retryable: boolean, message: string, options?: ErrorOptions) {
    super(kind, message, options);
    this.retryable = retryable;
  }
}

const SHOWN_CHARACTERS = 80;

/** A peer's text for a message: in quotes, on one line and cut. */
export function excerpt(text: string): string {
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(cut);
}
