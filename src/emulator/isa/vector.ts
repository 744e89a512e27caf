/**
 * WebAssembly's 128-bit vector operators by name, and the few combinations that vector instructions are made of
 * (opcodes: WebAssembly core specification, 5.4.8). Only operators whose result is the same as the x86 instruction's
 * for every operand are used as they are; what differs (NaNs, shift counts) is handled where the instruction is.
 */
import type { OpBuilder } from '../codegen/op-builder.js';
import { OP, Value } from '../codegen/value.js';
import type { ValueType } from '../codegen/wasm-module.js';
import { stateAddress } from '../cpu/state-layout.js';

const VECTOR_OPS = {
  'i8x16.swizzle': 0x0e, 'i8x16.splat': 0x0f, 'i16x8.splat': 0x10, 'i32x4.splat': 0x11, 'i64x2.splat': 0x12,
  'f32x4.splat': 0x13, 'f64x2.splat': 0x14,
  'i8x16.eq': 0x23, 'i8x16.gt_s': 0x27, 'i16x8.eq': 0x2d, 'i16x8.gt_s': 0x31, 'i32x4.eq': 0x37, 'i32x4.gt_s': 0x3b,
  'i64x2.eq': 0xd6, 'i64x2.gt_s': 0xd9,
  'f32x4.eq': 0x41, 'f32x4.ne': 0x42, 'f32x4.lt': 0x43, 'f32x4.gt': 0x44, 'f32x4.ge': 0x46,
  'f64x2.eq': 0x47, 'f64x2.ne': 0x48, 'f64x2.lt': 0x49, 'f64x2.gt': 0x4a, 'f64x2.ge': 0x4c,
  'v128.not': 0x4d, 'v128.and': 0x4e, 'v128.andnot': 0x4f, 'v128.or': 0x50, 'v128.xor': 0x51,
  'i8x16.abs': 0x60, 'i16x8.abs': 0x80, 'i32x4.abs': 0xa0, 'i8x16.neg': 0x61, 'i16x8.neg': 0x81, 'i32x4.neg': 0xa1,
  'i8x16.narrow_i16x8_s': 0x65, 'i8x16.narrow_i16x8_u': 0x66, 'i16x8.narrow_i32x4_s': 0x85,
  'i16x8.narrow_i32x4_u': 0x86,
  'i8x16.shl': 0x6b, 'i16x8.shl': 0x8b, 'i16x8.shr_s': 0x8c, 'i16x8.shr_u': 0x8d, 'i32x4.shl': 0xab,
  'i32x4.shr_s': 0xac, 'i32x4.shr_u': 0xad, 'i64x2.shl': 0xcb, 'i64x2.shr_u': 0xcd,
  'i8x16.add': 0x6e, 'i8x16.add_sat_s': 0x6f, 'i8x16.add_sat_u': 0x70, 'i8x16.sub': 0x71, 'i8x16.sub_sat_s': 0x72,
  'i8x16.sub_sat_u': 0x73, 'i8x16.min_s': 0x76, 'i8x16.min_u': 0x77, 'i8x16.max_s': 0x78, 'i8x16.max_u': 0x79,
  'i8x16.avgr_u': 0x7b,
  'i16x8.add': 0x8e, 'i16x8.add_sat_s': 0x8f, 'i16x8.add_sat_u': 0x90, 'i16x8.sub': 0x91, 'i16x8.sub_sat_s': 0x92,
  'i16x8.sub_sat_u': 0x93, 'i16x8.mul': 0x95, 'i16x8.min_s': 0x96, 'i16x8.min_u': 0x97, 'i16x8.max_s': 0x98,
  'i16x8.max_u': 0x99, 'i16x8.avgr_u': 0x9b,
  'i16x8.extend_low_i8x16_s': 0x87, 'i16x8.extend_high_i8x16_s': 0x88, 'i16x8.extend_low_i8x16_u': 0x89,
  'i16x8.extend_high_i8x16_u': 0x8a,
  'i32x4.extend_low_i16x8_s': 0xa7, 'i32x4.extend_low_i16x8_u': 0xa9,
  'i64x2.extend_low_i32x4_s': 0xc7, 'i64x2.extend_low_i32x4_u': 0xc9,
  'i32x4.add': 0xae, 'i32x4.sub': 0xb1, 'i32x4.mul': 0xb5, 'i32x4.min_s': 0xb6, 'i32x4.min_u': 0xb7,
  'i32x4.max_s': 0xb8, 'i32x4.max_u': 0xb9, 'i32x4.dot_i16x8_s': 0xba,
  'i32x4.extmul_low_i16x8_s': 0xbc, 'i32x4.extmul_high_i16x8_s': 0xbd, 'i32x4.extmul_low_i16x8_u': 0xbe,
  'i32x4.extmul_high_i16x8_u': 0xbf,
  'i64x2.add': 0xce, 'i64x2.sub': 0xd1, 'i64x2.mul': 0xd5,
  'f32x4.abs': 0xe0, 'f32x4.sqrt': 0xe3, 'f32x4.add': 0xe4, 'f32x4.sub': 0xe5, 'f32x4.mul': 0xe6, 'f32x4.div': 0xe7,
  'f32x4.pmin': 0xea, 'f32x4.pmax': 0xeb,
  'f64x2.abs': 0xec, 'f64x2.sqrt': 0xef, 'f64x2.add': 0xf0, 'f64x2.sub': 0xf1, 'f64x2.mul': 0xf2, 'f64x2.div': 0xf3,
  'f64x2.pmin': 0xf6, 'f64x2.pmax': 0xf7,
} as const; // biome-ignore format: a table

export type VectorOp = keyof typeof VECTOR_OPS;

/** Operators that answer with an i32. */
const TESTS = {
  'v128.any_true': 0x53, 'i8x16.bitmask': 0x64, 'i32x4.all_true': 0xa3, 'i32x4.bitmask': 0xa4, 'i64x2.all_true': 0xc3,
  'i64x2.bitmask': 0xc4,
} as const; // biome-ignore format: a table

const PREFIX = 0xfd0000;

/** A vector operator; shifts take an i32 count as `y`. */
export function vector(b: OpBuilder, op: VectorOp, x: Value, y?: Value): Value {
  return b.op('v128', PREFIX + VECTOR_OPS[op], x, y);
}

export function vectorTest(b: OpBuilder, op: keyof typeof TESTS, x: Value): Value {
  return b.op('i32', PREFIX + TESTS[op], x);
}

export type LaneBytes = 1 | 2 | 4 | 8;

const EXTRACT: Readonly<Record<LaneBytes, number>> = { 1: 0x16, 2: 0x19, 4: 0x1b, 8: 0x1d };
const REPLACE: Readonly<Record<LaneBytes, number>> = { 1: 0x17, 2: 0x1a, 4: 0x1c, 8: 0x1e };

/** Lane `index` of `bytes` bytes, zero-extended to i32, or i64 for 8 bytes. */
export function lane(b: OpBuilder, x: Value, bytes: LaneBytes, index: number): Value {
  return b.op(bytes === 8 ? 'i64' : 'i32', PREFIX + EXTRACT[bytes], x, undefined, index);
}

export function withLane(b: OpBuilder, x: Value, bytes: LaneBytes, index: number, value: Value): Value {
  return b.op('v128', PREFIX + REPLACE[bytes], x, value, index);
}

/** A constant from its halves. */
export function vectorConstant(low: bigint, high: bigint): Value {
  const bits = BigInt.asUintN(64, low) | (BigInt.asUintN(64, high) << 64n);
  return new Value('v128', OP.v128Const, bits);
}

/** A constant with the same `bytes`-byte lane throughout. */
export function splatConstant(bytes: LaneBytes, value: bigint): Value {
  let half = 0n;
  for (let at = 0n; at < 64n; at += BigInt(bytes * 8)) half |= BigInt.asUintN(bytes * 8, value) << at;
  return vectorConstant(half, half);
}

/** Bytes of x (0-15) and y (16-31) by constant indices. */
export function shuffle(x: Value, y: Value, indices: readonly number[]): Value {
  const bits = indices.reduce((sum, index, i) => sum | (BigInt(index) << BigInt(i * 8)), 0n);
  return new Value('v128', OP.i8x16Shuffle, bits, x, y);
}

/** Like `shuffle`, in lanes of `bytes` bytes: indices count lanes of x, then of y. */
export function shuffleLanes(x: Value, y: Value, bytes: LaneBytes, indices: readonly number[]): Value {
  const all = indices.flatMap((index) => Array.from({ length: bytes }, (_, i) => index * bytes + i));
  return shuffle(x, y, all);
}

/** An i64 in the low half, zeros above. */
export function fromLow(b: OpBuilder, value: Value): Value {
  return withLane(b, vectorConstant(0n, 0n), 8, 0, value);
}

/** An i64 in both halves. */
export function inBoth(b: OpBuilder, value: Value): Value {
  return vector(b, 'i64x2.splat', value);
}

/** Puts a vector where lanes can be picked by a computed index; returns the address as a constant offset. */
export function spill(b: OpBuilder, slot: 'scratch0' | 'scratch1', value: Value): number {
  const address = stateAddress(slot);
  b.storeMemory(16, b.i32(0), address, value);
  return address;
}

/** Reads a lane of a spilled vector by computed index. */
export function spilledLane(b: OpBuilder, address: number, bytes: LaneBytes, index: Value): Value {
  const type: ValueType = bytes === 8 ? 'i64' : 'i32';
  return b.loadMemory(type, bytes, b.mul(index, b.i32(bytes)), address);
}
