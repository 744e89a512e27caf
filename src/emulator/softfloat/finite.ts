// Sum, product, quotient and root of finite, nonzero, normalised numbers, exact up to a sticky bit, as WebAssembly
// emitted in place. Rounding, zeros, infinities and NaNs belong to the callers.

import { c64, type I32, type I64, i32, i64, select } from './expression.js';
import type { FunctionBody, Local } from './function-body.js';
import {
  emitDivideWide,
  emitMultiplyWide,
  emitNormalizeWide,
  emitShiftRightSticky,
  emitSquareRootWide,
  INTEGER_BIT,
  stickyOf,
  type Wide,
} from './significand.js';

/** A number: (-1)^sign * significand * 2^(exponent - EXPONENT_BIAS - 63), bit 63 of the significand set. */
export interface Finite {
  readonly sign: I32;
  readonly exponent: I32;
  readonly significand: I64;
}

/** An unrounded result; `hi` 0 means an exact zero. */
export interface Unrounded extends Wide {
  readonly sign: Local<'i32'>;
  readonly exponent: Local<'i32'>;
}

export const EXPONENT_BIAS = 0x3fff;

export function emitAdd(k: FunctionBody, a: Finite, b: Finite): Unrounded {
  const [as, ae, am] = [k.i32(a.sign), k.i32(a.exponent), k.i64(a.significand)];
  const [bs, be, bm] = [k.i32(b.sign), k.i32(b.exponent), k.i64(b.significand)];
  const swap = k.i32(i32.or(i32.ltS(ae, be), i32.and(i32.eq(ae, be), i64.ltU(am, bm))));
  const sign = k.i32(select(swap, bs, as));
  const exponent = k.i32(select(swap, be, ae));
  const distance = k.i32(select(swap, i32.sub(be, ae), i32.sub(ae, be)));
  const hi = k.i64(select(swap, bm, am));
  const lo = k.i64(c64(0n));
  const small = emitShiftRightSticky(k, select(swap, am, bm), distance);
  k.if(
    i32.eq(as, bs),
    () => {
      k.set(small.hi, i64.add(hi, small.hi));
      k.set(lo, small.lo);
      k.if(i64.ltU(small.hi, hi), () => {
        k.set(lo, i64.or(i64.or(i64.shrU(lo, 1n), i64.shl(small.hi, 63n)), i64.and(lo, 1n)));
        k.set(small.hi, i64.or(i64.shrU(small.hi, 1n), INTEGER_BIT));
        k.set(exponent, i32.add(exponent, 1));
      });
      k.set(hi, small.hi);
    },
    () => {
      k.set(hi, i64.sub(i64.sub(hi, small.hi), stickyOf(small.lo)));
      k.set(lo, i64.sub(0n, small.lo));
      k.if(i64.ne(i64.or(hi, lo), 0n), () => emitNormalizeWide(k, { hi, lo }, exponent));
    },
  );
  return { sign, exponent, hi, lo };
}

export function emitMultiply(k: FunctionBody, a: Finite, b: Finite): Unrounded {
  const sign = k.i32(i32.xor(a.sign, b.sign));
  const exponent = k.i32(i32.sub(i32.add(a.exponent, b.exponent), EXPONENT_BIAS - 1));
  const { hi, lo } = emitMultiplyWide(k, a.significand, b.significand);
  k.if(i32.eqz(i64.ltS(hi, 0n)), () => {
    k.set(hi, i64.or(i64.shl(hi, 1n), i64.shrU(lo, 63n)));
    k.set(lo, i64.shl(lo, 1n));
    k.set(exponent, i32.sub(exponent, 1));
  });
  return { sign, exponent, hi, lo };
}

export function emitDivide(k: FunctionBody, a: Finite, b: Finite): Unrounded {
  const sign = k.i32(i32.xor(a.sign, b.sign));
  const divisor = k.i64(b.significand);
  const hi = k.i64(a.significand);
  const lo = k.i64(c64(0n));
  const exponent = k.i32(i32.add(i32.sub(a.exponent, b.exponent), EXPONENT_BIAS - 1));
  k.if(i64.geU(hi, divisor), () => {
    k.set(lo, i64.shl(hi, 63n));
    k.set(hi, i64.shrU(hi, 1n));
    k.set(exponent, i32.add(exponent, 1));
  });
  const { quotient, remainder } = emitDivideWide(k, hi, lo, divisor);
  const rest = k.i64(remainder);
  k.set(hi, quotient);
  const aboveHalf = i64.gtU(rest, i64.sub(divisor, rest));
  const half = i64.eq(rest, i64.sub(divisor, rest));
  k.set(lo, select(aboveHalf, c64(INTEGER_BIT | 1n), select(half, c64(INTEGER_BIT), stickyOf(rest))));
  return { sign, exponent, hi, lo };
}

export function emitSquareRoot(k: FunctionBody, a: Finite): Unrounded {
  const sign = k.i32(a.sign);
  const power = k.i32(i32.sub(a.exponent, EXPONENT_BIAS));
  const odd = k.i32(i32.and(power, 1));
  const significand = k.i64(a.significand);
  const n: Wide = {
    hi: k.i64(select(odd, significand, i64.shrU(significand, 1n))),
    lo: k.i64(select(odd, c64(0n), i64.shl(significand, 63n))),
  };
  const { hi, lo } = emitSquareRootWide(k, n);
  const exponent = k.i32(i32.add(i32.shrS(power, 1), EXPONENT_BIAS));
  return { sign, exponent, hi, lo };
}
