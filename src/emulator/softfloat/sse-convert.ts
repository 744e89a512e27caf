// Comparisons and conversions of single and double precision with SSE's rules: COMI, UCOMI, CMPcc, CVT*, ROUND*.

import { DE, IE, PE, roundingOf, TRUNCATE } from './control.js';
import { c32, c64, type I32, i32, i64, select } from './expression.js';
import { EXPONENT_BIAS } from './finite.js';
import type { FunctionBody } from './function-body.js';
import { emitRaise, emitReturnNaN, emitReturnRounded, type InterchangeFormat } from './interchange.js';
import { roundsUp } from './rounding.js';
import { emitShiftRightSticky } from './significand.js';
import { emitDenormalOperand, emitLess, raisedOf, SSE_FORMATS, type SseBasis, sseControl } from './sse-arithmetic.js';

const [DOUBLE, SINGLE] = SSE_FORMATS;

/** Relations as CMPcc numbers them, one bit each so that a predicate is a set. */
const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
const UNORDERED = 8;

/** sseCompare<Format>(a, b, quiet) -> the relation that holds. */
function defineCompare({ module, layout }: SseBasis, format: InterchangeFormat): void {
  const raised = raisedOf(layout);
  module.define(`sseCompare${format.name}`, ['i64', 'i64', 'i32'], ['i32'], (k, a, b, quiet) => {
    const control = sseControl(k, layout);
    for (const operand of [a, b]) format.emitDenormalsAreZero(k, operand, control);
    k.if(i32.or(format.isNaN(a), format.isNaN(b)), () => {
      const signals = i32.or(format.isSignalling(a), format.isSignalling(b));
      k.if(i32.or(signals, i32.eqz(quiet)), () => emitRaise(k, raised, c32(IE)));
      k.return(c32(UNORDERED));
    });
    k.if(i32.or(format.isDenormal(a), format.isDenormal(b)), () => emitRaise(k, raised, c32(DE)));
    const equal = i32.or(i64.eq(a, b), i32.and(format.isZero(a), format.isZero(b)));
    k.if(equal, () => k.return(c32(EQUAL)));
    k.return(select(emitLess(k, format, a, b), c32(LESS), c32(GREATER)));
  });
}

/** sseConvert<From>To<To>(bits) -> bits: between the two precisions. */
function definePrecisionChange(basis: SseBasis, from: InterchangeFormat, to: InterchangeFormat): void {
  const { module, layout } = basis;
  const raised = raisedOf(layout);
  const shift = from === DOUBLE ? 29n : -29n;
  module.define(`sseConvert${from.name}To${to.name}`, ['i64'], ['i64'], (k, a) => {
    const control = sseControl(k, layout);
    const sign = k.i32(from.sign(a));
    from.emitDenormalsAreZero(k, a, control);
    k.if(from.isNaN(a), () => {
      k.if(from.isSignalling(a), () => emitRaise(k, raised, c32(IE)));
      const payload = from === DOUBLE ? i64.shrU(a, shift) : i64.shl(a, -shift);
      const kept = i64.and(payload, to.quietBit - 1n);
      k.return(i64.or(i64.or(to.signed(sign, to.infinity), kept), to.quietBit));
    });
    k.if(from.isInfinite(a), () => k.return(to.signed(sign, to.infinity)));
    k.if(from.isZero(a), () => k.return(to.signed(sign, 0n)));
    emitDenormalOperand(k, from.isDenormal(a), raised, control, 0n);
    const f = from.emitUnpack(k, a, sign);
    const u = { sign: f.sign, exponent: f.exponent, hi: f.significand, lo: c64(0n) };
    emitReturnRounded(k, to, basis[`round${to.name}`], raised, u, control);
  });
}

/** sseIntegerTo<Format>(value) -> bits, from a signed 64-bit integer. */
function defineFromInteger(basis: SseBasis, format: InterchangeFormat): void {
  const { module, layout } = basis;
  module.define(`sseIntegerTo${format.name}`, ['i64'], ['i64'], (k, value) => {
    k.if(i64.eqz(value), () => k.return(c64(0n)));
    const sign = k.i32(i64.ltS(value, 0n));
    const magnitude = k.i64(select(sign, i64.sub(0n, value), value));
    const zeros = k.i64(i64.clz(magnitude));
    const exponent = k.i32(i32.sub(EXPONENT_BIAS + 63, i32.wrap(zeros)));
    const u = { sign, exponent, hi: i64.shl(magnitude, zeros), lo: c64(0n) };
    emitReturnRounded(k, format, basis[`round${format.name}`], raisedOf(layout), u, sseControl(k, layout));
  });
}

/** sse<Format>ToInteger(bits, width, truncate) -> a signed integer of 32 or 64 bits, or the indefinite one. */
function defineToInteger({ module, layout }: SseBasis, format: InterchangeFormat): void {
  const raised = raisedOf(layout);
  module.define(`sse${format.name}ToInteger`, ['i64', 'i32', 'i32'], ['i64'], (k, a, width, truncate) => {
    const control = sseControl(k, layout);
    const limit = k.i64(i64.shl(1n, i64.extendU(i32.sub(width, 1))));
    const sign = k.i32(format.sign(a));
    format.emitDenormalsAreZero(k, a, control);
    k.if(format.isZero(a), () => k.return(c64(0n)));
    const f = format.emitUnpack(k, a, sign);
    const shift = k.i32(i32.sub(EXPONENT_BIAS + 63, f.exponent));
    const tooBig = i32.or(i64.geU(format.magnitude(a), format.infinity), i32.ltS(shift, 0));
    k.if(tooBig, () => {
      emitRaise(k, raised, c32(IE));
      k.return(limit);
    });
    const rc = k.i32(select(truncate, c32(TRUNCATE), roundingOf(control)));
    const { hi, lo } = emitShiftRightSticky(k, f.significand, shift);
    const up = roundsUp(rc, sign, i32.and(i32.wrap(hi), 1), lo);
    k.set(hi, i64.add(hi, i64.extendU(up)));
    k.if(i64.gtU(hi, i64.sub(i64.add(limit, i64.extendU(sign)), 1n)), () => {
      emitRaise(k, raised, c32(IE));
      k.return(limit);
    });
    k.if(i64.ne(lo, 0n), () => emitRaise(k, raised, c32(PE)));
    k.return(select(sign, i64.sub(0n, hi), hi));
  });
}

/** sseRound<Format>(bits, immediate) -> ROUNDSD's result: bits 0-1 direction, 2 use MXCSR's, 3 no PE. */
function defineRound({ module, layout }: SseBasis, format: InterchangeFormat): void {
  const raised = raisedOf(layout);
  module.define(`sseRound${format.name}`, ['i64', 'i32'], ['i64'], (k, a, immediate) => {
    const control = sseControl(k, layout);
    format.emitDenormalsAreZero(k, a, control);
    emitReturnNaN(k, format, raised, a, a);
    k.if(i32.or(format.isInfinite(a), format.isZero(a)), () => k.return(a));
    const sign = k.i32(format.sign(a));
    const f = format.emitUnpack(k, a, sign);
    const shift = k.i32(i32.sub(EXPONENT_BIAS + 63, f.exponent));
    k.if(i32.ltS(shift, 1), () => k.return(a));
    const rc = k.i32(select(i32.and(immediate, 4), roundingOf(control), i32.and(immediate, 3)));
    const { hi, lo } = emitShiftRightSticky(k, f.significand, shift);
    const up = roundsUp(rc, sign, i32.and(i32.wrap(hi), 1), lo);
    k.set(hi, i64.add(hi, i64.extendU(up)));
    k.if(i32.and(i64.ne(lo, 0n), i32.eqz(i32.and(immediate, 8))), () => emitRaise(k, raised, c32(PE)));
    k.if(i64.eqz(hi), () => k.return(format.signed(sign, 0n)));
    k.return(emitPackInteger(k, format, sign, hi));
  });
}

function emitPackInteger(k: FunctionBody, format: InterchangeFormat, sign: I32, magnitude: ReturnType<typeof k.i64>) {
  const zeros = k.i64(i64.clz(magnitude));
  const exponent = i32.sub(EXPONENT_BIAS + 63, i32.wrap(zeros));
  return format.pack(sign, exponent, k.i64(i64.shl(magnitude, zeros)));
}

/** Defines the comparisons and conversions named above for both formats. */
export function defineSseConversions(basis: SseBasis): void {
  for (const format of SSE_FORMATS) {
    defineCompare(basis, format);
    defineFromInteger(basis, format);
    defineToInteger(basis, format);
    defineRound(basis, format);
  }
  definePrecisionChange(basis, DOUBLE, SINGLE);
  definePrecisionChange(basis, SINGLE, DOUBLE);
}
