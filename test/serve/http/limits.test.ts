import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyBudget } from '../../../src/serve/http/body.ts';
import { HttpCounts } from '../../../src/serve/http/counts.ts';
import { RateLimit } from '../../../src/serve/http/rate-limit.ts';
import { checkToken } from '../../../src/serve/http/token.ts';
import { configureSeed } from '../../helpers/seed.ts';

configureSeed();

describe('a rate limit', () => {
  test('gives those of a second at once, and then as they come back', () => {
    let now = 0;
    const limit = new RateLimit(10, () => now);
    const takeAll = (): number => {
      let taken = 0;
      while (limit.take()) taken++;
      return taken;
    };
    expect(takeAll()).toBe(10);
    now += 99;
    expect(takeAll()).toBe(0);
    now += 1;
    expect(takeAll()).toBe(1);
    now += 60_000;
    expect(takeAll()).toBe(10);
  });

  test('never gives more in any time than the rate and one second of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
        (perSecond, pauses) => {
          let now = 0;
          const limit = new RateLimit(perSecond, () => now);
          let taken = 0;
          for (const pause of pauses) {
            now += pause;
            if (limit.take()) taken++;
          }
          expect(taken).toBeLessThanOrEqual(perSecond + (now / 1000) * perSecond);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a budget', () => {
  test('is shared, and given back once', () => {
    const budget = new BodyBudget(100);
    const [one, other] = [budget.open(), budget.open()];
    expect([one.grow(60), other.grow(60), other.grow(40), one.grow(1)]).toEqual([true, false, true, false]);
    one.release();
    one.release();
    expect([other.grow(60), other.grow(1)]).toEqual([true, false]);
  });
});

describe('a bearer token', () => {
  test.each([
    ['Bearer secret', 'right'],
    ['bearer  secret', 'right'],
    ['Bearer secre', 'other'],
    ['Bearer secrets', 'other'],
    ['Bearer SECRET', 'other'],
    ['Bearer', 'missing'],
    ['Bearer ', 'missing'],
    ['secret', 'missing'],
    ['Basic secret', 'missing'],
    ['', 'missing'],
    [undefined, 'missing'],
  ])('in %j is %s', (authorization, expected) => {
    expect(checkToken(authorization, 'secret')).toBe(expected);
  });
});

describe('answers', () => {
  test('are counted by status, and those that are not expected together', () => {
    const counts = new HttpCounts();
    for (const status of [200, 200, 418, 599]) counts.replied(status);
    expect([counts.of('200'), counts.of('other'), counts.of('500')]).toEqual([2, 2, 0]);
  });
});
