/**
 * What every SSE and MMX instruction begins and ends with: whether the unit may be used, alignment of memory operands,
 * reading and writing registers of both files, SIMD floating-point exceptions.
 */
import { InvariantError } from '../../core/errors.js';
import type { Value } from '../codegen/value.js';
import type { FunctionType, ValueType } from '../codegen/wasm-module.js';
import { ROUTINE_TYPES } from '../softfloat/routine-types.js';
import type { InstructionBuilder } from './instruction-builder.js';
import type { Semantics } from './row.js';
import { inBoth, lane } from './vector.js';

/** CR4 bit: the system handles #XM. */
const CR4_OSXMMEXCPT = 0x400;
const XM = 19;
const UD = 6;
const MMX_SIGN_EXPONENT = 0xffff;
const SIGN_EXPONENT_OFFSET = 8;

function routineType(name: string): FunctionType {
  const type = ROUTINE_TYPES[name];
  if (type === undefined) throw new InvariantError(`no floating-point routine '${name}'`);
  return type;
}

/** Calls a floating-point routine that has a result. */
export function callRoutine(b: InstructionBuilder, name: string, ...args: Value[]): Value {
  const result = b.call(name, routineType(name), args);
  if (result === undefined) throw new InvariantError(`floating-point routine '${name}' has no result`);
  return result;
}

/** Calls a floating-point routine for what it does to the state. */
export function runRoutine(b: InstructionBuilder, name: string, ...args: Value[]): void {
  b.call(name, routineType(name), args);
}

/** An SSE instruction: traps when the unit is off, and wants 16-byte memory operands aligned. */
export function sse(run: Semantics): Semantics {
  return (b) => {
    b.requireUnit('sse');
    b.instruction.operands.forEach((operand, i) => {
      if (operand.kind === 'memory' && operand.size === 16) b.requireAligned(i, 16);
    });
    run(b);
  };
}

/** An SSE instruction whose memory operand may lie anywhere. */
export function sseUnaligned(run: Semantics): Semantics {
  return (b) => {
    b.requireUnit('sse');
    run(b);
  };
}

/** Writes XMM operand `i`: an integer of 4 or 8 bytes in the low lane, zeros above. */
export function writeZeroExtended(b: InstructionBuilder, i: number, value: Value): void {
  const fixed = b.let(b.widen(value));
  b.storeMemory(8, b.registerAddress(i), 0, fixed);
  b.storeMemory(8, b.registerAddress(i), 8, b.i64(0));
}

/** Half (0 low, 1 high) of register operand `i` as an i64, fixed. */
export function registerHalf(b: InstructionBuilder, i: number, half: 0 | 1): Value {
  return b.let(b.loadMemory('i64', 8, b.registerAddress(i), half * 8));
}

export function writeHalf(b: InstructionBuilder, i: number, half: 0 | 1, value: Value): void {
  b.storeMemory(8, b.registerAddress(i), half * 8, value);
}

/** Immediate operand `i` as an unsigned byte. */
export function immediateByte(b: InstructionBuilder, i: number): Value {
  return b.let(b.and(b.wrap(b.read(i)), b.i32(0xff)));
}

/** An integer register file's read as the float type that arithmetic wants. */
export function asFloat(b: InstructionBuilder, bits: Value): Value {
  return bits.type === 'i64' ? b.op('f64', 0xbf, bits) : b.op('f32', 0xbe, bits);
}

export function asBits(b: InstructionBuilder, value: Value): Value {
  const type: ValueType = value.type === 'f64' ? 'i64' : 'i32';
  return b.op(type, value.type === 'f64' ? 0xbd : 0xbc, value);
}

/** Moves the flags that routines raised into MXCSR; an unmasked one raises #XM (#UD when the system does not want it). */
export function commitSse(b: InstructionBuilder): void {
  b.if(callRoutine(b, 'sseCommit'), () => {
    b.raiseIf(b.eqz(b.and(b.state('cr4'), b.i32(CR4_OSXMMEXCPT))), UD);
    b.raise(XM);
  });
}

// ---- MMX: the x87 registers by another name (SDM volume 1, 9.2, 9.5) ------------------------------------------

/** Every MMX instruction but EMMS leaves TOP 0 and all registers full. Called once nothing can fault any more. */
export function enterMmx(b: InstructionBuilder): void {
  b.setState('ftop', b.i32(0));
  b.setState('fempty', b.i32(0));
}

/** MMX operand `i` (register or memory) as an i64, fixed. */
export function readMmx(b: InstructionBuilder, i: number): Value {
  return b.isMemory(i) ? b.let(b.widen(b.read(i))) : b.let(b.loadMemory('i64', 8, b.registerAddress(i)));
}

/** Writes MMX register operand `i`; its exponent becomes all ones. */
export function writeMmx(b: InstructionBuilder, i: number, value: Value): void {
  const fixed = b.let(value);
  enterMmx(b);
  b.storeMemory(8, b.registerAddress(i), 0, fixed);
  b.storeMemory(4, b.registerAddress(i), SIGN_EXPONENT_OFFSET, b.i32(MMX_SIGN_EXPONENT));
}

export function mmx(run: Semantics): Semantics {
  return (b) => {
    b.requireUnit('mmx');
    run(b);
  };
}

/** dst = f(dst, src) on 64 bits through a vector operation whose low half depends on low halves only. */
export function mmxThroughVector(compute: (b: InstructionBuilder, x: Value, y: Value) => Value): Semantics {
  return mmx((b) => {
    const y = readMmx(b, 1);
    const x = readMmx(b, 0);
    writeMmx(b, 0, lane(b, compute(b, b.let(inBoth(b, x)), b.let(inBoth(b, y))), 8, 0));
  });
}
