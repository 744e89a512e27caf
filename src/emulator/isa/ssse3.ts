/** SSSE3: horizontal sums, absolute values, signs, byte shuffles, rounded products; in both register files. */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Compute, inBothFiles, sseBinary } from './packed-integer.js';
import { type Family, type Row, row, type Semantics } from './row.js';
import {
  fromLow,
  lane,
  shuffleLanes,
  spill,
  splatConstant,
  type VectorOp,
  vector,
  vectorConstant,
  withLane,
} from './vector.js';
import { immediateByte, mmx, readMmx, sse, writeMmx } from './vector-unit.js';

const FEATURE = { feature: 'ssse3' } as const;

/** Adjacent pairs of [x, y] combined by `op`. MMX packs both operands into one vector. */
function horizontal(opcode: string, name: string, bytes: 2 | 4, op: VectorOp): Row[] {
  const count = 16 / bytes;
  const even = Array.from({ length: count }, (_, i) => i * 2);
  const pairs: Compute = (b, x, y) =>
    vector(
      b,
      op,
      shuffleLanes(x, y, bytes, even),
      shuffleLanes(
        x,
        y,
        bytes,
        even.map((i) => i + 1),
      ),
    );
  const inMmx = mmx((b) => {
    const y = readMmx(b, 1);
    const both = b.let(withLane(b, fromLow(b, readMmx(b, 0)), 8, 1, y));
    writeMmx(b, 0, lane(b, pairs(b, both, both), 8, 0));
  });
  return [
    row(`np 0f 38 ${opcode} /r`, name, 'Pq,Qq', inMmx, FEATURE),
    row(`66 0f 38 ${opcode} /r`, name, 'Vdq,Wdq', sseBinary(pairs), FEATURE),
  ];
}

/** x with the sign of y: negated, zeroed or kept, lane by lane. */
const sign =
  (shape: 'i8x16' | 'i16x8' | 'i32x4'): Compute =>
  (b, x, y) => {
    const zero = vectorConstant(0n, 0n);
    const negative = vector(b, `${shape}.gt_s`, zero, y);
    const flipped = vector(b, `${shape}.sub`, vector(b, 'v128.xor', x, negative), negative);
    return vector(b, 'v128.andnot', flipped, vector(b, `${shape}.eq`, y, zero));
  };

/** Unsigned bytes of x times signed bytes of y, neighbours added with saturation. */
const multiplyAddBytes: Compute = (b, x, y) => {
  const odd = (v: Value, op: VectorOp): Value => vector(b, op, v, b.i32(8));
  const evenX = vector(b, 'v128.and', x, splatConstant(2, 0xffn));
  const evenY = vector(b, 'i16x8.shr_s', vector(b, 'i16x8.shl', y, b.i32(8)), b.i32(8));
  const low = vector(b, 'i16x8.mul', evenX, evenY);
  const high = vector(b, 'i16x8.mul', odd(x, 'i16x8.shr_u'), odd(y, 'i16x8.shr_s'));
  return vector(b, 'i16x8.add_sat_s', low, high);
};

/** (x * y + 2^14) >> 15, without saturation. */
const multiplyRound: Compute = (b, x, y) => {
  const part = (half: 'low' | 'high'): Value => {
    const product = vector(b, `i32x4.extmul_${half}_i16x8_s`, x, y);
    return vector(b, 'i32x4.shr_s', vector(b, 'i32x4.add', product, splatConstant(4, 1n << 14n)), b.i32(15));
  };
  return shuffleLanes(part('low'), part('high'), 2, [0, 2, 4, 6, 8, 10, 12, 14]);
};

/** Indices with bit 7 set give 0; the swizzle does that for all from 16 on. MMX indices have 3 bits. */
function shuffleBytes(): Row[] {
  const by =
    (mask: bigint): Compute =>
    (b, x, y) =>
      vector(b, 'i8x16.swizzle', x, vector(b, 'v128.and', y, splatConstant(1, mask)));
  const inMmx = mmx((b) => {
    const y = fromLow(b, readMmx(b, 1));
    writeMmx(b, 0, lane(b, by(0x87n)(b, fromLow(b, readMmx(b, 0)), y), 8, 0));
  });
  return [
    row('np 0f 38 00 /r', 'pshufb', 'Pq,Qq', inMmx, FEATURE),
    row('66 0f 38 00 /r', 'pshufb', 'Vdq,Wdq', sseBinary(by(0x8fn)), FEATURE),
  ];
}

/** PALIGNR: the 32 (MMX: 16) bytes dst:src shifted right by the immediate. */
function alignRight(b: InstructionBuilder, x: Value, y: Value, bytes: Value): Value {
  if (bytes.isConst) {
    const shift = Number(bytes.imm);
    if (shift >= 32) return vectorConstant(0n, 0n);
    const zero = vectorConstant(0n, 0n);
    const order = Array.from({ length: 16 }, (_, i) => i + shift);
    // y (low) then x; beyond 32 bytes come zeros.
    if (shift <= 16) return shuffleLanes(y, x, 1, order);
    return shuffleLanes(
      x,
      zero,
      1,
      order.map((i) => i - 16),
    );
  }
  // Past the end of the scratch area lie the other slot's bytes, so the shifts are done on spilled copies.
  const low = spill(b, 'scratch0', y);
  spill(b, 'scratch1', x);
  const offset = b.select(b.ltU(bytes, b.i32(16)), bytes, b.i32(16));
  const near = b.let(b.loadMemory('v128', 16, offset, low));
  const rest = b.select(b.ltU(bytes, b.i32(16)), b.i32(0), b.sub(bytes, b.i32(16)));
  return shiftRightBytes(b, near, b.let(rest));
}

/** A vector shifted right by 0 or more bytes: a swizzle whose indices run out of range. */
function shiftRightBytes(b: InstructionBuilder, x: Value, bytes: Value): Value {
  const identity = vectorConstant(0x0706050403020100n, 0x0f0e0d0c0b0a0908n);
  const bounded = b.select(b.ltU(bytes, b.i32(16)), bytes, b.i32(16));
  const indices = vector(b, 'i8x16.add', identity, vector(b, 'i8x16.splat', bounded));
  return vector(b, 'i8x16.swizzle', x, indices);
}

const palignr = sse((b) => {
  const bytes = immediateByte(b, 2);
  const y = b.let(b.read(1));
  b.write(0, alignRight(b, b.let(b.read(0)), y, bytes));
});

const palignrMmx: Semantics = mmx((b) => {
  const bytes = immediateByte(b, 2);
  const y = readMmx(b, 1);
  const both = b.let(withLane(b, fromLow(b, y), 8, 1, readMmx(b, 0)));
  writeMmx(b, 0, lane(b, shiftRightBytes(b, both, bytes), 8, 0));
});

const absolute =
  (op: VectorOp): Compute =>
  (b, _x, y) =>
    vector(b, op, y);

const both = (opcode: string, name: string, compute: Compute): Row[] =>
  inBothFiles(`38 ${opcode}`, name, compute, ['ssse3', 'ssse3']);

/** PHADDSW and PHSUBSW pair up like the others, with saturation. */
export const ssse3: Family = {
  name: 'ssse3',
  rows: [
    ...shuffleBytes(),
    ...horizontal('01', 'phaddw', 2, 'i16x8.add'),
    ...horizontal('02', 'phaddd', 4, 'i32x4.add'),
    ...horizontal('03', 'phaddsw', 2, 'i16x8.add_sat_s'),
    ...horizontal('05', 'phsubw', 2, 'i16x8.sub'),
    ...horizontal('06', 'phsubd', 4, 'i32x4.sub'),
    ...horizontal('07', 'phsubsw', 2, 'i16x8.sub_sat_s'),
    ...both('04', 'pmaddubsw', multiplyAddBytes),
    ...both('08', 'psignb', sign('i8x16')),
    ...both('09', 'psignw', sign('i16x8')),
    ...both('0a', 'psignd', sign('i32x4')),
    ...both('0b', 'pmulhrsw', multiplyRound),
    ...both('1c', 'pabsb', absolute('i8x16.abs')),
    ...both('1d', 'pabsw', absolute('i16x8.abs')),
    ...both('1e', 'pabsd', absolute('i32x4.abs')),
    row('np 0f 3a 0f /r', 'palignr', 'Pq,Qq,Ib', palignrMmx, FEATURE),
    row('66 0f 3a 0f /r', 'palignr', 'Vdq,Wdq,Ib', palignr, FEATURE),
  ],
};
