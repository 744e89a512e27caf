// Rounds an exact (or sticky) result to one of the three formats, with the flags that belong to it: the one place
// where precision, range, rounding direction, gradual underflow and overflow are known.
// Tininess is detected after rounding, as on every x86 processor (SDM volume 1, 4.9.1.5).

import { C1, FLUSH_TO_ZERO, isMasked, OE, PE, PRECISION_SHIFT, roundingOf, UE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { emitShiftRightSticky, INTEGER_BIT, stickyOf } from './significand.js';

/** The range of a format in exponents biased by EXPONENT_BIAS, and its precision (0: as the control word says). */
export interface RoundingFormat {
  readonly name: 'Extended' | 'Double' | 'Single';
  readonly precision: 0 | 53 | 24;
  readonly minExponent: number;
  readonly maxExponent: number;
}

export const EXTENDED: RoundingFormat = { name: 'Extended', precision: 0, minExponent: 1, maxExponent: 0x7ffe };
export const DOUBLE: RoundingFormat = { name: 'Double', precision: 53, minExponent: 0x3c01, maxExponent: 0x43fe };
export const SINGLE: RoundingFormat = { name: 'Single', precision: 24, minExponent: 0x3f81, maxExponent: 0x407e };

/** What an unmasked overflow or underflow adds to a register result's exponent (SDM volume 1, 8.5.4, 8.5.5). */
const WRAP = 0x6000;
const HALF = INTEGER_BIT;

/** Bits dropped below a format's last place: 0 for 64, 11 for 53, 40 for 24 bits of precision. */
function droppedBits(format: RoundingFormat, control: I32): I32 {
  if (format.precision !== 0) return c32(64 - format.precision);
  const precision = i32.and(i32.shrU(control, PRECISION_SHIFT), 3);
  return select(i32.eqz(precision), c32(40), select(i32.eq(precision, 2), c32(11), c32(0)));
}

/** Whether a magnitude goes up by one unit: `odd` its last kept bit, `rest` what is dropped, top-aligned. */
export function roundsUp(rounding: I32, sign: I32, odd: I32, rest: I64): I32 {
  const nearest = i32.or(i64.gtU(rest, HALF), i32.and(i64.eq(rest, HALF), odd));
  // Direction 1 rounds negative numbers away from zero, 2 positive ones, 3 none.
  const directed = i32.and(i64.ne(rest, 0n), i32.eq(rounding, i32.sub(2, sign)));
  return select(rounding, directed, nearest);
}

interface Rounded {
  readonly significand: Local<'i64'>;
  readonly carry: Local<'i32'>;
  readonly up: Local<'i32'>;
  readonly rest: Local<'i64'>;
}

function emitRoundPlace(k: FunctionBody, hi: I64, lo: I64, dropped: Local<'i32'>, rc: I32, sign: I32): Rounded {
  const shift = k.i64(i64.extendU(dropped));
  const rest = k.i64(select(dropped, i64.or(i64.shl(hi, i64.sub(64n, shift)), stickyOf(lo)), lo));
  const units = k.i64(i64.shrU(hi, shift));
  const up = k.i32(roundsUp(rc, sign, i32.and(i32.wrap(units), 1), rest));
  const kept = k.i64(i64.shl(units, shift));
  const significand = k.i64(i64.add(kept, i64.shl(i64.extendU(up), shift)));
  return { significand, carry: k.i32(i64.ltU(significand, kept)), up, rest };
}

/**
 * Defines round<Format>(sign, exponent, hi, lo, control) -> (exponent, significand, flags).
 * `hi` has bit 63 set. The result's significand is top-aligned; without bit 63 it is a denormal of minExponent; an
 * infinity has exponent maxExponent + 1. Flags hold PE, OE, UE and C1. After an unmasked overflow or underflow the
 * extended result is the wrapped one, and that of the other formats has no meaning.
 */
export function defineRounding(module: FunctionModule, format: RoundingFormat): FunctionHandle {
  const params = ['i32', 'i32', 'i64', 'i64', 'i32'] as const;
  const results = ['i32', 'i64', 'i32'] as const;
  return module.define(`round${format.name}`, params, results, (k, sign, exponent, hi, lo, control) => {
    const dropped = k.i32(droppedBits(format, control));
    const rc = k.i32(roundingOf(control));
    const flags = k.i32(c32(0));
    const tiny = k.i32(c32(0));
    const wraps = format.precision === 0;
    k.if(i32.ltS(exponent, format.minExponent), () => {
      const unbounded = emitRoundPlace(k, hi, lo, dropped, rc, sign);
      k.set(tiny, i32.eqz(i32.and(i32.eq(exponent, format.minExponent - 1), unbounded.carry)));
      k.if(
        i32.and(tiny, i32.eqz(isMasked(control, UE))),
        () => {
          k.set(flags, c32(UE));
          if (wraps) k.set(exponent, i32.add(exponent, WRAP));
          else k.return(exponent, c64(0n), i32.or(c32(UE), select(i64.eqz(unbounded.rest), c32(0), c32(PE))));
        },
        () => {
          k.if(i32.and(tiny, i32.ne(i32.and(control, FLUSH_TO_ZERO), 0)), () => {
            k.return(c32(format.minExponent), c64(0n), c32(UE | PE));
          });
          const shifted = emitShiftRightSticky(k, hi, i32.sub(format.minExponent, exponent));
          k.set(lo, i64.or(shifted.lo, stickyOf(lo)));
          k.set(hi, shifted.hi);
          k.set(exponent, c32(format.minExponent));
        },
      );
    });
    const { significand, carry, up, rest } = emitRoundPlace(k, hi, lo, dropped, rc, sign);
    k.if(carry, () => {
      k.set(significand, c64(INTEGER_BIT));
      k.set(exponent, i32.add(exponent, 1));
    });
    k.if(i64.ne(rest, 0n), () => {
      k.set(flags, i32.or(flags, i32.or(c32(PE), select(tiny, c32(UE), c32(0)))));
      k.set(flags, i32.or(flags, select(up, c32(C1), c32(0))));
    });
    k.if(i32.gtS(exponent, format.maxExponent), () => {
      k.set(flags, i32.or(flags, OE));
      if (wraps) {
        k.if(i32.eqz(isMasked(control, OE)), () => {
          k.return(i32.sub(exponent, WRAP), significand, flags);
        });
      } else {
        k.if(i32.eqz(isMasked(control, OE)), () => k.return(exponent, significand, flags));
      }
      const toInfinity = i32.or(i32.eqz(rc), i32.eq(rc, i32.sub(2, sign)));
      k.if(
        toInfinity,
        () => k.return(c32(format.maxExponent + 1), c64(INTEGER_BIT), i32.or(flags, PE | C1)),
        () => {
          const largest = i64.shl(-1n, i64.extendU(dropped));
          k.return(c32(format.maxExponent), largest, i32.or(i32.and(flags, ~C1), PE));
        },
      );
    });
    k.return(exponent, significand, flags);
  });
}
