/**
 * RCPPS/SS and RSQRTPS/SS. Their result is an approximation that every maker computes differently (SDM volume 1,
 * 10.4.2.1: relative error at most 1.5 * 2^-12); here it is the exact value cut to 12 bits. They raise no flags and take
 * denormals for zeros.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';
import { lane, withLane } from './vector.js';
import { asBits, asFloat, sse } from './vector-unit.js';

const KEPT = 0xfffff000 | 0;
const SIGN = 0x80000000 | 0;
const INFINITY = 0x7f800000;
const MIN_NORMAL = 0x00800000;
const QUIET = 0x00400000;
const DEFAULT_NAN = 0xffc00000 | 0;
const F32 = { sqrt: 0x91, div: 0x95 } as const;

type Approximation = (b: InstructionBuilder, bits: Value) => Value;

/** 1/y cut to 12 bits, for the bits of a number that is no NaN; denormal results vanish. */
function reciprocalOf(b: InstructionBuilder, value: Value): Value {
  const one = asFloat(b, b.i32(0x3f800000));
  const quotient = b.let(b.and(asBits(b, b.op('f32', F32.div, one, value)), b.i32(KEPT)));
  const magnitude = b.and(quotient, b.i32(~SIGN));
  return b.select(b.ltU(magnitude, b.i32(MIN_NORMAL)), b.and(quotient, b.i32(SIGN)), quotient);
}

function withoutDenormal(b: InstructionBuilder, bits: Value): Value {
  const small = b.ltU(b.and(bits, b.i32(~SIGN)), b.i32(MIN_NORMAL));
  return b.let(b.select(small, b.and(bits, b.i32(SIGN)), bits));
}

const isNaNBits = (b: InstructionBuilder, bits: Value): Value =>
  b.compare('gtU', b.and(bits, b.i32(~SIGN)), b.i32(INFINITY));

const reciprocal: Approximation = (b, source) => {
  const bits = withoutDenormal(b, source);
  const result = b.let(reciprocalOf(b, asFloat(b, bits)));
  return b.select(isNaNBits(b, bits), b.or(bits, b.i32(QUIET)), result);
};

const reciprocalRoot: Approximation = (b, source) => {
  const bits = withoutDenormal(b, source);
  const root = b.op('f32', F32.sqrt, asFloat(b, bits));
  const result = b.let(reciprocalOf(b, root));
  const negative = b.compare('gtU', bits, b.i32(SIGN));
  const ordered = b.let(b.select(negative, b.i32(DEFAULT_NAN), result));
  return b.select(isNaNBits(b, bits), b.or(bits, b.i32(QUIET)), ordered);
};

const scalar = (approximate: Approximation): Semantics =>
  sse((b) => b.write(0, b.let(approximate(b, b.let(b.read(1))))));

const packed = (approximate: Approximation): Semantics =>
  sse((b) => {
    const y = b.let(b.read(1));
    let result = y;
    for (let i = 0; i < 4; i++) {
      result = b.let(withLane(b, result, 4, i, b.let(approximate(b, b.let(lane(b, y, 4, i))))));
    }
    b.write(0, result);
  });

export const sseApproximate: Family = {
  name: 'sse-approximate',
  rows: [
    row('np 0f 53 /r', 'rcpps', 'Vps,Wps', packed(reciprocal), { feature: 'sse' }),
    row('f3 0f 53 /r', 'rcpss', 'Vss,Wss', scalar(reciprocal), { feature: 'sse' }),
    row('np 0f 52 /r', 'rsqrtps', 'Vps,Wps', packed(reciprocalRoot), { feature: 'sse' }),
    row('f3 0f 52 /r', 'rsqrtss', 'Vss,Wss', scalar(reciprocalRoot), { feature: 'sse' }),
  ],
};
