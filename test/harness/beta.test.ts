import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inverseRegularisedBeta, regularisedBeta } from '../../harness/beta.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const parameter = fc.oneof(
  fc.double({ min: 0.5, max: 20, noNaN: true }),
  fc.double({ min: 20, max: 1e5, noNaN: true }),
);

describe('the regularised incomplete beta function', () => {
  test('has closed forms where one parameter is 1', () => {
    fc.assert(
      fc.property(share, parameter, (x, a) => {
        expect(regularisedBeta(x, a, 1) / x ** a || 1).toBeCloseTo(1, 9);
        expect(regularisedBeta(x, 1, a) / -Math.expm1(a * Math.log1p(-x))).toBeCloseTo(1, 9);
      }),
    );
  });

  test('is the arcsine law at one half and one half', () => {
    fc.assert(
      fc.property(share, (x) => {
        expect(regularisedBeta(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
      }),
    );
  });

  test('mirrors when its parameters change places', () => {
    fc.assert(
      fc.property(share, parameter, parameter, (x, a, b) => {
        expect(regularisedBeta(x, a, b) + regularisedBeta(1 - x, b, a)).toBeCloseTo(1, 9);
      }),
    );
  });

  test('runs from 0 to 1, and is not a number outside', () => {
    expect([regularisedBeta(0, 2, 3), regularisedBeta(1, 2, 3)]).toEqual([0, 1]);
    const outside = [
      regularisedBeta(-0.1, 2, 3),
      regularisedBeta(1.1, 2, 3),
      regularisedBeta(0.5, 0, 3),
      regularisedBeta(0.5, 2, -1),
      regularisedBeta(NaN, 2, 3),
    ];
    expect(outside).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
});

describe('its inverse', () => {
  test('leads back', () => {
    fc.assert(
      fc.property(share, parameter, parameter, (p, a, b) => {
        const x = inverseRegularisedBeta(p, a, b);
        // Where x itself cannot be told from 1 finely enough, the function cannot come closer.
        if (1 - x > 1e-6) expect(regularisedBeta(x, a, b)).toBeCloseTo(p, 7);
      }),
    );
  });

  test('runs from 0 to 1, and is not a number outside', () => {
    expect([inverseRegularisedBeta(0, 2, 3), inverseRegularisedBeta(1, 2, 3)]).toEqual([0, 1]);
    expect([inverseRegularisedBeta(1.1, 2, 3), inverseRegularisedBeta(0.5, 0, 3)]).toEqual([NaN, NaN]);
  });
});
