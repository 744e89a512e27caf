// Single and double precision operands of SSE instructions: taking bit patterns apart and putting results together.
// Bits travel in i64, singles in the low half.

import { DENORMALS_ARE_ZERO, IE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import { EXPONENT_BIAS, type Finite } from './finite.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import { DOUBLE as DOUBLE_ROUNDING, type RoundingFormat, SINGLE as SINGLE_ROUNDING } from './rounding.js';

export interface Interchange {
  readonly name: 'Double' | 'Single';
  readonly fractionBits: number;
  /** The all-ones exponent field. */
  readonly exponentMax: number;
  readonly rounding: RoundingFormat;
}

export const DOUBLE: Interchange = {
  name: 'Double',
  fractionBits: 52,
  exponentMax: 0x7ff,
  rounding: DOUBLE_ROUNDING,
};
export const SINGLE: Interchange = { name: 'Single', fractionBits: 23, exponentMax: 0xff, rounding: SINGLE_ROUNDING };

/** Constants and predicates of a format. */
export class InterchangeFormat {
  readonly name: 'Double' | 'Single';
  readonly rounding: RoundingFormat;
  /** Bits in all. */
  readonly width: number;
  readonly signMask: bigint;
  readonly infinity: bigint;
  readonly quietBit: bigint;
  /** What masked invalid operations yield: negative, quiet, nothing else. */
  readonly defaultNaN: bigint;
  readonly #fractionBits: bigint;
  readonly #exponentMax: number;

  constructor({ name, fractionBits, exponentMax, rounding }: Interchange) {
    this.name = name;
    this.rounding = rounding;
    this.#fractionBits = BigInt(fractionBits);
    this.#exponentMax = exponentMax;
    this.infinity = BigInt(exponentMax) << this.#fractionBits;
    this.signMask = this.infinity + (1n << this.#fractionBits);
    this.width = name === 'Double' ? 64 : 32;
    this.quietBit = 1n << (this.#fractionBits - 1n);
    this.defaultNaN = this.signMask | this.infinity | this.quietBit;
  }

  /** The bits without the sign. */
  magnitude(bits: I64): I64 {
    return i64.and(bits, this.signMask - 1n);
  }

  sign(bits: I64): I32 {
    return i32.wrap(i64.and(i64.shrU(bits, BigInt(this.width - 1)), 1n));
  }

  isNaN(bits: I64): I32 {
    return i64.gtU(this.magnitude(bits), this.infinity);
  }

  isSignalling(bits: I64): I32 {
    return i32.and(this.isNaN(bits), i64.eqz(i64.and(bits, this.quietBit)));
  }

  isInfinite(bits: I64): I32 {
    return i64.eq(this.magnitude(bits), this.infinity);
  }

  isZero(bits: I64): I32 {
    return i64.eqz(this.magnitude(bits));
  }

  /** Nonzero below the smallest normal number. */
  isDenormal(bits: I64): I32 {
    return i64.ltU(i64.sub(this.magnitude(bits), 1n), (1n << this.#fractionBits) - 1n);
  }

  /** Denormals become zeros of their sign when MXCSR.DAZ is set. */
  emitDenormalsAreZero(k: FunctionBody, bits: Local<'i64'>, control: I32): void {
    k.if(i32.and(this.isDenormal(bits), i32.ne(i32.and(control, DENORMALS_ARE_ZERO), 0)), () => {
      k.set(bits, i64.and(bits, this.signMask));
    });
  }

  /** A finite nonzero number with bit 63 of its significand set. */
  emitUnpack(k: FunctionBody, bits: I64, sign: I32 = this.sign(bits)): Finite {
    const shift = 63n - this.#fractionBits;
    const field = k.i32(i32.wrap(i64.shrU(this.magnitude(bits), this.#fractionBits)));
    const hidden = i64.shl(i64.extendU(i32.ne(field, 0)), 63n);
    const fraction = i64.and(i64.shl(bits, shift), (1n << 63n) - 1n);
    const significand = k.i64(i64.or(hidden, fraction));
    const exponent = k.i32(i32.add(select(field, field, c32(1)), EXPONENT_BIAS - (this.#exponentMax >> 1)));
    const zeros = k.i64(i64.clz(significand));
    k.set(significand, i64.shl(significand, zeros));
    k.set(exponent, i32.sub(exponent, i32.wrap(zeros)));
    return { sign, exponent, significand };
  }

  /** Puts a rounded number together; without bit 63 it is a denormal or zero. */
  pack(sign: I32, exponent: I32, significand: I64): I64 {
    const rebased = i32.sub(exponent, EXPONENT_BIAS - (this.#exponentMax >> 1));
    const field = select(i64.ltS(significand, 0n), rebased, c32(0));
    const fraction = i64.and(i64.shrU(significand, 63n - this.#fractionBits), (1n << this.#fractionBits) - 1n);
    const signBit = i64.shl(i64.extendU(sign), BigInt(this.width - 1));
    return i64.or(i64.or(signBit, i64.shl(i64.extendU(field), this.#fractionBits)), fraction);
  }

  signed(sign: I32, magnitude: bigint): I64 {
    return i64.or(i64.shl(i64.extendU(sign), BigInt(this.width - 1)), magnitude);
  }
}

/** How routines note exceptions: or-ed into a memory word until the instruction commits them. */
export interface Raised {
  readonly address: number;
}

export function emitRaise(k: FunctionBody, raised: Raised, flags: I32): void {
  k.store32(c32(0), i32.or(i32.load(c32(0), raised.address), flags), raised.address);
}

/** Returns `a` made quiet when it is a NaN, else `b` made quiet; IE for signalling ones (SDM volume 1, table 4-7). */
export function emitReturnNaN(k: FunctionBody, format: InterchangeFormat, raised: Raised, a: I64, b: I64): void {
  k.if(i32.or(format.isNaN(a), format.isNaN(b)), () => {
    k.if(i32.or(format.isSignalling(a), format.isSignalling(b)), () => emitRaise(k, raised, c32(IE)));
    k.return(i64.or(select(format.isNaN(a), a, b), format.quietBit));
  });
}

export function emitReturnInvalid(k: FunctionBody, format: InterchangeFormat, raised: Raised): void {
  emitRaise(k, raised, c32(IE));
  k.return(c64(format.defaultNaN));
}

/** Rounds, notes the flags and returns the packed result. */
export function emitReturnRounded(
  k: FunctionBody,
  format: InterchangeFormat,
  round: FunctionHandle,
  raised: Raised,
  u: { sign: I32; exponent: I32; hi: I64; lo: I64 },
  control: I32,
): void {
  const sign = k.i32(u.sign);
  const [exponent, significand, flags] = [k.i32(), k.i64(), k.i32()];
  k.call([exponent, significand, flags], round, sign, u.exponent, u.hi, u.lo, control);
  emitRaise(k, raised, i32.and(flags, 0x3f));
  k.return(format.pack(sign, exponent, significand));
}
