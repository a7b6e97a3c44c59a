import { createHash } from 'node:crypto';

/** What a throw is for; the same label gives the same throw. */
export type Label = readonly (string | number | bigint)[];

/** Bytes of a number that is thrown; few enough to be exact. */
const NUMBER_BYTES = 6;

/**
 * Chance that is the same in every run: what comes up depends on the seed and on what it is thrown for, never on when or
 * how often anything was thrown before.
 */
export class Dice {
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  bytes(length: number, ...label: Label): Buffer {
    const text = JSON.stringify([this.seed, ...label.map(String)]);
    return createHash('shake256', { outputLength: length }).update(text).digest();
  }

  /** A whole number from 0, less than `limit`. */
  below(limit: number, ...label: Label): number {
    return this.bytes(NUMBER_BYTES, ...label).readUIntBE(0, NUMBER_BYTES) % limit;
  }

  /** A whole number from 0, less than `limit`, which may be larger than a number is exact. */
  bigBelow(limit: bigint, ...label: Label): bigint {
    return BigInt(`0x${this.bytes(32, ...label).toString('hex')}`) % limit;
  }

  /** True so many times in 100. */
  chance(percent: number, ...label: Label): boolean {
    return this.below(100, ...label) < percent;
  }

  /** Throws `RangeError` when there is nothing to pick from. */
  pick<T>(items: readonly T[], ...label: Label): T {
    const picked = items[this.below(items.length, ...label)];
    if (picked === undefined) throw new RangeError('expected something to pick from, got nothing');
    return picked;
  }

  shuffled<T>(items: readonly T[], ...label: Label): readonly T[] {
    return items
      .map((item, at) => ({ item, rank: this.below(2 ** 32, ...label, at) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  }
}
