// FPREM, FPREM1, FSCALE, FXTRACT: exact operations on exponents and quotients.

import { ALL_EXCEPTIONS, C0, C1, C2, C3, OE, UE, ZE } from './control.js';
import { scale } from './fixed-point.js';
import {
  BIAS,
  binaryExponent,
  INVALID,
  infinity,
  isInfinite,
  isZero,
  magnitude,
  OVERFLOW,
  type RegisterValue,
  type Result,
  signOf,
  UNDERFLOW,
  type X87Stack,
  zero,
} from './x87-operand.js';

/** Exponent difference up to which one FPREM finishes. */
const COMPLETE = 64;
/** Exponents beyond 2^14 + 24576 cannot be wrapped into range. */
const WRAPPED_RANGE = 0x3fff + 0x6000;
const NEAREST_ALL_MASKED = 0x300 | ALL_EXCEPTIONS;

interface Remainder extends Result {
  /** C0, C1, C2 and C3; undefined when only C2 is cleared. */
  readonly conditions?: number;
}

function remainder(stack: X87Stack, x: RegisterValue, y: RegisterValue, nearest: boolean): Remainder {
  const forced = stack.forced(x, y);
  if (forced) return forced;
  if (isInfinite(x) || isZero(y)) return INVALID;
  const { flags, stops } = stack.denormal(x, y);
  if (stops) return { value: x, flags };
  if (isZero(x)) return { value: x, flags, conditions: 0 };
  if (isInfinite(y)) {
    const kept = stack.round(signOf(x), x.significand, magnitude(x).exponent, false, stack.fullPrecisionControl);
    return { value: kept.value, flags: kept.flags | flags, conditions: 0 };
  }
  const distance = binaryExponent(x) - binaryExponent(y);
  const [a, b] = [magnitude(x), magnitude(y)];
  const low = Math.min(a.exponent, b.exponent);
  if (distance >= COMPLETE) {
    // Part of the way: between 32 and 63 bits of quotient at once.
    const step = distance - (32 + (distance % 32));
    const divisor = b.mantissa << BigInt(b.exponent - low + step);
    const rest = scale(a.mantissa, a.exponent - low) % divisor;
    const result = stack.round(signOf(x), rest, low, false, stack.fullPrecisionControl);
    return { value: result.value, flags: result.flags | flags, conditions: C2 };
  }
  const [dividend, divisor] = [a.mantissa << BigInt(a.exponent - low), b.mantissa << BigInt(b.exponent - low)];
  let quotient = dividend / divisor;
  let rest = dividend % divisor;
  let sign: number = signOf(x);
  if (nearest && (2n * rest > divisor || (2n * rest === divisor && (quotient & 1n) === 1n))) {
    quotient++;
    rest = divisor - rest;
    sign ^= 1;
  }
  const bit = (n: bigint, code: number): number => ((quotient >> n) & 1n ? code : 0);
  const conditions = bit(0n, C1) | bit(1n, C3) | bit(2n, C0);
  const result =
    rest === 0n
      ? { value: zero(signOf(x)), flags: 0 }
      : stack.round(sign, rest, low, false, stack.fullPrecisionControl);
  return { value: result.value, flags: result.flags | flags, conditions };
}

/** FPREM (quotient towards zero) and FPREM1 (to nearest). */
export function runRemainder(stack: X87Stack, nearest: boolean): void {
  stack.setConditions(C2, 0);
  if (stack.isEmpty(0) || stack.isEmpty(1)) {
    stack.finish(0, UNDERFLOW);
    return;
  }
  const { value, flags, conditions } = remainder(stack, stack.read(0), stack.read(1), nearest);
  if (stack.finish(0, { value, flags }) && conditions !== undefined) stack.setConditions(C0 | C1 | C2 | C3, conditions);
}

/** FSCALE: ST(0) * 2^trunc(ST(1)). */
export function runScale(stack: X87Stack): void {
  const [x, y] = [stack.read(0), stack.read(1)];
  stack.finish(0, stack.isEmpty(0) || stack.isEmpty(1) ? UNDERFLOW : scaled(stack, x, y));
}

function scaled(stack: X87Stack, x: RegisterValue, y: RegisterValue): Result {
  const forced = stack.forced(x, y);
  if (forced) return forced;
  const sign = signOf(x);
  const invalid = isInfinite(y) && (signOf(y) ? isInfinite(x) : isZero(x));
  if (invalid) return INVALID;
  const { flags, stops } = stack.denormal(x, y);
  if (stops) return { value: x, flags };
  if (isInfinite(y)) return { value: signOf(y) ? zero(sign) : isInfinite(x) ? x : infinity(sign), flags };
  if (isInfinite(x) || isZero(x)) return { value: x, flags };
  const b = magnitude(y);
  // More than 2^16 over- or underflows whatever x is.
  const count = binaryExponent2(y) > 16 ? 0x2_0000n : scale(b.mantissa, b.exponent);
  const power = Number(signOf(y) ? -count : count);
  const a = magnitude(x);
  // Too far out even for the exponent that an unmasked overflow or underflow wraps to: the masked answer, then.
  const exponent = binaryExponent(x) + power;
  const tooFar = Math.abs(exponent) > WRAPPED_RANGE && (stack.control & (exponent > 0 ? OE : UE)) === 0;
  const control = tooFar ? NEAREST_ALL_MASKED : stack.fullPrecisionControl;
  const result = stack.round(sign, a.mantissa, a.exponent + power, false, control);
  return { value: result.value, flags: result.flags | flags };
}

const binaryExponent2 = (y: RegisterValue): number => (isZero(y) ? -Infinity : binaryExponent(y));

/** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
export function runExtract(stack: X87Stack): void {
  const fault = stack.isEmpty(0) ? UNDERFLOW : !stack.isEmpty(7) ? OVERFLOW : undefined;
  const x = stack.read(0);
  const { exponent, significand } = fault ? { exponent: fault, significand: fault.value } : extracted(stack, x);
  if (stack.finish(0, exponent)) stack.pushRaw(significand);
}

function extracted(stack: X87Stack, x: RegisterValue): { exponent: Result; significand: RegisterValue } {
  const forced = stack.forced(x);
  if (forced) return { exponent: forced, significand: forced.value };
  if (isInfinite(x)) return { exponent: { value: infinity(0), flags: 0 }, significand: x };
  if (isZero(x)) return { exponent: { value: infinity(1), flags: ZE }, significand: x };
  const { flags } = stack.denormal(x);
  const power = binaryExponent(x);
  const value = stack.round(power < 0 ? 1 : 0, BigInt(Math.abs(power)), 0, false, 0x37f).value;
  const shift = 63 - (power - magnitude(x).exponent);
  const significand = { significand: x.significand << BigInt(shift), signExponent: (signOf(x) << 15) | BIAS };
  return { exponent: { value, flags }, significand };
}
