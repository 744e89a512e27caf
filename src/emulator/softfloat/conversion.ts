// Exact conversions into 80-bit form: double, single and integers, for loads and memory operands. They raise only the
// denormal flag; what a signalling NaN means depends on who asks.

import { DE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import { EXPONENT_BIAS } from './finite.js';
import type { FunctionBody, FunctionHandle } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { INTEGER_BIT } from './significand.js';
import type { LocalExtended } from './x87-state.js';

const RESULTS = ['i64', 'i32', 'i32'] as const;

interface Interchange {
  readonly fractionBits: number;
  readonly exponentMax: number;
}

const DOUBLE: Interchange = { fractionBits: 52, exponentMax: 0x7ff };
const SINGLE: Interchange = { fractionBits: 23, exponentMax: 0xff };

export interface Conversions {
  /** (bits) -> (significand, signExponent, flags) */
  readonly fromDouble: FunctionHandle;
  /** (bits, in the low half of an i64) -> (significand, signExponent, flags) */
  readonly fromSingle: FunctionHandle;
  /** (signed 64-bit integer) -> (significand, signExponent, 0) */
  readonly fromInteger: FunctionHandle;
}

/** The double's exponent field, when the number is normal; used to keep the common case in line. */
export const doubleIsNormal = (bits: I64): I32 =>
  i64.ltU(i64.sub(i64.and(i64.shrU(bits, 52n), 0x7ffn), 1n), c64(0x7fen));

/** A normal double as 80 bits, in place. */
export function emitNormalDouble(k: FunctionBody, bits: I64): LocalExtended {
  const significand = k.i64(i64.or(i64.shl(bits, 11n), INTEGER_BIT));
  const exponent = i32.add(i32.and(i32.wrap(i64.shrU(bits, 52n)), 0x7ff), EXPONENT_BIAS - 0x3ff);
  const sign = i32.and(i32.wrap(i64.shrU(bits, 48n)), 0x8000);
  return { significand, signExponent: k.i32(i32.or(exponent, sign)) };
}

function defineFrom(module: FunctionModule, name: string, format: Interchange): FunctionHandle {
  const shift = BigInt(63 - format.fractionBits);
  const exponentShift = BigInt(format.fractionBits);
  const signShift = exponentShift + BigInt(Math.log2(format.exponentMax + 1));
  return module.define(name, ['i64'], RESULTS, (k, bits) => {
    const sign = k.i32(i32.shl(i32.wrap(i64.and(i64.shrU(bits, signShift), 1n)), 15));
    const exponent = k.i32(i32.and(i32.wrap(i64.shrU(bits, exponentShift)), format.exponentMax));
    const fraction = k.i64(i64.and(i64.shl(bits, shift), ~INTEGER_BIT));
    k.if(i32.eqz(exponent), () => {
      k.if(i64.eqz(fraction), () => k.return(c64(0n), sign, c32(0)));
      const zeros = k.i64(i64.clz(fraction));
      const rebias = EXPONENT_BIAS - (format.exponentMax >> 1) + 1;
      k.return(i64.shl(fraction, zeros), i32.or(sign, i32.sub(rebias, i32.wrap(zeros))), c32(DE));
    });
    const rebased = i32.add(exponent, EXPONENT_BIAS - (format.exponentMax >> 1));
    const stored = select(i32.eq(exponent, format.exponentMax), c32(0x7fff), rebased);
    k.return(i64.or(fraction, INTEGER_BIT), i32.or(sign, stored), c32(0));
  });
}

export function defineConversions(module: FunctionModule): Conversions {
  return {
    fromDouble: defineFrom(module, 'extendedFromDouble', DOUBLE),
    fromSingle: defineFrom(module, 'extendedFromSingle', SINGLE),
    fromInteger: module.define('extendedFromInteger', ['i64'], RESULTS, (k, value) => {
      k.if(i64.eqz(value), () => k.return(c64(0n), c32(0), c32(0)));
      const negative = k.i32(i64.ltS(value, 0n));
      const magnitude = k.i64(select(negative, i64.sub(0n, value), value));
      const zeros = k.i64(i64.clz(magnitude));
      const exponent = i32.sub(EXPONENT_BIAS + 63, i32.wrap(zeros));
      k.return(i64.shl(magnitude, zeros), i32.or(i32.shl(negative, 15), exponent), c32(0));
    }),
  };
}
