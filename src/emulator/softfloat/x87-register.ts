// x87 instructions that move or look at registers without arithmetic: FXCH, FCHS, FABS, FCMOVcc, FFREE, FXAM, and
// FRNDINT, which only rounds.

import { C0, C1, C2, C3, DE, roundingOf } from './control.js';
import { c32, c64, i32, i64, select } from './expression.js';
import { DEFAULT_NAN, isDenormal, isInfinityOrNaN, isNaN80, isUnsupported, isZero, signOf } from './extended.js';
import { packSignExponent } from './extended-arithmetic.js';
import { EXPONENT_BIAS } from './finite.js';
import type { FunctionHandle } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { STACK_UNDERFLOW, type X87State } from './x87-state.js';
import { emitRoundToInteger } from './x87-store.js';

const NAN = [c64(DEFAULT_NAN.significand), c32(DEFAULT_NAN.signExponent)] as const;

function defineMoves(module: FunctionModule, x87: X87State): void {
  module.define('x87Exchange', ['i32'], [], (k, i) => {
    const [p0, pi] = [k.i32(x87.top), k.i32(x87.physical(i))];
    const flags = k.i32(i32.mul(i32.or(x87.isEmpty(p0), x87.isEmpty(pi)), STACK_UNDERFLOW));
    const values = [p0, pi].map((physical) => x87.read(k, x87.addressOf(physical)));
    [p0, pi].forEach((physical, n) => {
      const value = values[n]!;
      k.if(x87.isEmpty(physical), () => {
        k.set(value.significand, NAN[0]);
        k.set(value.signExponent, NAN[1]);
      });
    });
    k.call([], x87.raise, flags);
    k.if(x87.preventsResult(flags), () => k.return());
    [pi, p0].forEach((physical, n) => {
      const value = values[n]!;
      x87.emitWrite(k, x87.addressOf(physical), value.significand, value.signExponent);
      x87.emitMarkFull(k, physical);
    });
    k.return();
  });
  module.define('x87MoveIf', ['i32', 'i32'], [], (k, i, condition) => {
    const [p0, pi] = [k.i32(x87.top), k.i32(x87.physical(i))];
    const value = x87.read(k, x87.addressOf(pi));
    k.if(i32.or(x87.isEmpty(p0), x87.isEmpty(pi)), () => {
      const written = k.i32();
      k.call([written], x87.finish, x87.addressOf(p0), ...NAN, c32(STACK_UNDERFLOW));
      k.if(written, () => x87.emitMarkFull(k, p0));
      k.return();
    });
    k.if(condition, () => x87.emitWrite(k, x87.addressOf(p0), value.significand, value.signExponent));
    k.return();
  });
}

/** FCHS and FABS touch the sign only, whatever the operand is. */
function defineSignOperations(module: FunctionModule, x87: X87State): void {
  for (const name of ['x87ChangeSign', 'x87Absolute'] as const) {
    module.define(name, [], [], (k) => {
      const top = k.i32(x87.top);
      const address = k.i32(x87.addressOf(top));
      const written = k.i32();
      k.if(x87.isEmpty(top), () => {
        k.call([written], x87.finish, address, ...NAN, c32(STACK_UNDERFLOW));
        k.if(written, () => x87.emitMarkFull(k, top));
        k.return();
      });
      const a = x87.read(k, address);
      const changed = name === 'x87Absolute' ? i32.and(a.signExponent, 0x7fff) : i32.xor(a.signExponent, 0x8000);
      x87.emitWrite(k, address, a.significand, changed);
      k.store32(c32(x87.layout.status), i32.and(x87.status, ~C1));
      k.return();
    });
  }
}

/** The class of ST(0) in C3, C2, C0 (SDM volume 2, FXAM); C1 is its sign, also of an empty register. */
function defineExamine(module: FunctionModule, x87: X87State): void {
  module.define('x87Examine', [], [], (k) => {
    const top = k.i32(x87.top);
    const a = x87.read(k, x87.addressOf(top));
    const finite = select(isZero(a), c32(C3), select(isDenormal(a), c32(C3 | C2), c32(C2)));
    const special = select(isNaN80(a), c32(C0), c32(C2 | C0));
    const supported = select(isInfinityOrNaN(a), special, finite);
    const full = select(isUnsupported(a), c32(0), supported);
    const codes = select(x87.isEmpty(top), c32(C3 | C0), full);
    const kept = i32.and(x87.status, ~(C0 | C1 | C2 | C3));
    k.store32(c32(x87.layout.status), i32.or(kept, i32.or(codes, i32.mul(signOf(a), C1))));
    k.return();
  });
}

/** FRNDINT. */
function defineRoundToInteger(module: FunctionModule, x87: X87State, extendedNaN: FunctionHandle): void {
  module.define('x87RoundToInteger', [], [], (k) => {
    const top = k.i32(x87.top);
    const address = k.i32(x87.addressOf(top));
    const written = k.i32();
    const flags = k.i32(c32(0));
    k.if(x87.isEmpty(top), () => {
      k.call([written], x87.finish, address, ...NAN, c32(STACK_UNDERFLOW));
      k.if(written, () => x87.emitMarkFull(k, top));
      k.return();
    });
    const a = x87.read(k, address);
    k.block((done) => {
      k.if(i32.or(isUnsupported(a), isNaN80(a)), () => {
        const operand = [a.significand, a.signExponent];
        k.call([a.significand, a.signExponent, flags], extendedNaN, ...operand, ...operand);
        k.break(done);
      });
      k.break(done, i32.or(isInfinityOrNaN(a), isZero(a)));
      k.set(flags, i32.mul(isDenormal(a), DE));
      k.break(done, x87.preventsResult(flags));
      const rounded = emitRoundToInteger(k, a, roundingOf(x87.control));
      k.break(done, rounded.overflow);
      k.set(flags, i32.or(flags, rounded.flags));
      const sign = k.i32(signOf(a));
      k.set(a.significand, rounded.magnitude);
      k.set(a.signExponent, i32.shl(sign, 15));
      k.if(i64.ne(rounded.magnitude, 0n), () => {
        const zeros = k.i64(i64.clz(rounded.magnitude));
        k.set(a.significand, i64.shl(rounded.magnitude, zeros));
        k.set(a.signExponent, packSignExponent(sign, i32.sub(EXPONENT_BIAS + 63, i32.wrap(zeros))));
      });
    });
    k.call([written], x87.finish, address, a.significand, a.signExponent, flags);
    k.return();
  });
}

/**
 * Defines x87Exchange(i), x87MoveIf(i, condition), x87ChangeSign(), x87Absolute(), x87Examine(),
 * x87RoundToInteger().
 */
export function defineX87Registers(module: FunctionModule, x87: X87State, extendedNaN: FunctionHandle): void {
  defineMoves(module, x87);
  defineSignOperations(module, x87);
  defineExamine(module, x87);
  defineRoundToInteger(module, x87, extendedNaN);
}
