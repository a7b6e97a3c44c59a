import { setTimeout as delay } from 'node:timers/promises';

/** Whether the promise settled in time, well or not. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const limit = delay(Math.max(ms, 0), false, { signal: settled.signal }).catch(() => false);
  const done = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([done, limit]);
  } finally {
    settled.abort();
  }
}
