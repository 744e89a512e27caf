// FBLD and FBSTP: 18 packed decimal digits and a sign byte (SDM volume 1, 4.7).

import { C1, IE, PE, ROUNDING_SHIFT } from './control.js';
import {
  isInfinite,
  isNaN80,
  isUnsupported,
  magnitude,
  type RegisterValue,
  signOf,
  UNDERFLOW,
  type X87Stack,
} from './x87-operand.js';

const DIGITS = 18;
const LIMIT = 10n ** BigInt(DIGITS);
/** What an invalid FBSTP stores. */
const INDEFINITE = { low: 0xc000_0000_0000_0000n, high: 0xffffn };

/** FBLD: digits are taken as they are, also those above 9. */
export function loadBcd(stack: X87Stack, low: bigint, high: bigint): void {
  let value = 0n;
  const digits = BigInt.asUintN(64, low) | ((high & 0xffn) << 64n);
  for (let i = DIGITS - 1; i >= 0; i--) value = value * 10n + ((digits >> BigInt(i * 4)) & 15n);
  const sign = Number((high >> 15n) & 1n);
  const { value: rounded } = stack.round(sign, value, 0, false, 0x37f);
  stack.routines.x87Push(BigInt.asIntN(64, rounded.significand), rounded.signExponent, 0);
}

/** FBSTP's bytes; flags wait as for any store. */
export function storeBcd(stack: X87Stack): { low: bigint; high: bigint } {
  const x = stack.read(0);
  if (stack.isEmpty(0)) {
    stack.setPending(UNDERFLOW.flags);
    return INDEFINITE;
  }
  const rounded = isUnsupported(x) || isNaN80(x) || isInfinite(x) ? undefined : roundToInteger(stack, x);
  if (rounded === undefined || rounded.value >= LIMIT) {
    stack.setPending(IE);
    return INDEFINITE;
  }
  stack.setPending(rounded.flags);
  let digits = 0n;
  let rest = rounded.value;
  for (let i = 0n; i < BigInt(DIGITS); i++) {
    digits |= (rest % 10n) << (i * 4n);
    rest /= 10n;
  }
  const sign = signOf(x) ? 0x8000n : 0n;
  return { low: digits & 0xffff_ffff_ffff_ffffn, high: (digits >> 64n) | sign };
}

function roundToInteger(stack: X87Stack, x: RegisterValue): { value: bigint; flags: number } {
  const { mantissa, exponent } = magnitude(x);
  if (exponent >= 0) return { value: exponent > 8 ? LIMIT : mantissa << BigInt(exponent), flags: 0 };
  const shift = BigInt(Math.min(-exponent, 200));
  const whole = mantissa >> shift;
  const rest = mantissa - (whole << shift);
  if (rest === 0n) return { value: whole, flags: 0 };
  const half = 1n << (shift - 1n);
  const direction = (stack.control >> ROUNDING_SHIFT) & 3;
  const nearest = rest > half || (rest === half && (whole & 1n) === 1n);
  const up = direction === 0 ? nearest : direction === 2 - signOf(x);
  return { value: up ? whole + 1n : whole, flags: PE | (up ? C1 : 0) };
}
