/** Numbers from 0 to below 1, the same for the same seed (modulo 2^32). */
export class Draws {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    // mulberry32: a 32-bit counter, mixed by multiplications.
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** A fair sample of a stream: every item seen so far is in it with the same chance. In the order of the stream. */
export class Reservoir<T> {
  private readonly kept: { readonly number: number; readonly item: T }[] = [];
  private readonly size: number;
  private readonly draws: Draws;
  private seen = 0;

  constructor(size: number, draws: Draws) {
    this.size = size;
    this.draws = draws;
  }

  offer(item: T): void {
    const number = this.seen++;
    if (this.kept.length < this.size) {
      this.kept.push({ number, item });
      return;
    }
    const at = Math.floor(this.draws.next() * this.seen);
    if (at < this.size) this.kept[at] = { number, item };
  }

  items(): readonly T[] {
    return this.kept.toSorted((a, b) => a.number - b.number).map(({ item }) => item);
  }
}
