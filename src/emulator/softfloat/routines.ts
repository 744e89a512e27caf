// The floating-point routines as one WebAssembly module over the machine's memory.

import type { Imports } from '../codegen/with-imports.js';
import { stateAddress } from '../cpu/state-layout.js';
import { defineConversions } from './conversion.js';
import { defineExtendedNaN } from './extended.js';
import { defineExtendedArithmetic } from './extended-arithmetic.js';
import { FunctionModule } from './function-module.js';
import { DOUBLE, defineRounding, EXTENDED, SINGLE } from './rounding.js';
import { defineSseArithmetic, type SseLayout } from './sse-arithmetic.js';
import { defineSseConversions } from './sse-convert.js';
import { defineStringCompare } from './string-compare.js';
import { defineX87Arithmetic } from './x87-arithmetic.js';
import { defineX87Compares } from './x87-compare.js';
import type { X87Layout } from './x87-layout.js';
import { defineX87Loads } from './x87-load.js';
import { defineX87Registers } from './x87-register.js';
import { X87State } from './x87-state.js';
import { defineX87Stores } from './x87-store.js';
import { defineX87Words } from './x87-words.js';

const X87: X87Layout = {
  registers: stateAddress('fpr0'),
  top: stateAddress('ftop'),
  control: stateAddress('fcw'),
  status: stateAddress('fsw'),
  empty: stateAddress('fempty'),
  pending: stateAddress('fpending'),
  trap: stateAddress('x87Trap'),
};
const SSE: SseLayout = { mxcsr: stateAddress('mxcsr'), raised: stateAddress('sseRaised') };

let built: FunctionModule | undefined;

/** The routines over the processor state; `encode()` gives a module that imports `env.memory`. Made once a process. */
export function buildRoutines(): FunctionModule {
  built ??= build();
  return built;
}

function build(): FunctionModule {
  const module = new FunctionModule();
  const roundExtended = defineRounding(module, EXTENDED);
  const roundDouble = defineRounding(module, DOUBLE);
  const roundSingle = defineRounding(module, SINGLE);
  const extendedNaN = defineExtendedNaN(module);
  const arithmetic = defineExtendedArithmetic(module, { roundExtended, extendedNaN });
  const conversions = defineConversions(module);
  const x87 = new X87State(module, X87);
  defineX87Arithmetic({ module, x87, arithmetic, conversions });
  defineX87Loads(module, x87, conversions);
  defineX87Stores(module, x87, { roundDouble, roundSingle });
  defineX87Compares(module, x87, conversions);
  defineX87Words(module, x87);
  defineX87Registers(module, x87, extendedNaN);
  const sse = { module, layout: SSE, roundDouble, roundSingle };
  defineSseArithmetic(sse);
  defineSseConversions(sse);
  defineStringCompare(module, { first: stateAddress('scratch0'), second: stateAddress('scratch1') });
  return module;
}

let compiled: WebAssembly.Module | undefined;

/** The routines over a machine's memory, by name; written and compiled when the first is asked for: not all guests need them. */
export function routineFunctions(memory: WebAssembly.Memory): Imports {
  let exports: Imports | undefined;
  const instantiate = (): Imports => {
    compiled ??= new WebAssembly.Module(buildRoutines().encode());
    exports ??= new WebAssembly.Instance(compiled, { env: { memory } }).exports as Imports;
    return exports;
  };
  const functions: Imports = {};
  for (const { name } of buildRoutines().functions) {
    Object.defineProperty(functions, name, { get: () => instantiate()[name] });
  }
  return functions;
}
