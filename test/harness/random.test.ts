import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Coin } from '../../harness/random.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

function tosses(seed: number, count: number): readonly boolean[] {
  const coin = new Coin(seed);
  return Array.from({ length: count }, () => coin.toss());
}

const faces = (seed: number): string =>
  tosses(seed, 24)
    .map((heads) => (heads ? '1' : '0'))
    .join('');
const share = (all: readonly boolean[]): number => all.filter(Boolean).length / all.length;

const arbitrarySeed = fc.nat({ max: 2 ** 32 - 1 });

describe('a coin', () => {
  test('falls the same way for the same seed', () => {
    fc.assert(
      fc.property(arbitrarySeed, (seed) => {
        expect(tosses(seed, 50)).toEqual(tosses(seed, 50));
      }),
    );
  });

  test('falls as it always did, so that old journals can be made again', () => {
    expect([0, 1, 2 ** 32 - 1].map(faces)).toMatchInlineSnapshot(`
      [
        "010001101001110010001100",
        "111110000100100000101111",
        "100011111110011011100100",
      ]
    `);
  });

  test('takes seeds modulo 2^32', () => {
    fc.assert(
      fc.property(arbitrarySeed, (seed) => {
        expect(tosses(seed + 2 ** 32, 50)).toEqual(tosses(seed, 50));
      }),
    );
  });

  test('is fair, also right after neighbouring seeds', () => {
    // Six standard deviations of 20,000 tosses.
    const sigmas = 6 * Math.sqrt(0.25 / 20_000);
    for (const seed of [0, 1, 0xdeadbeef]) {
      expect(Math.abs(share(tosses(seed, 20_000)) - 0.5)).toBeLessThan(sigmas);
    }
    const firsts = Array.from({ length: 20_000 }, (_, seed) => new Coin(seed).toss());
    expect(Math.abs(share(firsts) - 0.5)).toBeLessThan(sigmas);
  });
});
