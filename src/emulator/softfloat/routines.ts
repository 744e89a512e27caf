// The floating-point routines as one WebAssembly module over the machine's memory.

import { defineConversions } from './conversion.js';
import { defineExtendedNaN } from './extended.js';
import { defineExtendedArithmetic } from './extended-arithmetic.js';
import { FunctionModule } from './function-module.js';
import { defineRounding, EXTENDED } from './rounding.js';
import { defineX87Arithmetic } from './x87-arithmetic.js';
import type { X87Layout } from './x87-layout.js';
import { X87State } from './x87-state.js';

/** Encodes the module; it imports `env.memory`. */
export function encodeRoutines(layout: X87Layout): Uint8Array<ArrayBuffer> {
  const module = new FunctionModule();
  const roundExtended = defineRounding(module, EXTENDED);
  const extendedNaN = defineExtendedNaN(module);
  const arithmetic = defineExtendedArithmetic(module, { roundExtended, extendedNaN });
  const conversions = defineConversions(module);
  const x87 = new X87State(module, layout);
  defineX87Arithmetic({ module, x87, arithmetic, conversions });
  return module.encode();
}
