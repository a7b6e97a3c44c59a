import { OutOfTimeError } from '../wire/patience.ts';
import type { Patience } from '../wire/patience.ts';

/** Also for those who know the host and not the wire. */
export { OutOfTimeError };

/** The end of a caller's patience, or of what it waits for. */
export interface PatienceEnd {
  /** Its reason says why. */
  readonly signal: AbortSignal;
  /** Rejects with that reason. */
  readonly promise: Promise<never>;
  /** Call it once nobody waits any more. */
  readonly stop: () => void;
}

/** Aborts at the deadline with an `OutOfTimeError`, or with whichever of the caller and `closing` aborts first. */
export function endOf({ deadline, signal }: Patience, closing: AbortSignal): PatienceEnd {
  const ended = new AbortController();
  const promise = new Promise<never>((_, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason), { once: true });
  });
  // It may end while nobody waits for it.
  promise.catch(() => undefined);
  const expire = (): void => ended.abort(new OutOfTimeError('the deadline passed'));
  const timer = setTimeout(expire, Math.max(0, deadline.getTime() - Date.now()));
  const forgets = [closing, ...(signal === undefined ? [] : [signal])].map((source) => {
    const abort = (): void => ended.abort(source.reason);
    source.addEventListener('abort', abort);
    if (source.aborted) abort();
    return (): void => source.removeEventListener('abort', abort);
  });
  return {
    signal: ended.signal,
    promise,
    stop: () => {
      clearTimeout(timer);
      for (const forget of forgets) forget();
    },
  };
}
