import type { Log } from '../log.ts';
import { isPowerOfTen } from '../serve/power-of-ten.ts';

/** Messages that are remembered; the one that came first goes when there are more. */
const REMEMBERED = 1000;

/**
 * Passes on the 1st, 10th, 100th... line of a message, with how many came so far: what a plugin says in every round is
 * news once.
 */
export function withoutRepeats(log: Log): Log {
  const counts = new Map<string, number>();
  return (level, message, fields = {}) => {
    const key = `${level} ${message}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (counts.size > REMEMBERED) forgetOldest(counts);
    if (isPowerOfTen(count)) log(level, message, count === 1 ? fields : { ...fields, soFar: count });
  };
}

function forgetOldest(counts: Map<string, number>): void {
  for (const key of counts.keys()) {
    counts.delete(key);
    return;
  }
}
