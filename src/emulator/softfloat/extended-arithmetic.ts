// Complete 80-bit addition, subtraction, multiplication, division and square root: every operand class, every rounding
// and precision control, every flag. Values in, value and flags out; stack, tags and status word belong to the x87
// routines. Priorities of exceptions: SDM volume 1, 4.9.2.

import { DE, DOWN, roundingOf, ZE } from './control.js';
import { c32, c64, type I32, i32, i64, select } from './expression.js';
import {
  EXPONENT_MASK,
  emitNormalize,
  emitReturnInvalid,
  exponentOf,
  isDenormal,
  isInfinityOrNaN,
  isNaN80,
  isUnsupported,
  isZero,
  signOf,
} from './extended.js';
import { emitAdd, emitDivide, emitMultiply, emitSquareRoot, type Finite, type Unrounded } from './finite.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { INTEGER_BIT } from './significand.js';

/** Routines that arithmetic builds on. */
export interface ExtendedBasis {
  readonly roundExtended: FunctionHandle;
  readonly extendedNaN: FunctionHandle;
}

interface Operand {
  readonly significand: Local<'i64'>;
  readonly signExponent: Local<'i32'>;
}

/** (aSig, aSe, bSig, bSe, flags so far, control, negate b) -> (significand, signExponent, flags). */
const BINARY_PARAMS = ['i64', 'i32', 'i64', 'i32', 'i32', 'i32', 'i32'] as const;
const RESULTS = ['i64', 'i32', 'i32'] as const;

export const packSignExponent = (sign: I32, exponent: I32): I32 => i32.or(i32.shl(sign, 15), exponent);

/** Rounds and returns; a result without integer bit is a denormal, whose stored exponent is 0. */
export function emitReturnRounded(
  k: FunctionBody,
  roundExtended: FunctionHandle,
  u: { sign: I32; exponent: I32; hi: Local<'i64'>; lo: Local<'i64'> },
  flags: I32,
  control: I32,
): void {
  const [exponent, significand, raised] = [k.i32(), k.i64(), k.i32()];
  k.call([exponent, significand, raised], roundExtended, u.sign, u.exponent, u.hi, u.lo, control);
  const stored = select(i64.ltS(significand, 0n), exponent, c32(0));
  k.return(significand, packSignExponent(u.sign, stored), i32.or(flags, raised));
}

/** Sets DE for a denormal operand and returns at once when that exception is unmasked. */
function emitDenormal(k: FunctionBody, operands: readonly Operand[], flags: Local<'i32'>, control: I32): void {
  const any = operands.map(isDenormal).reduce(i32.or);
  k.if(any, () => k.set(flags, i32.or(flags, DE)));
  k.if(i32.and(i32.and(flags, i32.xor(control, -1)), DE), () => k.return(c64(0n), c32(0), flags));
}

function emitFinite(k: FunctionBody, a: Operand, sign: I32): Finite & { exponent: Local<'i32'> } {
  const exponent = k.i32(exponentOf(a));
  const significand = k.i64(a.significand);
  emitNormalize(k, significand, exponent);
  return { sign, exponent, significand };
}

/** What an operation makes of infinities and zeros; each returns from the function when it applies. */
interface Operation {
  readonly name: string;
  readonly specials: (k: FunctionBody, s: Specials) => void;
  readonly finite: (k: FunctionBody, a: Finite, b: Finite) => Unrounded;
}

interface Specials {
  readonly a: Operand;
  readonly b: Operand;
  readonly aSign: I32;
  readonly bSign: I32;
  readonly flags: Local<'i32'>;
  readonly control: Local<'i32'>;
  readonly checkDenormal: () => void;
}

const infinity = (k: FunctionBody, sign: I32, flags: I32) =>
  k.return(c64(INTEGER_BIT), packSignExponent(sign, c32(EXPONENT_MASK)), flags);
const zero = (k: FunctionBody, sign: I32, flags: I32) => k.return(c64(0n), i32.shl(sign, 15), flags);

/** An exact zero sum of unlike signs is +0, but -0 when rounding down. */
const cancelledSign = (control: I32): I32 => i32.eq(roundingOf(control), DOWN);

const ADD: Operation = {
  name: 'extendedAdd',
  finite: emitAdd,
  specials(k, { a, b, aSign, bSign, flags, control, checkDenormal }) {
    k.if(i32.and(i32.and(isInfinityOrNaN(a), isInfinityOrNaN(b)), i32.xor(aSign, bSign)), () => {
      emitReturnInvalid(k, flags);
    });
    checkDenormal();
    k.if(isInfinityOrNaN(a), () => infinity(k, aSign, flags));
    k.if(isInfinityOrNaN(b), () => infinity(k, bSign, flags));
    k.if(i32.and(isZero(a), isZero(b)), () => {
      zero(k, select(i32.eq(aSign, bSign), aSign, cancelledSign(control)), flags);
    });
  },
};

const MULTIPLY: Operation = {
  name: 'extendedMultiply',
  finite: emitMultiply,
  specials(k, { a, b, aSign, bSign, flags, checkDenormal }) {
    const infinite = i32.or(isInfinityOrNaN(a), isInfinityOrNaN(b));
    const vanishing = i32.or(isZero(a), isZero(b));
    k.if(i32.and(infinite, vanishing), () => emitReturnInvalid(k, flags));
    checkDenormal();
    k.if(infinite, () => infinity(k, i32.xor(aSign, bSign), flags));
    k.if(vanishing, () => zero(k, i32.xor(aSign, bSign), flags));
  },
};

const DIVIDE: Operation = {
  name: 'extendedDivide',
  finite: emitDivide,
  specials(k, { a, b, aSign, bSign, flags, checkDenormal }) {
    const sign = i32.xor(aSign, bSign);
    const bothInfinite = i32.and(isInfinityOrNaN(a), isInfinityOrNaN(b));
    k.if(i32.or(bothInfinite, i32.and(isZero(a), isZero(b))), () => emitReturnInvalid(k, flags));
    k.if(i32.and(isZero(b), i32.eqz(isInfinityOrNaN(a))), () => infinity(k, sign, c32(ZE)));
    checkDenormal();
    k.if(isInfinityOrNaN(a), () => infinity(k, sign, flags));
    k.if(i32.or(isInfinityOrNaN(b), isZero(a)), () => zero(k, sign, flags));
  },
};

function defineBinary(module: FunctionModule, basis: ExtendedBasis, operation: Operation): FunctionHandle {
  return module.define(operation.name, BINARY_PARAMS, RESULTS, (k, aSig, aSe, bSig, bSe, flags, control, negate) => {
    const a = { significand: aSig, signExponent: aSe };
    const b = { significand: bSig, signExponent: bSe };
    const odd = [isUnsupported(a), isUnsupported(b), isNaN80(a), isNaN80(b)].reduce(i32.or);
    k.if(odd, () => {
      const [significand, signExponent, raised] = [k.i64(), k.i32(), k.i32()];
      k.call([significand, signExponent, raised], basis.extendedNaN, aSig, aSe, bSig, bSe);
      k.return(significand, signExponent, raised);
    });
    const aSign = k.i32(signOf(a));
    const bSign = k.i32(i32.xor(signOf(b), negate));
    const checkDenormal = () => emitDenormal(k, [a, b], flags, control);
    operation.specials(k, { a, b, aSign, bSign, flags, control, checkDenormal });
    const fa = emitFinite(k, a, aSign);
    const fb = emitFinite(k, b, bSign);
    if (operation === ADD) emitAddZero(k, basis, fa, fb, a, b, flags, control);
    const u = operation.finite(k, fa, fb);
    if (operation === ADD) k.if(i64.eqz(u.hi), () => zero(k, cancelledSign(control), flags));
    emitReturnRounded(k, basis.roundExtended, u, flags, control);
  });
}

/** x + 0 is x, but still rounded to the precision that the control word asks for. */
function emitAddZero(
  k: FunctionBody,
  basis: ExtendedBasis,
  fa: Finite,
  fb: Finite,
  a: Operand,
  b: Operand,
  flags: I32,
  control: I32,
): void {
  for (const [vanishing, other] of [
    [a, fb],
    [b, fa],
  ] as const) {
    k.if(isZero(vanishing), () => {
      const u = { sign: other.sign, exponent: other.exponent, hi: k.i64(other.significand), lo: k.i64(c64(0n)) };
      emitReturnRounded(k, basis.roundExtended, u, flags, control);
    });
  }
}

function defineSquareRoot(module: FunctionModule, basis: ExtendedBasis): FunctionHandle {
  const params = ['i64', 'i32', 'i32'] as const;
  return module.define('extendedSquareRoot', params, RESULTS, (k, significand, signExponent, control) => {
    const a = { significand, signExponent };
    const flags = k.i32(c32(0));
    k.if(i32.or(isUnsupported(a), isNaN80(a)), () => {
      const [sig, se, raised] = [k.i64(), k.i32(), k.i32()];
      k.call([sig, se, raised], basis.extendedNaN, significand, signExponent, significand, signExponent);
      k.return(sig, se, raised);
    });
    k.if(isZero(a), () => k.return(significand, signExponent, flags));
    k.if(signOf(a), () => emitReturnInvalid(k, flags));
    emitDenormal(k, [a], flags, control);
    k.if(isInfinityOrNaN(a), () => infinity(k, c32(0), flags));
    const u = emitSquareRoot(k, emitFinite(k, a, c32(0)));
    emitReturnRounded(k, basis.roundExtended, u, flags, control);
  });
}

export interface ExtendedArithmetic {
  readonly add: FunctionHandle;
  readonly multiply: FunctionHandle;
  readonly divide: FunctionHandle;
  readonly squareRoot: FunctionHandle;
}

export function defineExtendedArithmetic(module: FunctionModule, basis: ExtendedBasis): ExtendedArithmetic {
  return {
    add: defineBinary(module, basis, ADD),
    multiply: defineBinary(module, basis, MULTIPLY),
    divide: defineBinary(module, basis, DIVIDE),
    squareRoot: defineSquareRoot(module, basis),
  };
}
