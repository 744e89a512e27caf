// FCOM, FUCOM, FICOM, FTST, their popping forms, and FCOMI/FUCOMI, which answer in EFLAGS.

import { C0, C1, C2, C3, DE, IE, SF } from './control.js';
import type { Conversions } from './conversion.js';
import { c32, c64, type I32, i32, i64, select } from './expression.js';
import { isDenormal, isNaN80, isUnsupported, isZero, QUIET_BIT, signOf } from './extended.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { type LocalExtended, STACK_UNDERFLOW, type X87State } from './x87-state.js';

const UNORDERED = C0 | C2 | C3;
const LESS = C0;
const EQUAL = C3;

/** extendedCompare(aSig, aSe, bSig, bSe, quiet) -> (condition codes, flags). */
function defineCompare(module: FunctionModule): FunctionHandle {
  const params = ['i64', 'i32', 'i64', 'i32', 'i32'] as const;
  return module.define('extendedCompare', params, ['i32', 'i32'], (k, aSig, aSe, bSig, bSe, quiet) => {
    const a = { significand: aSig, signExponent: aSe };
    const b = { significand: bSig, signExponent: bSe };
    k.if(i32.or(isUnsupported(a), isUnsupported(b)), () => k.return(c32(UNORDERED), c32(IE)));
    k.if(i32.or(isNaN80(a), isNaN80(b)), () => {
      const signals = (x: typeof a) => i32.and(isNaN80(x), i64.eqz(i64.and(x.significand, QUIET_BIT)));
      k.return(c32(UNORDERED), select(quiet, i32.or(signals(a), signals(b)), c32(IE)));
    });
    const flags = k.i32(i32.mul(i32.or(isDenormal(a), isDenormal(b)), DE));
    k.if(i32.and(isZero(a), isZero(b)), () => k.return(c32(EQUAL), flags));
    const [aSign, bSign] = [k.i32(signOf(a)), k.i32(signOf(b))];
    k.if(i32.ne(aSign, bSign), () => k.return(i32.mul(aSign, LESS), flags));
    const [ae, be] = [emitOrder(k, aSe, aSig), emitOrder(k, bSe, bSig)];
    k.if(i32.and(i32.eq(ae, be), i64.eq(aSig, bSig)), () => k.return(c32(EQUAL), flags));
    const smaller = i32.or(i32.ltU(ae, be), i32.and(i32.eq(ae, be), i64.ltU(aSig, bSig)));
    k.return(i32.mul(i32.xor(smaller, aSign), LESS), flags);
  });
}

/** The exponent to order magnitudes by: a pseudo-denormal has that of the smallest normal, and zero is least. */
function emitOrder(k: FunctionBody, signExponent: I32, significand: Local<'i64'>): Local<'i32'> {
  const exponent = k.i32(i32.and(signExponent, 0x7fff));
  k.if(i32.and(i32.eqz(exponent), i64.ne(significand, 0n)), () => k.set(exponent, c32(1)));
  return exponent;
}

function emitPops(k: FunctionBody, x87: X87State, pops: I32): void {
  const count = k.i32(pops);
  k.if(count, () => {
    x87.emitPop(k);
    k.if(i32.gtU(count, 1), () => x87.emitPop(k));
  });
}

interface Parts {
  readonly module: FunctionModule;
  readonly x87: X87State;
  readonly compare: FunctionHandle;
}

/** Stores the condition codes and flags and pops, unless an unmasked exception forbids the latter. */
function emitAnswer(k: FunctionBody, x87: X87State, codes: I32, flags: Local<'i32'>, pops: I32): void {
  const status = i32.and(x87.status, ~(C0 | C1 | C2 | C3));
  const prevented = k.i32(x87.preventsResult(flags));
  k.store32(c32(x87.layout.status), i32.or(status, codes));
  k.if(flags, () => k.call([], x87.raise, flags));
  k.if(i32.eqz(prevented), () => emitPops(k, x87, pops));
  k.return();
}

function emitEmptyTop(k: FunctionBody, x87: X87State, pops: I32): void {
  k.if(x87.isEmpty(x87.top), () => {
    emitAnswer(k, x87, c32(UNORDERED), k.i32(c32(STACK_UNDERFLOW)), pops);
  });
}

function defineMemoryCompare({ module, x87, compare }: Parts, conversions: Conversions): void {
  for (const form of ['Double', 'Single', 'Integer'] as const) {
    module.define(`x87Compare${form}`, ['i64', 'i32'], [], (k, bits, pops) => {
      emitEmptyTop(k, x87, pops);
      const a = x87.read(k, x87.addressOf(x87.top));
      const b = { significand: k.i64(), signExponent: k.i32() };
      const [source, codes, flags] = [k.i32(), k.i32(), k.i32()];
      k.call([b.significand, b.signExponent, source], conversions[`from${form}`], bits);
      emitCompareCall(k, compare, a, b, c32(0), codes, flags);
      // A denormal in memory counts only when nothing invalid came first.
      k.if(i32.eqz(i32.and(flags, IE)), () => {
        k.if(i32.ne(codes, UNORDERED), () => k.set(flags, i32.or(flags, source)));
      });
      emitAnswer(k, x87, codes, flags, pops);
    });
  }
  module.define('x87Test', [], [], (k) => {
    emitEmptyTop(k, x87, c32(0));
    const a = x87.read(k, x87.addressOf(x87.top));
    const [codes, flags] = [k.i32(), k.i32()];
    k.call([codes, flags], compare, a.significand, a.signExponent, c64(0n), c32(0), c32(0));
    emitAnswer(k, x87, codes, flags, c32(0));
  });
}

function emitCompareCall(
  k: FunctionBody,
  compare: FunctionHandle,
  a: LocalExtended,
  b: LocalExtended,
  quiet: I32,
  codes: Local<'i32'>,
  flags: Local<'i32'>,
): void {
  k.call([codes, flags], compare, a.significand, a.signExponent, b.significand, b.signExponent, quiet);
}

function defineRegisterCompare({ module, x87, compare }: Parts): void {
  const emitBoth = (k: FunctionBody, i: I32, quiet: I32) => {
    const [codes, flags] = [k.i32(c32(UNORDERED)), k.i32(c32(STACK_UNDERFLOW))];
    const [p0, pi] = [k.i32(x87.top), k.i32(x87.physical(i))];
    k.if(i32.eqz(i32.or(x87.isEmpty(p0), x87.isEmpty(pi))), () => {
      const a = x87.read(k, x87.addressOf(p0));
      const b = x87.read(k, x87.addressOf(pi));
      emitCompareCall(k, compare, a, b, quiet, codes, flags);
    });
    return { codes, flags };
  };
  module.define('x87Compare', ['i32', 'i32', 'i32'], [], (k, i, quiet, pops) => {
    const { codes, flags } = emitBoth(k, i, quiet);
    emitAnswer(k, x87, codes, flags, pops);
  });
  module.define('x87CompareFlags', ['i32', 'i32', 'i32'], ['i32'], (k, i, quiet, pops) => {
    const { codes, flags } = emitBoth(k, i, quiet);
    const prevented = k.i32(x87.preventsResult(flags));
    // C1 stays as it is, but for a stack fault.
    const kept = select(i32.and(flags, SF), c32(0), i32.and(x87.status, C1));
    k.if(flags, () => k.call([], x87.raise, i32.or(flags, kept)));
    k.if(i32.eqz(prevented), () => emitPops(k, x87, pops));
    // C0, C2, C3 sit 8 bits above CF, PF, ZF.
    k.return(i32.shrU(codes, 8));
  });
}

/**
 * Defines x87Compare(i, quiet, pops), x87CompareDouble/Single/Integer(bits, pops), x87Test(), and
 * x87CompareFlags(i, quiet, pops) -> CF, PF and ZF as in EFLAGS.
 */
export function defineX87Compares(module: FunctionModule, x87: X87State, conversions: Conversions): void {
  const parts = { module, x87, compare: defineCompare(module) };
  defineMemoryCompare(parts, conversions);
  defineRegisterCompare(parts);
}
