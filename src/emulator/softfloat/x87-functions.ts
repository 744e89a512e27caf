// The x87 functions that run on the host side, by name. They read and write the register stack, TOP, the tag bits and
// the status word, and nothing else.

import type { X87Stack } from './x87-operand.js';
import { runExtract, runRemainder, runScale } from './x87-remainder.js';
import { arctangent, exponentialMinus1, runTrigonometric, yLog2x, yLog2xPlus1 } from './x87-transcendental.js';

export const X87_FUNCTIONS: Readonly<Record<string, (stack: X87Stack) => void>> = {
  f2xm1: exponentialMinus1,
  fyl2x: yLog2x,
  fyl2xp1: yLog2xPlus1,
  fpatan: arctangent,
  fptan: (stack) => runTrigonometric(stack, 'tan'),
  fsin: (stack) => runTrigonometric(stack, 'sin'),
  fcos: (stack) => runTrigonometric(stack, 'cos'),
  fsincos: (stack) => runTrigonometric(stack, 'sincos'),
  fprem: (stack) => runRemainder(stack, false),
  fprem1: (stack) => runRemainder(stack, true),
  fscale: runScale,
  fxtract: runExtract,
};
