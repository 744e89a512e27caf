/** What both instrumented builders emit about a memory access: the arguments of the event function. */
import type { OpBuilder } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import type { FunctionType } from '../codegen/wasm-module.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';

const EXTRACT_LANE = 0xfd001d;
const REINTERPRET_F32 = 0xbc;
const REINTERPRET_F64 = 0xbd;

const BOUNCE = stateAddress('bounce');

/** The value of an access as two i64 halves. */
export function halves(b: OpBuilder, value: Value, bytes: number): [Value, Value] {
  switch (value.type) {
    case 'v128':
      return [b.op('i64', EXTRACT_LANE, value, undefined, 0), b.op('i64', EXTRACT_LANE, value, undefined, 1)];
    case 'f32':
      return [b.widen(b.op('i32', REINTERPRET_F32, value)), b.i64(0)];
    case 'f64':
      return [b.op('i64', REINTERPRET_F64, value), b.i64(0)];
    default:
      return [bytes < 8 ? b.and(b.widen(value), b.i64(2 ** (8 * bytes) - 1)) : value, b.i64(0)];
  }
}

/** Physical address (i64) of an access whose WebAssembly address is known; the bounce buffer stands for `accessPhysical`. */
export function physicalOf(b: OpBuilder, host: Value): Value {
  const noted = b.loadMemory('i64', 8, b.i32(0), stateAddress('accessPhysical'));
  if (host.isNumber(BOUNCE)) return noted;
  const fixed = b.let(host);
  const own = b.widen(b.sub(fixed, b.i32(RAM_BASE)));
  return b.select(b.compare('eq', fixed, b.i32(BOUNCE)), noted, own);
}

/** `call_indirect` through table 0. */
export function callSlot(b: OpBuilder, type: FunctionType, slot: number, args: readonly Value[]): Value {
  for (const arg of args) b.emit(arg);
  b.emit(b.i32(slot));
  b.code.byte(OP.callIndirect);
  b.code.unsigned(b.module.type(type));
  b.code.byte(0);
  return b.popped('i32');
}
