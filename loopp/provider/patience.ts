import { OutOfTimeError } from '../wire/patience.ts';
import type { Patience } from '../wire/patience.ts';

/** Settles as `work`, or rejects with the reason of the first signal that aborts. The work goes on. */
export async function untilAborted<T>(signals: readonly AbortSignal[], work: Promise<T>): Promise<T> {
  // Nobody looks at a rejection that comes later.
  work.catch(() => undefined);
  for (const signal of signals) signal.throwIfAborted();
  const listeners = new Map<AbortSignal, () => void>();
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      listeners.set(signal, onAbort);
    }
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    for (const [signal, onAbort] of listeners) signal.removeEventListener('abort', onAbort);
  }
}

/** As `untilAborted`; at the caller's deadline rejects with `OutOfTimeError`. */
export async function within<T>(
  { deadline, signal }: Patience,
  closing: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const waitMs = Math.max(0, deadline.getTime() - Date.now());
  const timer = setTimeout(() => late.abort(new OutOfTimeError('the deadline passed')), waitMs);
  try {
    const signals = signal === undefined ? [closing, late.signal] : [closing, signal, late.signal];
    return await untilAborted(signals, work);
  } finally {
    clearTimeout(timer);
  }
}
