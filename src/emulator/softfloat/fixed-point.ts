// Elementary functions in fixed-point BigInt arithmetic, with many more bits than the x87 keeps, so that rounding the
// result once gives the nearest 80-bit number in all but vanishingly rare cases. Slow (tens of microseconds), exact in
// spirit; the x87's transcendental instructions are rare in real code.

/** Fraction bits of a fixed-point number here. */
export const F = 320n;
export const ONE = 1n << F;

/** A positive number: mantissa * 2^exponent. */
export interface BigFloat {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export const bitLength = (value: bigint): number => value.toString(16).length * 4 - Math.clz32(topDigit(value)) + 28;
const topDigit = (value: bigint): number => Number.parseInt(value.toString(16).slice(0, 1), 16);

/** value * 2^shift, cut towards zero. */
export const scale = (value: bigint, shift: number): bigint =>
  shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);

const multiply = (a: bigint, b: bigint): bigint => (a * b) >> F;

/** The sum of terms until they vanish: term(n) from the previous one. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n;
  let term = first;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = next(term, n);
  }
  return sum;
}

/** atan(1/n) for Machin's formula. */
function arctangentOfInverse(n: bigint): bigint {
  let power = ONE / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k & 2n) === 0n ? power / k : -(power / k);
    power /= n * n;
  }
  return sum;
}

/** pi, by Machin's formula. */
export const PI = 4n * (4n * arctangentOfInverse(5n) - arctangentOfInverse(239n));

/** 2 * atanh(t) / t as a fixed-point factor, for t*t given: 2 (1 + t^2/3 + t^4/5 + …). */
function inverseTangentFactor(squared: bigint, alternating: boolean): bigint {
  let power = ONE;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    const term = power / k;
    sum += alternating && (k & 2n) !== 0n ? -term : term;
    power = multiply(power, squared);
  }
  return sum;
}

/** ln 2 = 2 atanh(1/3). */
export const LN2 = (2n * inverseTangentFactor(ONE / 9n, false)) / 3n;

/** A factor just below (or above) one stands for a term too small to be held. */
const nudge = (factor: bigint, squared: bigint, up: boolean): bigint =>
  squared < 1n << 8n ? (up ? ONE + 1n : ONE - 1n) : factor;

/** sin(x)/x for 0 <= x < 2, x*x given. */
export function sineFactor(squared: bigint): bigint {
  return nudge(
    series(ONE, (term, n) => -multiply(term, squared) / (2n * n * (2n * n + 1n))),
    squared,
    false,
  );
}

/** cos(x) for 0 <= x < 2, x*x given. */
export function cosine(squared: bigint): bigint {
  return nudge(
    series(ONE, (term, n) => -multiply(term, squared) / (2n * n * (2n * n - 1n))),
    squared,
    false,
  );
}

/** (e^t - 1)/t, |t| < 1. */
export function exponentialFactor(t: bigint): bigint {
  const factor = series(ONE, (term, n) => multiply(term, t) / (n + 1n));
  return t === 0n ? ONE : factor;
}

/** atanh(t)/t, |t| < 1/2, t*t given. */
export function inverseHyperbolicFactor(squared: bigint): bigint {
  return nudge(inverseTangentFactor(squared, false), squared, true);
}

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const y = (x + value / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** atan(t) for 0 <= t <= 1, as t times the factor that is returned. */
export function arctangentFactor(t: bigint): bigint {
  const squared = multiply(t, t);
  if (squared < 1n << 8n) return ONE - 1n;
  // Three halvings: atan(t) = 2 atan(t / (1 + sqrt(1 + t^2))).
  let reduced = t;
  for (let i = 0; i < 3; i++) {
    const root = squareRoot((ONE + multiply(reduced, reduced)) << F);
    reduced = (reduced << F) / (ONE + root);
  }
  const value = 8n * multiply(reduced, inverseTangentFactor(multiply(reduced, reduced), true));
  return (value << F) / t;
}
