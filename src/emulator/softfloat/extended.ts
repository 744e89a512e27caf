// The 80-bit operand: what class a bit pattern belongs to, NaN propagation by the x87's rule, and the default NaN.
// Facts: SDM volume 1, tables 4-7 (NaN rule), 8-3 (unsupported encodings).

import { IE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { INTEGER_BIT } from './significand.js';

export const EXPONENT_MASK = 0x7fff;
export const QUIET_BIT = 1n << 62n;
export const DEFAULT_NAN = { signExponent: 0xffff, significand: INTEGER_BIT | QUIET_BIT } as const;

export interface Extended {
  readonly significand: I64;
  readonly signExponent: I32;
}

export const exponentOf = (a: Extended): I32 => i32.and(a.signExponent, EXPONENT_MASK);
export const signOf = (a: Extended): I32 => i32.and(i32.shrU(a.signExponent, 15), 1);
/** Finite, nonzero, and with its integer bit: what the fast paths take. */
export const isNormal = (a: Extended): I32 =>
  i32.and(i32.ltU(i32.sub(exponentOf(a), 1), EXPONENT_MASK - 1), i64.ltS(a.significand, 0n));
/** An exponent without the integer bit: pseudo-infinity, pseudo-NaN, unnormal. */
export const isUnsupported = (a: Extended): I32 =>
  i32.and(i32.ne(exponentOf(a), 0), i32.eqz(i64.ltS(a.significand, 0n)));
export const isInfinityOrNaN = (a: Extended): I32 => i32.eq(exponentOf(a), EXPONENT_MASK);
export const isNaN80 = (a: Extended): I32 => i32.and(isInfinityOrNaN(a), i64.ne(i64.shl(a.significand, 1n), 0n));
export const isZero = (a: Extended): I32 => i64.eqz(a.significand);
/** Denormals and pseudo-denormals. */
export const isDenormal = (a: Extended): I32 => i32.and(i32.eqz(exponentOf(a)), i64.ne(a.significand, 0n));

/** Brings a finite nonzero operand to a set bit 63, in place. */
export function emitNormalize(k: FunctionBody, significand: Local<'i64'>, exponent: Local<'i32'>): void {
  k.if(i32.eqz(exponent), () => k.set(exponent, c32(1)));
  const shift = k.i64(i64.clz(significand));
  k.set(significand, i64.shl(significand, shift));
  k.set(exponent, i32.sub(exponent, i32.wrap(shift)));
}

export function emitReturnInvalid(k: FunctionBody, flags: I32): void {
  k.return(c64(DEFAULT_NAN.significand), c32(DEFAULT_NAN.signExponent), i32.or(flags, IE));
}

/**
 * Defines extendedNaN(aSig, aSe, bSig, bSe) -> (significand, signExponent, flags), for operands of which at least one
 * is a NaN or unsupported: the quiet NaN over the signalling one, else the larger significand, else the positive one.
 */
export function defineExtendedNaN(module: FunctionModule): FunctionHandle {
  return module.define(
    'extendedNaN',
    ['i64', 'i32', 'i64', 'i32'],
    ['i64', 'i32', 'i32'],
    (k, aSig, aSe, bSig, bSe) => {
      const a = { significand: aSig, signExponent: aSe };
      const b = { significand: bSig, signExponent: bSe };
      k.if(i32.or(isUnsupported(a), isUnsupported(b)), () => emitReturnInvalid(k, c32(0)));
      const [aNaN, bNaN] = [k.i32(isNaN80(a)), k.i32(isNaN80(b))];
      const aSignals = k.i32(i32.and(aNaN, i64.eqz(i64.and(aSig, QUIET_BIT))));
      const bSignals = k.i32(i32.and(bNaN, i64.eqz(i64.and(bSig, QUIET_BIT))));
      const flags = i32.or(aSignals, bSignals);
      const larger = i32.or(i64.gtU(aSig, bSig), i32.and(i64.eq(aSig, bSig), i32.ltU(aSe, bSe)));
      const ofBoth = select(i32.xor(aSignals, bSignals), bSignals, larger);
      const takeA = k.i32(select(i32.and(aNaN, bNaN), ofBoth, aNaN));
      k.return(i64.or(select(takeA, aSig, bSig), QUIET_BIT), select(takeA, aSe, bSe), flags);
    },
  );
}
