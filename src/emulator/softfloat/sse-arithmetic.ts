// Complete single and double precision addition, subtraction, multiplication, division, square root, minimum and
// maximum with SSE's rules. The slow arm of the SSE instructions: they come here when WebAssembly's own operation
// cannot be trusted with NaNs, flags or rounding.

import { controlOfMxcsr, DE, DOWN, IE, roundingOf, ZE } from './control.js';
import { c32, c64, type I32, i32, i64, select } from './expression.js';
import { emitAdd, emitDivide, emitMultiply, emitSquareRoot, type Finite, type Unrounded } from './finite.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import {
  DOUBLE,
  emitRaise,
  emitReturnInvalid,
  emitReturnNaN,
  emitReturnRounded,
  InterchangeFormat,
  type Raised,
  SINGLE,
} from './interchange.js';

export interface SseLayout {
  readonly mxcsr: number;
  /** Flags raised by the running instruction, not yet in MXCSR. */
  readonly raised: number;
}

export interface SseBasis {
  readonly module: FunctionModule;
  readonly layout: SseLayout;
  readonly roundDouble: FunctionHandle;
  readonly roundSingle: FunctionHandle;
}

export const SSE_FORMATS = [new InterchangeFormat(DOUBLE), new InterchangeFormat(SINGLE)] as const;

export const raisedOf = (layout: SseLayout): Raised => ({ address: layout.raised });
export const sseControl = (k: FunctionBody, layout: SseLayout): Local<'i32'> =>
  k.i32(controlOfMxcsr(i32.load(c32(0), layout.mxcsr)));

interface Binary {
  readonly k: FunctionBody;
  readonly format: InterchangeFormat;
  readonly raised: Raised;
  readonly a: Local<'i64'>;
  readonly b: Local<'i64'>;
  readonly aSign: Local<'i32'>;
  readonly bSign: Local<'i32'>;
  readonly control: I32;
  readonly denormal: () => void;
}

interface Operation {
  readonly name: string;
  readonly negate?: boolean;
  readonly specials: (o: Binary) => void;
  readonly finite: (k: FunctionBody, a: Finite, b: Finite) => Unrounded;
}

const emitSumSpecials = ({ k, format, raised, a, b, aSign, bSign, control, denormal }: Binary): void => {
  const [aInf, bInf] = [format.isInfinite(a), format.isInfinite(b)];
  k.if(i32.and(i32.and(aInf, bInf), i32.xor(aSign, bSign)), () => emitReturnInvalid(k, format, raised));
  denormal();
  k.if(i32.or(aInf, bInf), () => k.return(format.signed(select(aInf, aSign, bSign), format.infinity)));
  k.if(format.isZero(b), () => {
    k.if(format.isZero(a), () => {
      const down = i32.eq(roundingOf(control), DOWN);
      k.return(format.signed(select(i32.eq(aSign, bSign), aSign, down), 0n));
    });
    // A denormal that stays alone can still be flushed; only normal ones pass as they are.
    k.if(i32.eqz(format.isDenormal(a)), () => k.return(a));
  });
  k.if(i32.and(format.isZero(a), i32.eqz(format.isDenormal(b))), () => {
    k.return(i64.or(format.magnitude(b), format.signed(bSign, 0n)));
  });
};

const OPERATIONS: readonly Operation[] = [
  { name: 'Add', finite: emitAdd, specials: emitSumSpecials },
  { name: 'Subtract', negate: true, finite: emitAdd, specials: emitSumSpecials },
  {
    name: 'Multiply',
    finite: emitMultiply,
    specials({ k, format, raised, a, b, aSign, bSign, denormal }) {
      const infinite = i32.or(format.isInfinite(a), format.isInfinite(b));
      const vanishing = i32.or(format.isZero(a), format.isZero(b));
      const sign = i32.xor(aSign, bSign);
      k.if(i32.and(infinite, vanishing), () => emitReturnInvalid(k, format, raised));
      denormal();
      k.if(infinite, () => k.return(format.signed(sign, format.infinity)));
      k.if(vanishing, () => k.return(format.signed(sign, 0n)));
    },
  },
  {
    name: 'Divide',
    finite: emitDivide,
    specials({ k, format, raised, a, b, aSign, bSign, denormal }) {
      const sign = i32.xor(aSign, bSign);
      const [aInf, bInf] = [format.isInfinite(a), format.isInfinite(b)];
      const [aZero, bZero] = [format.isZero(a), format.isZero(b)];
      k.if(i32.or(i32.and(aInf, bInf), i32.and(aZero, bZero)), () => emitReturnInvalid(k, format, raised));
      k.if(i32.and(bZero, i32.eqz(aInf)), () => {
        emitRaise(k, raised, c32(ZE));
        k.return(format.signed(sign, format.infinity));
      });
      denormal();
      k.if(aInf, () => k.return(format.signed(sign, format.infinity)));
      k.if(i32.or(bInf, aZero), () => k.return(format.signed(sign, 0n)));
    },
  },
];

/** Notes DE for denormal operands; unmasked, nothing more is computed. */
export function emitDenormalOperand(k: FunctionBody, any: I32, raised: Raised, control: I32, result: bigint): void {
  k.if(any, () => {
    emitRaise(k, raised, c32(DE));
    k.if(i32.eqz(i32.and(control, DE)), () => k.return(c64(result)));
  });
}

function defineBinary(basis: SseBasis, format: InterchangeFormat, operation: Operation): FunctionHandle {
  const { module, layout } = basis;
  const raised = raisedOf(layout);
  return module.define(`sse${operation.name}${format.name}`, ['i64', 'i64'], ['i64'], (k, a, b) => {
    const control = sseControl(k, layout);
    for (const operand of [a, b]) format.emitDenormalsAreZero(k, operand, control);
    emitReturnNaN(k, format, raised, a, b);
    const aSign = k.i32(format.sign(a));
    const bSign = k.i32(operation.negate ? i32.xor(format.sign(b), 1) : format.sign(b));
    const denormal = () =>
      emitDenormalOperand(k, i32.or(format.isDenormal(a), format.isDenormal(b)), raised, control, 0n);
    operation.specials({ k, format, raised, a, b, aSign, bSign, control, denormal });
    const u = emitCompute(k, format, operation, a, b, aSign, bSign);
    k.if(i64.eqz(u.hi), () => k.return(format.signed(i32.eq(roundingOf(control), DOWN), 0n)));
    emitReturnRounded(k, format, basis[`round${format.name}`], raised, u, control);
  });
}

/** A sum with one zero (and a denormal) is that denormal, exactly; everything else is computed. */
function emitCompute(
  k: FunctionBody,
  format: InterchangeFormat,
  operation: Operation,
  a: Local<'i64'>,
  b: Local<'i64'>,
  aSign: I32,
  bSign: I32,
): Unrounded {
  const [fa, fb] = [format.emitUnpack(k, a, aSign), format.emitUnpack(k, b, bSign)];
  if (operation.finite !== emitAdd) return operation.finite(k, fa, fb);
  const result = { sign: k.i32(), exponent: k.i32(), hi: k.i64(), lo: k.i64(c64(0n)) };
  const take = (f: { sign: I32; exponent: I32; significand?: never } | Finite | Unrounded) => {
    k.set(result.sign, f.sign);
    k.set(result.exponent, f.exponent);
    if ('significand' in f && f.significand) k.set(result.hi, f.significand);
    else if ('hi' in f) {
      k.set(result.hi, f.hi);
      k.set(result.lo, f.lo);
    }
  };
  k.if(
    format.isZero(a),
    () => take(fb),
    () =>
      k.if(
        format.isZero(b),
        () => take(fa),
        () => take(emitAdd(k, fa, fb)),
      ),
  );
  return result;
}

function defineSquareRoot(basis: SseBasis, format: InterchangeFormat): void {
  const { module, layout } = basis;
  const raised = raisedOf(layout);
  module.define(`sseSquareRoot${format.name}`, ['i64'], ['i64'], (k, a) => {
    const control = sseControl(k, layout);
    format.emitDenormalsAreZero(k, a, control);
    emitReturnNaN(k, format, raised, a, a);
    k.if(format.isZero(a), () => k.return(a));
    k.if(format.sign(a), () => emitReturnInvalid(k, format, raised));
    k.if(format.isInfinite(a), () => k.return(a));
    emitDenormalOperand(k, format.isDenormal(a), raised, control, 0n);
    const u = emitSquareRoot(k, format.emitUnpack(k, a, c32(0)));
    emitReturnRounded(k, format, basis[`round${format.name}`], raised, u, control);
  });
}

/** MIN and MAX answer the second operand when either is a NaN or both are zero (SDM volume 2, MINSD). */
function defineExtremum(basis: SseBasis, format: InterchangeFormat, name: 'Minimum' | 'Maximum'): void {
  const { module, layout } = basis;
  const raised = raisedOf(layout);
  module.define(`sse${name}${format.name}`, ['i64', 'i64'], ['i64'], (k, a, b) => {
    const control = sseControl(k, layout);
    for (const operand of [a, b]) format.emitDenormalsAreZero(k, operand, control);
    k.if(i32.or(format.isNaN(a), format.isNaN(b)), () => {
      emitRaise(k, raised, c32(IE));
      k.return(b);
    });
    k.if(i32.or(format.isDenormal(a), format.isDenormal(b)), () => emitRaise(k, raised, c32(DE)));
    k.if(i32.and(format.isZero(a), format.isZero(b)), () => k.return(b));
    const below = emitLess(k, format, a, b);
    k.return(select(name === 'Minimum' ? below : i32.and(i32.eqz(below), i64.ne(a, b)), a, b));
  });
}

/** a < b for ordered operands that are not both zero. */
export function emitLess(k: FunctionBody, format: InterchangeFormat, a: I64Local, b: I64Local): I32 {
  const [aSign, bSign] = [format.sign(a), format.sign(b)];
  const magnitudes = select(aSign, i64.gtU(a, b), i64.ltU(a, b));
  return k.i32(select(i32.xor(aSign, bSign), aSign, magnitudes));
}

type I64Local = Local<'i64'>;

/**
 * Defines sse<Op><Format>(a, b) -> bits for Add, Subtract, Multiply, Divide, Minimum, Maximum; sseSquareRoot<Format>;
 * and sseCommit() -> 1 when one of the flags raised since the last commit is unmasked.
 */
export function defineSseArithmetic(basis: SseBasis): void {
  for (const format of SSE_FORMATS) {
    for (const operation of OPERATIONS) defineBinary(basis, format, operation);
    defineSquareRoot(basis, format);
    for (const name of ['Minimum', 'Maximum'] as const) defineExtremum(basis, format, name);
  }
  const { module, layout } = basis;
  module.define('sseCommit', [], ['i32'], (k) => {
    const flags = k.i32(i32.load(c32(0), layout.raised));
    const mxcsr = k.i32(i32.load(c32(0), layout.mxcsr));
    const unmasked = k.i32(i32.and(flags, i32.xor(i32.shrU(mxcsr, 7), -1)));
    k.store32(c32(layout.raised), c32(0));
    // What is found before computing, in any lane, hides what rounding would have raised (SDM volume 1, 11.5.2).
    k.if(i32.and(unmasked, IE | DE | ZE), () => k.set(flags, i32.and(flags, IE | DE | ZE)));
    k.store32(c32(layout.mxcsr), i32.or(mxcsr, flags));
    k.return(i32.ne(unmasked, 0));
  });
}
