// Reading and changing the x87 unit's state from routines: registers, tags, stack, status word. The rules of stack
// faults and of when a result is written are here, once. Facts: SDM volume 1, 8.5 (exceptions), 8.5.1 (stack faults).

import { ALL_EXCEPTIONS, BUSY, C1, DE, ES, IE, SF, ZE } from './control.js';
import { c32, c64, type I32, type I64, i32, i64, select } from './expression.js';
import { DEFAULT_NAN, type Extended } from './extended.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { REGISTER_BYTES, SIGN_EXPONENT, type X87Layout } from './x87-layout.js';

/** Vector of #MF. */
const MATH_FAULT = 16;
/** Exceptions found before anything is computed: unmasked, they leave the destination alone. */
const BEFORE_RESULT = IE | DE | ZE;

export interface LocalExtended extends Extended {
  readonly significand: Local<'i64'>;
  readonly signExponent: Local<'i32'>;
}

export class X87State {
  readonly layout: X87Layout;
  /** x87Raise(flags): into the status word; clears C1 unless it is among them. */
  readonly raise: FunctionHandle;
  /** x87Finish(address, significand, signExponent, flags) -> 1 when the result was written. */
  readonly finish: FunctionHandle;
  /** x87Push(significand, signExponent, flags): a new top of stack, or a stack fault. */
  readonly push: FunctionHandle;

  constructor(module: FunctionModule, layout: X87Layout) {
    this.layout = layout;
    this.raise = module.define('x87Raise', ['i32'], [], (k, flags) => {
      const status = k.i32(i32.or(i32.and(this.status, ~C1), flags));
      const unmasked = i32.and(i32.and(flags, ALL_EXCEPTIONS), i32.xor(this.control, -1));
      k.if(unmasked, () => {
        k.set(status, i32.or(status, ES | BUSY));
        k.store32(c32(layout.trap), c32(MATH_FAULT));
      });
      k.store32(c32(layout.status), status);
      k.return();
    });
    this.finish = module.define('x87Finish', ['i32', 'i64', 'i32', 'i32'], ['i32'], (k, address, sig, se, flags) => {
      k.call([], this.raise, flags);
      k.if(this.preventsResult(flags), () => k.return(c32(0)));
      this.emitWrite(k, address, sig, se);
      k.return(c32(1));
    });
    this.push = module.define('x87Push', ['i64', 'i32', 'i32'], [], (k, sig, se, flags) => {
      const top = k.i32(i32.and(i32.sub(this.top, 1), 7));
      const tag = k.i32(i32.shl(1, top));
      // An empty source counts before a full stack.
      const full = i32.eqz(i32.and(this.empty, tag));
      k.if(i32.and(full, i32.eqz(i32.and(flags, SF))), () => {
        k.set(flags, c32(IE | SF | C1));
        k.set(sig, c64(DEFAULT_NAN.significand));
        k.set(se, c32(DEFAULT_NAN.signExponent));
      });
      k.if(i32.or(flags, i32.and(this.status, C1)), () => {
        k.call([], this.raise, flags);
        // A denormal is pushed even when that exception is unmasked.
        k.if(this.preventsResult(i32.and(flags, ~DE)), () => k.return());
      });
      k.store32(c32(layout.top), top);
      k.store32(c32(layout.empty), i32.and(this.empty, i32.xor(tag, -1)));
      this.emitWrite(k, this.addressOf(top), sig, se);
      k.return();
    });
  }

  get top(): I32 {
    return i32.load(c32(0), this.layout.top);
  }

  get control(): I32 {
    return i32.load(c32(0), this.layout.control);
  }

  get status(): I32 {
    return i32.load(c32(0), this.layout.status);
  }

  get empty(): I32 {
    return i32.load(c32(0), this.layout.empty);
  }

  /** Nonzero when one of `flags` is an unmasked exception that comes before the result. */
  preventsResult(flags: I32): I32 {
    return i32.and(i32.and(flags, BEFORE_RESULT), i32.xor(this.control, -1));
  }

  /** The number of the physical register behind ST(i). */
  physical(i: I32): I32 {
    return i32.and(i32.add(this.top, i), 7);
  }

  /** The offset of a physical register; add `layout.registers` (the loads below do). */
  addressOf(physical: I32): I32 {
    return i32.mul(physical, REGISTER_BYTES);
  }

  isEmpty(physical: I32): I32 {
    return i32.and(i32.shrU(this.empty, physical), 1);
  }

  significandAt(address: I32): I64 {
    return i64.load(address, this.layout.registers);
  }

  signExponentAt(address: I32): I32 {
    return i32.load(address, this.layout.registers + SIGN_EXPONENT);
  }

  read(k: FunctionBody, address: I32): LocalExtended {
    return { significand: k.i64(this.significandAt(address)), signExponent: k.i32(this.signExponentAt(address)) };
  }

  emitWrite(k: FunctionBody, address: I32, significand: I64, signExponent: I32): void {
    k.store64(address, significand, this.layout.registers);
    k.store32(address, signExponent, this.layout.registers + SIGN_EXPONENT);
  }

  emitMarkFull(k: FunctionBody, physical: I32): void {
    k.store32(c32(this.layout.empty), i32.and(this.empty, i32.xor(i32.shl(1, physical), -1)));
  }

  /** Frees ST(0) and moves the stack up by one. */
  emitPop(k: FunctionBody): void {
    const top = k.i32(this.top);
    k.store32(c32(this.layout.empty), i32.or(this.empty, i32.shl(1, top)));
    k.store32(c32(this.layout.top), i32.and(i32.add(top, 1), 7));
  }

  emitPopIf(k: FunctionBody, condition: I32): void {
    k.if(condition, () => this.emitPop(k));
  }

  /** The usual outcome of an inexact operation, nothing unmasked: C1 tells the direction, PE is sticky. */
  emitStatusFast(k: FunctionBody, inexact: I32, up: I32): void {
    const cleared = i32.and(this.status, ~C1);
    k.store32(c32(this.layout.status), i32.or(i32.or(cleared, select(inexact, c32(0x20), c32(0))), i32.shl(up, 9)));
  }
}

export const STACK_UNDERFLOW = IE | SF;
