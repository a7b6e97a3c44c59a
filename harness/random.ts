/** A seeded source of fair coin tosses: mulberry32, a 32-bit counter mixed by multiplications. */
export class Coin {
  private state: number;

  /** Seeds are taken modulo 2^32. */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  toss(): boolean {
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) & 1) === 1;
  }
}
