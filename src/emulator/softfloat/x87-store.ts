// FST, FSTP, FIST, FISTP, FISTTP. A store to memory has three steps, since the write can fault and must then leave no
// trace: convert (flags wait in `pending`), ask whether an unmasked exception forbids the write, commit after it.

import { ALL_EXCEPTIONS, C1, IE, OE, PE, roundingOf, TRUNCATE, UE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import {
  emitNormalize,
  exponentOf,
  isInfinityOrNaN,
  isNaN80,
  isUnsupported,
  isZero,
  QUIET_BIT,
  signOf,
} from './extended.js';
import { EXPONENT_BIAS } from './finite.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { roundsUp } from './rounding.js';
import { emitShiftRightSticky, INTEGER_BIT } from './significand.js';
import { type LocalExtended, STACK_UNDERFLOW, type X87State } from './x87-state.js';

interface Target {
  readonly name: 'Double' | 'Single';
  readonly fractionBits: number;
  readonly exponentMax: number;
}

const TARGETS: readonly Target[] = [
  { name: 'Double', fractionBits: 52, exponentMax: 0x7ff },
  { name: 'Single', fractionBits: 23, exponentMax: 0xff },
];

/** Masked away, nothing is written to memory: the exceptions that come before or with the result, but not PE. */
const FORBIDS_WRITE = ALL_EXCEPTIONS & ~PE;

function setPending(k: FunctionBody, x87: X87State, flags: I32): void {
  k.store32(c32(x87.layout.pending), flags);
}

/** x87Store<Format>() -> bits of ST(0) in that format, right-aligned in an i64. */
function defineFloatStore(module: FunctionModule, x87: X87State, target: Target, round: FunctionHandle): void {
  const { fractionBits, exponentMax } = target;
  const shift = BigInt(63 - fractionBits);
  const exponentShift = BigInt(fractionBits);
  const signShift = exponentShift + BigInt(Math.log2(exponentMax + 1));
  const fractionMask = (1n << exponentShift) - 1n;
  const indefinite = (((BigInt(exponentMax) << 1n) | 1n) << (exponentShift - 1n)) | (1n << signShift);
  const rebias = EXPONENT_BIAS - (exponentMax >> 1);
  const pack = (sign: I32, exponent: I32, significand: I64): I64 =>
    i64.or(
      i64.or(i64.shl(i64.extendU(sign), signShift), i64.shl(i64.extendU(exponent), exponentShift)),
      i64.and(i64.shrU(significand, shift), fractionMask),
    );
  module.define(`x87Store${target.name}`, [], ['i64'], (k) => {
    const physical = k.i32(x87.top);
    k.if(x87.isEmpty(physical), () => {
      setPending(k, x87, c32(STACK_UNDERFLOW));
      k.return(c64(indefinite));
    });
    const a = x87.read(k, x87.addressOf(physical));
    const sign = k.i32(signOf(a));
    const exponent = k.i32(i32.sub(exponentOf(a), rebias));
    // In range and exact: nothing to round.
    const exact = i64.eqz(i64.and(a.significand, (1n << shift) - 1n));
    const inRange = i32.ltU(i32.sub(exponent, 1), exponentMax - 1);
    k.if(i32.and(i32.and(exact, inRange), i64.ltS(a.significand, 0n)), () => {
      setPending(k, x87, c32(0));
      k.return(pack(sign, exponent, a.significand));
    });
    k.if(isUnsupported(a), () => {
      setPending(k, x87, c32(IE));
      k.return(c64(indefinite));
    });
    k.if(isInfinityOrNaN(a), () => {
      const signals = i32.and(isNaN80(a), i64.eqz(i64.and(a.significand, QUIET_BIT)));
      setPending(k, x87, signals);
      const quiet = select(isNaN80(a), c64(QUIET_BIT), c64(0n));
      k.return(pack(sign, c32(exponentMax), i64.or(a.significand, quiet)));
    });
    setPending(k, x87, c32(0));
    k.if(isZero(a), () => k.return(pack(sign, c32(0), c64(0n))));
    const exponent80 = k.i32(exponentOf(a));
    emitNormalize(k, a.significand, exponent80);
    const [e, significand, flags] = [k.i32(), k.i64(), k.i32()];
    k.call([e, significand, flags], round, sign, exponent80, a.significand, c64(0n), x87.control);
    setPending(k, x87, flags);
    const stored = select(i64.ltS(significand, 0n), i32.sub(e, rebias), c32(0));
    k.return(pack(sign, stored, significand));
  });
}

export interface IntegerRounding {
  /** The magnitude; without meaning when `overflow`. */
  readonly magnitude: Local<'i64'>;
  /** PE and C1. */
  readonly flags: Local<'i32'>;
  /** The magnitude does not fit 64 bits. */
  readonly overflow: Local<'i32'>;
}

/** Rounds a finite operand to an integer in direction `rc`. */
export function emitRoundToInteger(k: FunctionBody, a: LocalExtended, rc: I32): IntegerRounding {
  const magnitude = k.i64(a.significand);
  const flags = k.i32(c32(0));
  const exponent = select(exponentOf(a), exponentOf(a), c32(1));
  const shift = k.i32(i32.sub(EXPONENT_BIAS + 63, exponent));
  const overflow = k.i32(i32.and(i32.ltS(shift, 0), i64.ne(a.significand, 0n)));
  k.if(i32.gtS(shift, 0), () => {
    const { hi, lo } = emitShiftRightSticky(k, a.significand, shift);
    const up = k.i32(roundsUp(rc, signOf(a), i32.and(i32.wrap(hi), 1), lo));
    k.set(magnitude, i64.add(hi, i64.extendU(up)));
    const raised = i32.or(c32(PE), i32.mul(up, C1));
    k.set(flags, select(i64.eqz(lo), c32(0), raised));
  });
  return { magnitude, flags, overflow };
}

/** x87StoreInteger(bits, truncate) -> ST(0) as a signed integer of 16, 32 or 64 bits. */
function defineIntegerStore(module: FunctionModule, x87: X87State): void {
  module.define('x87StoreInteger', ['i32', 'i32'], ['i64'], (k, bits, truncate) => {
    const limit = k.i64(i64.shl(1n, i64.extendU(i32.sub(bits, 1))));
    const physical = k.i32(x87.top);
    k.if(x87.isEmpty(physical), () => {
      setPending(k, x87, c32(STACK_UNDERFLOW));
      k.return(limit);
    });
    const a = x87.read(k, x87.addressOf(physical));
    const rc = k.i32(select(truncate, c32(TRUNCATE), roundingOf(x87.control)));
    const { magnitude, flags, overflow } = emitRoundToInteger(k, a, rc);
    const sign = k.i32(signOf(a));
    const tooBig = i64.gtU(magnitude, i64.sub(i64.add(limit, i64.extendU(sign)), 1n));
    k.if(i32.or(i32.or(isUnsupported(a), isInfinityOrNaN(a)), i32.or(overflow, tooBig)), () => {
      setPending(k, x87, c32(IE));
      k.return(limit);
    });
    setPending(k, x87, flags);
    k.return(select(sign, i64.sub(0n, magnitude), magnitude));
  });
}

/**
 * Defines x87StoreDouble, x87StoreSingle, x87StoreInteger; x87StoreEmpty() for FSTP m80, 1 when ST(0) is empty and
 * the default NaN is to be written; x87MayStore() -> 1 when the memory write is to be done; x87CommitStore(pops);
 * x87StoreRegister(i, pop).
 */
export function defineX87Stores(
  module: FunctionModule,
  x87: X87State,
  rounds: { readonly roundDouble: FunctionHandle; readonly roundSingle: FunctionHandle },
): void {
  for (const target of TARGETS) defineFloatStore(module, x87, target, rounds[`round${target.name}`]);
  defineIntegerStore(module, x87);
  const pending = () => i32.load(c32(0), x87.layout.pending);
  const forbidden = () => i32.and(i32.and(pending(), FORBIDS_WRITE), i32.xor(x87.control, -1));
  module.define('x87StoreExtendedStart', [], ['i32'], (k) => {
    const empty = k.i32(x87.isEmpty(x87.top));
    setPending(k, x87, i32.mul(empty, STACK_UNDERFLOW));
    k.return(empty);
  });
  module.define('x87MayStore', [], ['i32'], (k) => k.return(i32.eqz(forbidden())));
  module.define('x87CommitStore', ['i32'], [], (k, pops) => {
    const flags = k.i32(pending());
    // What an unmasked exception kept from being rounded is not inexact.
    const unwritten = k.i32(i32.ne(forbidden(), 0));
    k.if(unwritten, () => k.set(flags, i32.and(flags, IE | OE | UE | STACK_UNDERFLOW)));
    k.if(i32.or(flags, i32.and(x87.status, C1)), () => k.call([], x87.raise, flags));
    x87.emitPopIf(k, i32.and(pops, i32.eqz(unwritten)));
    k.return();
  });
  module.define('x87StoreRegister', ['i32', 'i32'], [], (k, i, pop) => {
    const [from, to] = [k.i32(x87.top), k.i32(x87.physical(i))];
    const value = x87.read(k, x87.addressOf(from));
    const flags = k.i32(i32.mul(x87.isEmpty(from), STACK_UNDERFLOW));
    k.if(flags, () => {
      k.set(value.significand, c64(INTEGER_BIT | QUIET_BIT));
      k.set(value.signExponent, c32(0xffff));
    });
    const written = k.i32();
    k.call([written], x87.finish, x87.addressOf(to), value.significand, value.signExponent, flags);
    k.if(written, () => {
      x87.emitMarkFull(k, to);
      x87.emitPopIf(k, pop);
    });
    k.return();
  });
}
