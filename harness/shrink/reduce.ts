/** Whether something smaller may take the place of what it came from; once it may, it has. */
export type Keep<T> = (candidate: T) => Promise<boolean>;

/**
 * Delta debugging: leaves out as many items as it can, first all of them, then halves, quarters and so on to single ones.
 * Answers what is left.
 */
export async function fewerItems<T>(items: readonly T[], keep: Keep<readonly T[]>): Promise<readonly T[]> {
  let best = items;
  for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
    let at = 0;
    while (at < best.length) {
      const fewer = best.toSpliced(at, size);
      if (await keep(fewer)) best = fewer;
      else at += size;
    }
  }
  return best;
}

/** Tries to put something smaller for each item in turn; `shrink` gets one item and how to put another for it. */
export async function smallerItems<T>(
  items: readonly T[],
  keep: Keep<readonly T[]>,
  shrink: (item: T, keep: Keep<T>) => Promise<T>,
): Promise<readonly T[]> {
  let best = items;
  for (const [index, item] of items.entries()) {
    const smaller = await shrink(item, (candidate) => keep(best.with(index, candidate)));
    best = best.with(index, smaller);
  }
  return best;
}

/** The first of the candidates that is kept, else `value`. */
export async function firstKept<T>(value: T, candidates: Iterable<T>, keep: Keep<T>): Promise<T> {
  for (const candidate of candidates) if (await keep(candidate)) return candidate;
  return value;
}

/** Takes steps from what was kept last until none is kept any more. */
export async function whileKept<T>(value: T, steps: (value: T) => Iterable<T>, keep: Keep<T>): Promise<T> {
  let best = value;
  for (;;) {
    const next = await firstKept(best, steps(best), keep);
    if (next === best) return best;
    best = next;
  }
}

/** Nearer to zero, the nearest first: 0, then half, three quarters and so on of the way back. */
export function* smallerIntegers(value: bigint): Generator<bigint> {
  if (value < 0n) yield -value;
  for (let distance = value; distance !== 0n; distance /= 2n) yield value - distance;
}

/** Half, then a byte less; and all zeros. */
export function* smallerBytes(bytes: Uint8Array): Generator<Uint8Array> {
  const { length } = bytes;
  if (length === 0) return;
  yield bytes.subarray(0, 0);
  if (length > 2) yield bytes.subarray(0, length >> 1);
  if (length > 1) yield bytes.subarray(0, length - 1);
  if (bytes.some((byte) => byte !== 0)) yield new Uint8Array(length);
}

/** Half, then a character less. */
export function* smallerTexts(text: string): Generator<string> {
  const { length } = text;
  if (length === 0) return;
  yield '';
  if (length > 2) yield text.slice(0, length >> 1).toWellFormed();
  if (length > 1) yield text.slice(0, -1).toWellFormed();
}
