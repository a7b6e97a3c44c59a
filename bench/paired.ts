import { pairedDifference } from '../harness/statistics.ts';
import type { Estimate } from './measurement.ts';

/** Both halves of each side of one ABBA block. */
export interface Block<A, B> {
  readonly first: readonly [A, A];
  readonly second: readonly [B, B];
}

/**
 * Measures two sides in ABBA blocks: first, second, second, first. What drifts steadily meanwhile, such as the clock of
 * the processor, is the same for both sides of a block.
 */
export async function abba<A, B>(
  blocks: number,
  first: () => Promise<A>,
  second: () => Promise<B>,
  progress: (text: string) => void,
): Promise<readonly Block<A, B>[]> {
  const measured: Block<A, B>[] = [];
  for (let block = 1; block <= blocks; block++) {
    progress(`block ${String(block)} of ${String(blocks)}`);
    const a = await first();
    const b = [await second(), await second()] as const;
    measured.push({ first: [a, await first()], second: b });
  }
  return measured;
}

/**
 * Mean of the ratios `over` to `under` of paired measurements, with the paired 95 % interval: of the logarithms, so that
 * twice and half are equally far from 1.
 */
export function meanRatio(pairs: readonly (readonly [over: number, under: number])[]): Estimate {
  const logarithms = pairs.map(([over, under]) => [Math.log(under), Math.log(over)] as const);
  const { count, mean: middle, interval } = pairedDifference(logarithms);
  return { ratio: Math.exp(middle), low: Math.exp(interval.low), high: Math.exp(interval.high), n: count };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.floor(ascending.length / 2)] ?? NaN;
}
