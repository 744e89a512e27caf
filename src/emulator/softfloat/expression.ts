// Typed WebAssembly expressions: trees that know their value type and how to emit themselves. The notation in which
// the floating-point routines are written. Statements and functions are in function-body.ts.

import type { CodeBuffer } from '../codegen/code-buffer.js';
import type { ValueType } from '../codegen/wasm-module.js';

export type { ValueType };

/** An expression that leaves one value of type T. */
export interface Expr<T extends ValueType> {
  readonly type: T;
  emit(code: CodeBuffer): void;
}

export type I32 = Expr<'i32'>;
export type I64 = Expr<'i64'>;
export type F32 = Expr<'f32'>;
export type F64 = Expr<'f64'>;

function apply<T extends ValueType>(type: T, opcode: readonly number[], ...args: Expr<ValueType>[]): Expr<T> {
  return {
    type,
    emit(code) {
      for (const arg of args) arg.emit(code);
      for (const byte of opcode) code.byte(byte);
    },
  };
}

/** A 32-bit constant. */
export function c32(value: number): I32 {
  return {
    type: 'i32',
    emit(code) {
      code.byte(0x41);
      code.signed32(value);
    },
  };
}

/** A 64-bit constant; unsigned values above 2^63 are taken as bit patterns. */
export function c64(value: bigint): I64 {
  return {
    type: 'i64',
    emit(code) {
      code.byte(0x42);
      code.signed64(value);
    },
  };
}

type Operand32 = I32 | number;
type Operand64 = I64 | bigint;
const x32 = (value: Operand32): I32 => (typeof value === 'number' ? c32(value) : value);
const x64 = (value: Operand64): I64 => (typeof value === 'bigint' ? c64(value) : value);

const binary32 = (opcode: number) => (a: Operand32, b: Operand32) => apply('i32', [opcode], x32(a), x32(b));
const binary64 = (opcode: number) => (a: Operand64, b: Operand64) => apply('i64', [opcode], x64(a), x64(b));
const compare64 = (opcode: number) => (a: Operand64, b: Operand64) => apply('i32', [opcode], x64(a), x64(b));
const load =
  <T extends ValueType>(type: T, opcode: number) =>
  (address: Operand32, offset = 0): Expr<T> => ({
    type,
    emit(code) {
      x32(address).emit(code);
      code.byte(opcode);
      code.byte(0);
      code.unsigned(offset);
    },
  });

export const i32 = {
  eqz: (a: I32) => apply('i32', [0x45], a),
  eq: binary32(0x46),
  ne: binary32(0x47),
  ltS: binary32(0x48),
  ltU: binary32(0x49),
  gtS: binary32(0x4a),
  gtU: binary32(0x4b),
  leS: binary32(0x4c),
  geS: binary32(0x4e),
  geU: binary32(0x4f),
  add: binary32(0x6a),
  sub: binary32(0x6b),
  mul: binary32(0x6c),
  and: binary32(0x71),
  or: binary32(0x72),
  xor: binary32(0x73),
  shl: binary32(0x74),
  shrS: binary32(0x75),
  shrU: binary32(0x76),
  wrap: (a: I64) => apply('i32', [0xa7], a),
  reinterpret: (a: F32) => apply('i32', [0xbc], a),
  load: load('i32', 0x28),
  load8U: load('i32', 0x2d),
  load16U: load('i32', 0x2f),
};

export const i64 = {
  eqz: (a: I64) => apply('i32', [0x50], a),
  eq: compare64(0x51),
  ne: compare64(0x52),
  ltS: compare64(0x53),
  ltU: compare64(0x54),
  gtS: compare64(0x55),
  gtU: compare64(0x56),
  leU: compare64(0x58),
  geU: compare64(0x5a),
  clz: (a: I64) => apply('i64', [0x79], a),
  ctz: (a: I64) => apply('i64', [0x7a], a),
  add: binary64(0x7c),
  sub: binary64(0x7d),
  mul: binary64(0x7e),
  divU: binary64(0x80),
  remU: binary64(0x82),
  and: binary64(0x83),
  or: binary64(0x84),
  xor: binary64(0x85),
  shl: binary64(0x86),
  shrS: binary64(0x87),
  shrU: binary64(0x88),
  extendS: (a: I32) => apply('i64', [0xac], a),
  extendU: (a: I32) => apply('i64', [0xad], a),
  reinterpret: (a: F64) => apply('i64', [0xbd], a),
  load: load('i64', 0x29),
};

export const f64 = {
  sqrt: (a: F64) => apply('f64', [0x9f], a),
  convertI64U: (a: I64) => apply('f64', [0xba], a),
  reinterpret: (a: I64) => apply('f64', [0xbf], a),
};

export const truncateF64ToU64 = (a: F64): I64 => apply('i64', [0xfc, 0x07], a);

/** `condition ? a : b`, both evaluated. */
export function select<T extends ValueType>(condition: I32, a: Expr<T>, b: Expr<T>): Expr<T> {
  return apply(a.type, [0x1b], a, b, condition);
}
