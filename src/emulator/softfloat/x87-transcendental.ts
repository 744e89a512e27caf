// FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1: special operands by the tables of SDM volume 2, the rest
// computed far beyond 64 bits and rounded once. Arguments of sine, cosine and tangent are reduced by pi cut to 66 bits,
// as processors do (SDM volume 1, 8.3.8).

import { C2, IE, PE, ZE } from './control.js';
import {
  arctangentFactor,
  type BigFloat,
  bitLength,
  cosine,
  exponentialFactor,
  F,
  inverseHyperbolicFactor,
  LN2,
  ONE,
  PI,
  scale,
  sineFactor,
} from './fixed-point.js';
import {
  binaryExponent,
  INVALID,
  infinity,
  isInfinite,
  isZero,
  magnitude,
  ONE_VALUE,
  OVERFLOW,
  type RegisterValue,
  type Result,
  signOf,
  UNDERFLOW,
  type X87Stack,
  zero,
} from './x87-operand.js';

const FRACTION = Number(F);
/** pi with 66 significant bits. */
const REDUCTION_PI = (PI >> (F - 64n)) << (F - 64n);
/** From 2^63 on FSIN and its like do nothing but set C2. */
const TRIGONOMETRIC_LIMIT = 63;

/** x as r + quadrant * pi/2 with |r| <= pi/4. */
function reduce(x: RegisterValue): { quadrant: number; negative: boolean; r: bigint; tiny: boolean } {
  const { mantissa, exponent } = magnitude(x);
  // Below 2^-60 nothing needs reducing, and a fixed-point number could not hold it.
  if (binaryExponent(x) < -60) return { quadrant: 0, negative: false, r: 0n, tiny: true };
  const fixed = scale(mantissa, exponent + FRACTION);
  const half = REDUCTION_PI >> 1n;
  const quadrant = (fixed + (half >> 1n)) / half;
  const r = fixed - quadrant * half;
  return { quadrant: Number(quadrant & 3n), negative: r < 0n, r: r < 0n ? -r : r, tiny: false };
}

const square = (value: bigint): bigint => (value * value) >> F;

/** A fixed-point result; sign is that of the value itself. */
interface Fixed {
  readonly sign: number;
  readonly mantissa: bigint;
  readonly exponent: number;
}

function sineAndCosine(x: RegisterValue): { sine: Fixed; cosine: Fixed } {
  const sign = signOf(x);
  const { quadrant, negative, r, tiny } = reduce(x);
  if (tiny) {
    const { mantissa, exponent } = magnitude(x);
    return {
      sine: { sign, mantissa: mantissa * (ONE - 1n), exponent: exponent - FRACTION },
      cosine: { sign: 0, mantissa: ONE - 1n, exponent: -FRACTION },
    };
  }
  const squared = square(r);
  const s = { mantissa: (r * sineFactor(squared)) >> F, negative };
  const c = { mantissa: cosine(squared), negative: false };
  const [first, second] = quadrant % 2 === 0 ? [s, c] : [c, s];
  const sineSign = (first.negative ? 1 : 0) ^ (quadrant >= 2 ? 1 : 0) ^ sign;
  const cosineSign = (second.negative ? 1 : 0) ^ (quadrant === 1 || quadrant === 2 ? 1 : 0);
  return {
    sine: { sign: sineSign, mantissa: first.mantissa, exponent: -FRACTION },
    cosine: { sign: cosineSign, mantissa: second.mantissa, exponent: -FRACTION },
  };
}

const rounded = (stack: X87Stack, { sign, mantissa, exponent }: Fixed, flags: number): Result => {
  const result = stack.round(sign, mantissa, exponent, true, stack.fullPrecisionControl);
  return { value: result.value, flags: result.flags | flags };
};

type Trigonometric = 'sin' | 'cos' | 'sincos' | 'tan';

/** What the function leaves in ST(0), and what it pushes after that. */
function trigonometric(stack: X87Stack, kind: Trigonometric, x: RegisterValue): { first: Result; second?: Result } {
  const two = kind === 'sincos' || kind === 'tan';
  const same = (result: Result): { first: Result; second?: Result } =>
    two ? { first: result, second: { value: result.value, flags: 0 } } : { first: result };
  const forced = stack.forced(x);
  if (forced) return same(forced);
  if (isInfinite(x)) return same(INVALID);
  const one: Result = { value: ONE_VALUE, flags: 0 };
  const exact: Result = { value: x, flags: 0 };
  if (isZero(x)) return kind === 'cos' ? { first: one } : two ? { first: exact, second: one } : { first: exact };
  const { flags } = stack.denormal(x);
  const { sine, cosine: c } = sineAndCosine(x);
  if (kind === 'sin') return { first: rounded(stack, sine, flags) };
  if (kind === 'cos') return { first: rounded(stack, c, flags) };
  if (kind === 'sincos') return { first: rounded(stack, sine, flags), second: rounded(stack, c, flags) };
  const quotient = (sine.mantissa << (2n * F)) / c.mantissa;
  const exponent = sine.exponent - c.exponent - 2 * FRACTION;
  return { first: rounded(stack, { sign: sine.sign ^ c.sign, mantissa: quotient, exponent }, flags), second: one };
}

/** FSIN, FCOS, FSINCOS, FPTAN. */
export function runTrigonometric(stack: X87Stack, kind: Trigonometric): void {
  const two = kind === 'sincos' || kind === 'tan';
  const x = stack.read(0);
  stack.setConditions(C2, 0);
  const fault = stack.isEmpty(0) ? UNDERFLOW : two && !stack.isEmpty(7) ? OVERFLOW : undefined;
  if (fault) {
    if (stack.finish(0, fault) && two) stack.pushRaw(fault.value);
    return;
  }
  const finite = !stack.forced(x) && !isInfinite(x) && !isZero(x);
  if (finite && binaryExponent(x) >= TRIGONOMETRIC_LIMIT) {
    stack.setConditions(C2, C2);
    stack.routines.x87Raise(0);
    return;
  }
  const { flags, stops } = stack.denormal(x);
  if (finite && stops) {
    stack.routines.x87Raise(flags);
    return;
  }
  const { first, second } = trigonometric(stack, kind, x);
  const all = first.flags | (second?.flags ?? 0);
  const direction = kind === 'sincos' && second ? (first.flags & ~0x200) | second.flags : all;
  if (stack.finish(0, { value: first.value, flags: direction }) && second) stack.pushRaw(second.value);
}

/** 1 + x or 1 - x of a magnitude, exactly; where x is so large that 1 is lost, x itself. */
function addOne({ mantissa, exponent }: BigFloat, sign: 0 | 1): BigFloat {
  if (exponent > 0) return { mantissa, exponent };
  const one = 1n << BigInt(-exponent);
  return { mantissa: sign ? one - mantissa : one + mantissa, exponent };
}

/** log2 of a positive number: sign and fixed-point magnitude, or `exact` for powers of two. */
function logarithm({ mantissa, exponent }: BigFloat): {
  sign: number;
  mantissa: bigint;
  exponent: number;
  exact: number | undefined;
} {
  const length = bitLength(mantissa);
  let power = exponent + length - 1;
  // m in [1, 2), moved to [sqrt(1/2), sqrt(2)).
  let m = scale(mantissa, FRACTION - (length - 1));
  if (m === ONE) return { sign: power < 0 ? 1 : 0, mantissa: 0n, exponent: 0, exact: power };
  if (m * m > ONE * ONE * 2n) {
    m >>= 1n;
    power++;
  }
  const t = ((m - ONE) << F) / (m + ONE);
  const ln = 2n * ((t * inverseHyperbolicFactor(square(t))) >> F);
  const log2 = BigInt(power) * ONE + (ln << F) / LN2;
  return { sign: log2 < 0n ? 1 : 0, mantissa: log2 < 0n ? -log2 : log2, exponent: -FRACTION, exact: undefined };
}

function compute2(stack: X87Stack, run: (x: RegisterValue, y: RegisterValue) => Result): void {
  const [x, y] = [stack.read(0), stack.read(1)];
  const result = stack.isEmpty(0) || stack.isEmpty(1) ? UNDERFLOW : (stack.forced(y, x) ?? run(x, y));
  if (stack.finish(1, result)) stack.pop();
}

const raised = (value: RegisterValue, flags: number): Result => ({ value, flags });

/** FYL2X: ST(1) * log2(ST(0)). */
export function yLog2x(stack: X87Stack): void {
  compute2(stack, (x, y) => {
    const ySign = signOf(y);
    if (isZero(x)) {
      if (isZero(y)) return INVALID;
      return raised(infinity(ySign ^ 1), isInfinite(y) ? 0 : ZE);
    }
    if (signOf(x)) return INVALID;
    const { flags, stops } = stack.denormal(x, y);
    if (isInfinite(x)) return isZero(y) ? INVALID : raised(infinity(ySign), flags);
    const log = logarithm(magnitude(x));
    const isOne = log.exact === 0;
    if (isInfinite(y)) return isOne ? INVALID : raised(infinity(ySign ^ log.sign), flags);
    if (stops) return raised(y, flags);
    if (isOne || isZero(y)) return raised(zero(ySign ^ log.sign), flags);
    return product(stack, ySign ^ log.sign, y, log, flags);
  });
}

function product(
  stack: X87Stack,
  sign: number,
  y: RegisterValue,
  log: { mantissa: bigint; exponent: number; exact: number | undefined },
  flags: number,
): Result {
  const factor = magnitude(y);
  const exact = log.exact !== undefined;
  const mantissa = factor.mantissa * (exact ? BigInt(Math.abs(log.exact ?? 0)) : log.mantissa);
  const exponent = factor.exponent + (exact ? 0 : log.exponent);
  const result = stack.round(sign, mantissa, exponent, !exact, stack.fullPrecisionControl);
  // Processors call every such product inexact, even that with a whole logarithm.
  return raised(result.value, result.flags | flags | PE);
}

/** FYL2XP1: ST(1) * log2(ST(0) + 1). */
export function yLog2xPlus1(stack: X87Stack): void {
  compute2(stack, (x, y) => {
    const sign = signOf(x) ^ signOf(y);
    const { flags, stops } = stack.denormal(x, y);
    if (isZero(x)) return isInfinite(y) ? INVALID : raised(zero(sign), flags);
    if (isInfinite(x)) return signOf(x) || isZero(y) ? INVALID : raised(infinity(sign), flags);
    if (isInfinite(y)) return raised(infinity(sign), flags);
    if (stops) return raised(y, flags);
    if (isZero(y)) return raised(zero(sign), flags);
    const a = magnitude(x);
    if (signOf(x) && binaryExponent(x) >= 0) return raised(y, flags | IE);
    if (binaryExponent(x) >= -1) {
      // Outside the range that the manual defines: the logarithm of the sum itself.
      const log = logarithm(addOne(a, signOf(x)));
      return log.exact === 0 ? raised(zero(sign), flags) : product(stack, log.sign ^ signOf(y), y, log, flags);
    }
    // ln(1 + x) = 2 atanh(x / (2 + x)); the quotient keeps its own exponent so that tiny x lose nothing.
    const shift = binaryExponent(x);
    const fixedX = scale(a.mantissa, a.exponent - shift + FRACTION);
    const signedX = signOf(x) ? -scale(fixedX, shift) : scale(fixedX, shift);
    const t = (fixedX << F) / (2n * ONE + signedX);
    const squared = square(scale(t, shift));
    const ln = 2n * t * inverseHyperbolicFactor(squared);
    const log2 = (ln << F) / LN2;
    const log = { mantissa: log2, exponent: shift - 2 * FRACTION, exact: undefined };
    return product(stack, sign, y, log, flags);
  });
}

/** F2XM1: 2^ST(0) - 1 for -1 <= ST(0) <= 1; beyond, the operand is left as it is. */
export function exponentialMinus1(stack: X87Stack): void {
  const x = stack.read(0);
  stack.finish(0, stack.isEmpty(0) ? UNDERFLOW : (stack.forced(x) ?? exponential(stack, x)));
}

function exponential(stack: X87Stack, x: RegisterValue): Result {
  const sign = signOf(x);
  const MINUS_ONE: RegisterValue = { ...ONE_VALUE, signExponent: ONE_VALUE.signExponent | 0x8000 };
  if (isZero(x)) return raised(x, 0);
  if (isInfinite(x)) return raised(sign ? MINUS_ONE : x, 0);
  const { flags, stops } = stack.denormal(x);
  if (stops) return raised(x, flags);
  const shift = binaryExponent(x);
  if (shift === 0 && x.significand === 1n << 63n) {
    return raised(sign ? { significand: 1n << 63n, signExponent: 0xbffe } : x, flags | PE);
  }
  if (shift >= 0) return raised(x, flags | PE);
  const a = magnitude(x);
  const scaled = (scale(a.mantissa, a.exponent - shift + FRACTION) * LN2) >> F;
  const t = scale(scaled, shift);
  const factor = exponentialFactor(sign ? -t : t);
  const result = stack.round(sign, scaled * factor, shift - 2 * FRACTION, true, stack.fullPrecisionControl);
  return raised(result.value, result.flags | flags);
}

/** FPATAN: the angle of the point (ST(0), ST(1)). */
export function arctangent(stack: X87Stack): void {
  compute2(stack, (x, y) => {
    const sign = signOf(y);
    const { flags, stops } = stack.denormal(x, y);
    if (stops) return raised(y, flags);
    const angle = (mantissa: bigint): Result => {
      const result = stack.round(sign, mantissa, -FRACTION, true, stack.fullPrecisionControl);
      return raised(result.value, result.flags | flags | PE);
    };
    if (isInfinite(x) && isInfinite(y)) return angle(signOf(x) ? (3n * PI) >> 2n : PI >> 2n);
    if (isInfinite(y)) return angle(PI >> 1n);
    if (isZero(y) || isInfinite(x)) return signOf(x) ? angle(PI) : raised(zero(sign), flags);
    if (isZero(x)) return angle(PI >> 1n);
    const [a, b] = [magnitude(y), magnitude(x)];
    const distance = binaryExponent(y) - binaryExponent(x);
    // An angle so close to an axis that the other operand only decides the direction of rounding.
    if (distance > 200) return angle(signOf(x) ? (PI >> 1n) + 1n : (PI >> 1n) - 1n);
    if (distance < -200) {
      if (signOf(x)) return angle(PI - 1n);
      const quotient = (a.mantissa << 256n) / b.mantissa;
      const result = stack.round(sign, quotient, a.exponent - b.exponent - 256, true, stack.fullPrecisionControl);
      return raised(result.value, result.flags | flags);
    }
    const steep = distance > 0 || (distance === 0 && scaleTo(a, b) > scaleTo(b, a));
    const [small, large] = steep ? [b, a] : [a, b];
    const t = scale(small.mantissa << (2n * F), small.exponent - large.exponent - FRACTION) / large.mantissa;
    const value = (t * arctangentFactor(t)) >> F;
    const first = steep ? (PI >> 1n) - value : value;
    if (signOf(x)) return angle(steep ? (PI >> 1n) + value : PI - value);
    return angle(first);
  });
}

/** Mantissa of `a` brought to the smaller exponent of the two, for comparison. */
const scaleTo = (a: { mantissa: bigint; exponent: number }, b: { exponent: number }): bigint =>
  a.mantissa << BigInt(Math.max(0, a.exponent - b.exponent));
