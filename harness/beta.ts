/**
 * The regularised incomplete beta function I_x(a, b) and its inverse: binomial tails and Student's t are both made of
 * it. Relative error about 1e-12 for a and b up to 1e7 (test/harness/beta.test.ts).
 */

const MAX_TERMS = 1_000_000;
/** Halving alone needs about 60 steps for a result near 1; about ten are usual. */
const MAX_STEPS = 200;
const TINY = Number.MIN_VALUE / Number.EPSILON;

/** I_x(a, b) for 0 <= x <= 1 and a, b > 0; NaN outside. */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1 && a > 0 && b > 0)) return NaN;
  if (x === 0 || x === 1) return x;
  // The fraction converges fast on the near side of the mean only; the other side is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - tail(1 - x, x, b, a);
  return tail(x, 1 - x, a, b);
}

/** The x with I_x(a, b) = p, for 0 <= p <= 1 and a, b > 0: Newton's steps, kept inside a shrinking bracket. */
export function inverseRegularisedBeta(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0)) return NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < MAX_STEPS; step++) {
    const excess = regularisedBeta(x, a, b) - p;
    if (excess > 0) high = x;
    else low = x;
    const newton = x - excess / (density(x, 1 - x, a, b) / (x * (1 - x)));
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const settled = Math.abs(next - x) <= Number.EPSILON * x;
    x = next;
    if (settled) break;
  }
  return x;
}

function tail(x: number, y: number, a: number, b: number): number {
  return density(x, y, a, b) / a / continuedFraction(x, a, b);
}

/**
 * The denominator of the continued fraction (DLMF 8.17.22), evaluated forwards with Lentz's method:
 * 1 + d1/(1 + d2/(1 + ...)).
 */
function continuedFraction(x: number, a: number, b: number): number {
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let n = 1; n <= MAX_TERMS; n++) {
    const m = Math.floor(n / 2);
    const even = n % 2 === 0;
    const d = even
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / awayFromZero(1 + d * denominator);
    numerator = awayFromZero(1 + d / numerator);
    const step = numerator * denominator;
    value *= step;
    if (Math.abs(step - 1) < Number.EPSILON) break;
  }
  return value;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/**
 * x^a y^b / B(a, b) with y = 1 - x. Logarithms of gamma functions would lose eight digits for large a and b; the
 * saddle-point form of the binomial density has no large terms to cancel.
 */
function density(x: number, y: number, a: number, b: number): number {
  const n = a + b;
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(exponent);
}

/** ln gamma(z + 1) minus Stirling's approximation of it, for z > 0. */
function stirlingError(z: number): number {
  // The series needs a large argument; each step of the recurrence gains 1.
  let steps = 0;
  let large = z;
  for (; large < 16; large++) steps += (large + 0.5) * Math.log1p(1 / large) - 1;
  const square = large * large;
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square;
  return steps + series / large;
}

/** x ln(x / mean) + mean - x, without cancellation where the two are close. */
function deviance(x: number, mean: number): number {
  const difference = x - mean;
  if (Math.abs(difference) > 0.1 * (x + mean)) return x * Math.log(x / mean) - difference;
  const v = difference / (x + mean);
  let sum = difference * v;
  let power = 2 * x * v;
  for (let k = 3; ; k += 2) {
    power *= v * v;
    const next = sum + power / k;
    if (next === sum) return sum;
    sum = next;
  }
}
