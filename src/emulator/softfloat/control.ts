// The control word and the exception flags that all floating-point routines share. The x87 control word has this form
// by itself; MXCSR is brought to it. Facts: SDM volume 1, 8.1.5 (x87 control word), 10.2.3 (MXCSR).

import { type I32, i32 } from './expression.js';

/** Exception flags, as in the x87 status word and MXCSR; also their mask bits in a control word. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
export const ALL_EXCEPTIONS = 0x3f;
/** x87 only: stack fault, summary and busy, and C1, which tells that the last rounding went up. */
export const SF = 0x40;
export const ES = 0x80;
export const BUSY = 0x8000;
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const C3 = 0x4000;

/** Fields of the control word; the last two come from MXCSR only. */
export const PRECISION_SHIFT = 8;
export const ROUNDING_SHIFT = 10;
export const FLUSH_TO_ZERO = 1 << 16;
export const DENORMALS_ARE_ZERO = 1 << 17;

/** Rounding control values; 0 is to nearest, 2 up. */
export const DOWN = 1;
export const TRUNCATE = 3;

/** MXCSR as a control word. */
export function controlOfMxcsr(mxcsr: I32): I32 {
  const masks = i32.and(i32.shrU(mxcsr, 7), ALL_EXCEPTIONS);
  const rounding = i32.and(i32.shrU(mxcsr, 13 - ROUNDING_SHIFT), 3 << ROUNDING_SHIFT);
  const flush = i32.and(i32.shl(mxcsr, 16 - 15), FLUSH_TO_ZERO);
  const zeros = i32.and(i32.shl(mxcsr, 17 - 6), DENORMALS_ARE_ZERO);
  return i32.or(i32.or(masks, rounding), i32.or(flush, zeros));
}

export const roundingOf = (control: I32): I32 => i32.and(i32.shrU(control, ROUNDING_SHIFT), 3);

/** Nonzero when the exception `flag` is masked in `control`. */
export const isMasked = (control: I32, flag: number): I32 => i32.and(control, flag);
