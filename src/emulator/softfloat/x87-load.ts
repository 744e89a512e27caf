// FLD, FILD and the constants: values pushed on the x87 stack.

import { DE, IE } from './control.js';
import { type Conversions, doubleIsNormal, emitNormalDouble } from './conversion.js';
import { c32, c64, i32, i64 } from './expression.js';
import { DEFAULT_NAN, isNaN80, QUIET_BIT } from './extended.js';
import type { FunctionModule } from './function-module.js';
import { STACK_UNDERFLOW, type X87State } from './x87-state.js';

/**
 * Defines x87LoadDouble(bits), x87LoadSingle(bits), x87LoadInteger(value), x87LoadRegister(i) and
 * x87LoadExtended(significand, signExponent), which also serves the constants.
 */
export function defineX87Loads(module: FunctionModule, x87: X87State, conversions: Conversions): void {
  for (const form of ['Double', 'Single', 'Integer'] as const) {
    module.define(`x87Load${form}`, ['i64'], [], (k, bits) => {
      if (form === 'Double') {
        k.if(doubleIsNormal(bits), () => {
          const value = emitNormalDouble(k, bits);
          k.call([], x87.push, value.significand, value.signExponent, c32(0));
          k.return();
        });
      }
      const value = { significand: k.i64(), signExponent: k.i32() };
      const flags = k.i32();
      k.call([value.significand, value.signExponent, flags], conversions[`from${form}`], bits);
      if (form !== 'Integer') {
        k.if(isNaN80(value), () => {
          k.if(i64.eqz(i64.and(value.significand, QUIET_BIT)), () => k.set(flags, c32(IE)));
          k.set(value.significand, i64.or(value.significand, QUIET_BIT));
        });
      }
      k.call([], x87.push, value.significand, value.signExponent, i32.and(flags, IE | DE));
      k.return();
    });
  }
  module.define('x87LoadExtended', ['i64', 'i32'], [], (k, significand, signExponent) => {
    k.call([], x87.push, significand, signExponent, c32(0));
    k.return();
  });
  module.define('x87LoadRegister', ['i32'], [], (k, i) => {
    const physical = k.i32(x87.physical(i));
    k.if(x87.isEmpty(physical), () => {
      const nan = [c64(DEFAULT_NAN.significand), c32(DEFAULT_NAN.signExponent)] as const;
      k.call([], x87.push, ...nan, c32(STACK_UNDERFLOW));
      k.return();
    });
    const value = x87.read(k, x87.addressOf(physical));
    k.call([], x87.push, value.significand, value.signExponent, c32(0));
    k.return();
  });
}
