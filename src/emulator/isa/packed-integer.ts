/**
 * Packed integers of MMX and SSE2, one definition for both register files: MMX instructions run the vector operation on
 * a value held in both halves and keep the low one. Where lanes cross halves (pack, unpack) the two files differ.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Feature, type Row, row, type Semantics } from './row.js';
import {
  fromLow,
  lane,
  shuffleLanes,
  splatConstant,
  type VectorOp,
  vector,
  vectorConstant,
  withLane,
} from './vector.js';
import {
  enterMmx,
  immediateByte,
  mmx,
  mmxThroughVector,
  readMmx,
  registerHalf,
  sse,
  sseUnaligned,
  writeMmx,
} from './vector-unit.js';

export type Compute = (b: InstructionBuilder, x: Value, y: Value) => Value;

const plain =
  (op: VectorOp): Compute =>
  (b, x, y) =>
    vector(b, op, x, y);

/** dst = f(dst, src) on an XMM register. */
export function sseBinary(compute: Compute): Semantics {
  return sse((b) => {
    const y = b.let(b.read(1));
    b.write(0, compute(b, b.let(b.read(0)), y));
  });
}

/** dst = f(src). */
export function sseUnary(compute: (b: InstructionBuilder, x: Value) => Value): Semantics {
  return sse((b) => b.write(0, compute(b, b.let(b.read(1)))));
}

/** The MMX row and the SSE row of one lane-wise operation; the former came later for some. */
export function inBothFiles(
  opcode: string,
  name: string,
  compute: Compute,
  features: readonly [Feature, Feature] = ['mmx', 'sse2'],
): Row[] {
  return [
    row(`np 0f ${opcode} /r`, name, 'Pq,Qq', mmxThroughVector(compute), { feature: features[0] }),
    row(`66 0f ${opcode} /r`, name, 'Vdq,Wdq', sseBinary(compute), { feature: features[1] }),
  ];
}

const interleaveHigh16: readonly number[] = [1, 3, 5, 7, 9, 11, 13, 15];

/** High halves of 16 x 16 bit products. */
const multiplyHigh =
  (sign: 's' | 'u'): Compute =>
  (b, x, y) => {
    const low = vector(b, `i32x4.extmul_low_i16x8_${sign}`, x, y);
    const high = vector(b, `i32x4.extmul_high_i16x8_${sign}`, x, y);
    return shuffleLanes(low, high, 2, interleaveHigh16);
  };

const multiplyEvenUnsigned: Compute = (b, x, y) => {
  const mask = splatConstant(8, 0xffffffffn);
  return vector(b, 'i64x2.mul', vector(b, 'v128.and', x, mask), vector(b, 'v128.and', y, mask));
};

/** |x - y| of unsigned bytes, added up in each half. */
const sumOfDifferences: Compute = (b, x, y) => {
  const differences = b.let(
    vector(b, 'v128.or', vector(b, 'i8x16.sub_sat_u', x, y), vector(b, 'i8x16.sub_sat_u', y, x)),
  );
  const evenBytes = splatConstant(2, 0xffn);
  const pairs = b.let(
    vector(
      b,
      'i16x8.add',
      vector(b, 'v128.and', differences, evenBytes),
      vector(b, 'i16x8.shr_u', differences, b.i32(8)),
    ),
  );
  const ones = splatConstant(2, 1n);
  const quads = b.let(vector(b, 'i32x4.dot_i16x8_s', pairs, ones));
  const mask = splatConstant(8, 0xffffffffn);
  return vector(b, 'i64x2.add', vector(b, 'v128.and', quads, mask), vector(b, 'i64x2.shr_u', quads, b.i32(32)));
};

const SAME_IN_BOTH: readonly (readonly [string, string, VectorOp])[] = [
  ['fc', 'paddb', 'i8x16.add'],
  ['fd', 'paddw', 'i16x8.add'],
  ['fe', 'paddd', 'i32x4.add'],
  ['ec', 'paddsb', 'i8x16.add_sat_s'],
  ['ed', 'paddsw', 'i16x8.add_sat_s'],
  ['dc', 'paddusb', 'i8x16.add_sat_u'],
  ['dd', 'paddusw', 'i16x8.add_sat_u'],
  ['f8', 'psubb', 'i8x16.sub'],
  ['f9', 'psubw', 'i16x8.sub'],
  ['fa', 'psubd', 'i32x4.sub'],
  ['e8', 'psubsb', 'i8x16.sub_sat_s'],
  ['e9', 'psubsw', 'i16x8.sub_sat_s'],
  ['d8', 'psubusb', 'i8x16.sub_sat_u'],
  ['d9', 'psubusw', 'i16x8.sub_sat_u'],
  ['d5', 'pmullw', 'i16x8.mul'],
  ['f5', 'pmaddwd', 'i32x4.dot_i16x8_s'],
  ['74', 'pcmpeqb', 'i8x16.eq'],
  ['75', 'pcmpeqw', 'i16x8.eq'],
  ['76', 'pcmpeqd', 'i32x4.eq'],
  ['64', 'pcmpgtb', 'i8x16.gt_s'],
  ['65', 'pcmpgtw', 'i16x8.gt_s'],
  ['66', 'pcmpgtd', 'i32x4.gt_s'],
  ['db', 'pand', 'v128.and'],
  ['eb', 'por', 'v128.or'],
  ['ef', 'pxor', 'v128.xor'],
];

/** Came to MMX registers with SSE. */
const WITH_SSE: readonly (readonly [string, string, Compute])[] = [
  ['e0', 'pavgb', plain('i8x16.avgr_u')],
  ['e3', 'pavgw', plain('i16x8.avgr_u')],
  ['da', 'pminub', plain('i8x16.min_u')],
  ['de', 'pmaxub', plain('i8x16.max_u')],
  ['ea', 'pminsw', plain('i16x8.min_s')],
  ['ee', 'pmaxsw', plain('i16x8.max_s')],
  ['e4', 'pmulhuw', multiplyHigh('u')],
  ['f6', 'psadbw', sumOfDifferences],
];

// ---- pack and unpack -----------------------------------------------------------------------------------------

/** MMX packs [dst, src] into 64 bits: one vector holds both. */
function packs(opcode: string, name: string, op: VectorOp): Row[] {
  const mmxPack = mmx((b) => {
    const y = readMmx(b, 1);
    const both = b.let(withLane(b, fromLow(b, readMmx(b, 0)), 8, 1, y));
    writeMmx(b, 0, lane(b, vector(b, op, both, both), 8, 0));
  });
  return [
    row(`np 0f ${opcode} /r`, name, 'Pq,Qq', mmxPack, { feature: 'mmx' }),
    row(`66 0f ${opcode} /r`, name, 'Vdq,Wdq', sseBinary(plain(op)), { feature: 'sse2' }),
  ];
}

/** Interleaves the low (or high) lanes of both operands. MMX reads only 32 bits of memory for the low ones. */
function unpacks(opcode: string, name: string, bytes: 1 | 2 | 4, high: boolean): Row[] {
  const count = 16 / bytes;
  const order = (start: number): number[] =>
    Array.from({ length: count }, (_, i) => start + (i >> 1) + (i % 2 === 0 ? 0 : count));
  const sseOrder = order(high ? count / 2 : 0);
  // In a 64-bit value doubled to both halves, the upper lanes of the low half start at a quarter.
  const mmxOrder = order(high ? count / 4 : 0);
  const interleave =
    (lanes: readonly number[]): Compute =>
    (_b, x, y) =>
      shuffleLanes(x, y, bytes, lanes);
  const source = high ? 'Qq' : 'Qd';
  return [
    row(`np 0f ${opcode} /r`, name, `Pq,${source}`, mmxThroughVector(interleave(mmxOrder)), { feature: 'mmx' }),
    row(`66 0f ${opcode} /r`, name, 'Vdq,Wdq', sseBinary(interleave(sseOrder)), { feature: 'sse2' }),
  ];
}

// ---- shifts --------------------------------------------------------------------------------------------------

interface Shift {
  readonly name: string;
  readonly op: 'shl' | 'shr_s' | 'shr_u';
  readonly bits: 16 | 32 | 64;
  /** By a register or memory; by an immediate: opcode and ModRM.reg. */
  readonly opcode: string;
  readonly immediate: string;
}

const SHIFTS: readonly Shift[] = [
  { name: 'psrlw', op: 'shr_u', bits: 16, opcode: 'd1', immediate: '71 /2' },
  { name: 'psrld', op: 'shr_u', bits: 32, opcode: 'd2', immediate: '72 /2' },
  { name: 'psrlq', op: 'shr_u', bits: 64, opcode: 'd3', immediate: '73 /2' },
  { name: 'psraw', op: 'shr_s', bits: 16, opcode: 'e1', immediate: '71 /4' },
  { name: 'psrad', op: 'shr_s', bits: 32, opcode: 'e2', immediate: '72 /4' },
  { name: 'psllw', op: 'shl', bits: 16, opcode: 'f1', immediate: '71 /6' },
  { name: 'pslld', op: 'shl', bits: 32, opcode: 'f2', immediate: '72 /6' },
  { name: 'psllq', op: 'shl', bits: 64, opcode: 'f3', immediate: '73 /6' },
];

/** Shifts all lanes by one count; counts beyond the lane give zeros, or signs. */
function shiftLanes(b: InstructionBuilder, { op, bits }: Shift, x: Value, count: Value): Value {
  const shape = bits === 16 ? 'i16x8' : bits === 32 ? 'i32x4' : 'i64x2';
  const wide = b.let(count);
  const tooFar = b.compare('gtU', wide, b.i64(bits - 1));
  if (op === 'shr_s') {
    return vector(b, `${shape}.shr_s` as VectorOp, x, b.select(tooFar, b.i32(bits - 1), b.wrap(wide)));
  }
  const shifted = vector(b, `${shape}.${op}` as VectorOp, x, b.wrap(wide));
  return b.select(b.eqz(tooFar), shifted, vectorConstant(0n, 0n));
}

function shiftRows(shift: Shift): Row[] {
  const { name, opcode, immediate } = shift;
  const byMmx = mmx((b) => {
    const count = readMmx(b, 1);
    writeMmx(b, 0, lane(b, shiftLanes(b, shift, fromLow(b, readMmx(b, 0)), count), 8, 0));
  });
  const byXmm = sse((b) => {
    const count = lane(b, b.let(b.read(1)), 8, 0);
    b.write(0, shiftLanes(b, shift, b.let(b.read(0)), count));
  });
  const byImmediate: Semantics = (b) =>
    b.write(0, shiftLanes(b, shift, b.let(b.read(0)), b.widen(immediateByte(b, 1))));
  const mmxByImmediate = mmx((b) => {
    const count = b.widen(immediateByte(b, 1));
    writeMmx(b, 0, lane(b, shiftLanes(b, shift, fromLow(b, readMmx(b, 0)), count), 8, 0));
  });
  return [
    row(`np 0f ${opcode} /r`, name, 'Pq,Qq', byMmx, { feature: 'mmx' }),
    row(`66 0f ${opcode} /r`, name, 'Vdq,Wdq', byXmm, { feature: 'sse2' }),
    row(`np 0f ${immediate}`, name, 'Nq,Ib', mmxByImmediate, { feature: 'mmx' }),
    row(`66 0f ${immediate}`, name, 'Udq,Ib', sseUnaligned(byImmediate), { feature: 'sse2' }),
  ];
}

/** PSLLDQ and PSRLDQ: the whole register by bytes, on its halves as integers. */
function shiftBytes(left: boolean): Semantics {
  return sseUnaligned((b) => {
    const bytes = immediateByte(b, 1);
    const [low, high] = [registerHalf(b, 0, 0), registerHalf(b, 0, 1)];
    const shift = b.let(b.shl(b.widen(b.and(bytes, b.i32(7))), b.i64(3)));
    const back = b.sub(b.i64(64), shift);
    const [near, far] = left ? [low, high] : [high, low];
    const move = (x: Value): Value => (left ? b.shl(x, shift) : b.shrU(x, shift));
    const carried = b.select(b.eqz(shift), b.i64(0), left ? b.shrU(near, back) : b.shl(near, back));
    const nearSmall = b.let(move(near));
    const farSmall = b.let(b.or(move(far), carried));
    const isSmall = b.let(b.ltU(bytes, b.i32(8)));
    const zero = b.i64(0);
    const newNear = b.let(b.select(isSmall, nearSmall, zero));
    const farLarge = b.select(b.ltU(bytes, b.i32(16)), nearSmall, zero);
    const newFar = b.let(b.select(isSmall, farSmall, farLarge));
    const [newLow, newHigh] = left ? [newNear, newFar] : [newFar, newNear];
    b.storeMemory(8, b.registerAddress(0), 0, newLow);
    b.storeMemory(8, b.registerAddress(0), 8, newHigh);
  });
}

// ---- words in and out ----------------------------------------------------------------------------------------

/** PINSRW: a word of a general register or memory into lane imm. */
const insertWord = (file: 'mmx' | 'xmm'): Semantics => {
  return (b) => {
    b.requireUnit(file === 'mmx' ? 'mmx' : 'sse');
    const index = b.let(b.and(immediateByte(b, 2), b.i32(file === 'mmx' ? 3 : 7)));
    const value = b.let(b.resize(b.read(1), 2));
    if (file === 'mmx') enterMmxFor(b, 0);
    b.storeMemory(2, b.add(b.registerAddress(0), b.shl(index, b.i32(1))), 0, value);
  };
};

function enterMmxFor(b: InstructionBuilder, i: number): void {
  writeMmx(b, i, readMmx(b, i));
}

const extractWord = (file: 'mmx' | 'xmm'): Semantics => {
  return (b) => {
    b.requireUnit(file === 'mmx' ? 'mmx' : 'sse');
    const index = b.and(immediateByte(b, 2), b.i32(file === 'mmx' ? 3 : 7));
    const word = b.let(b.loadMemory('i32', 2, b.add(b.registerAddress(1), b.shl(index, b.i32(1)))));
    if (file === 'mmx') enterMmx(b);
    b.write(0, word);
  };
};

const mmxSignMask = mmx((b) => {
  const mask = b.let(b.and(b.op('i32', 0xfd0064, fromLow(b, readMmx(b, 1))), b.i32(0xff)));
  enterMmx(b);
  b.write(0, mask);
});

/** MOVD and MOVQ of the MMX file. */
const loadMmx = mmx((b) => writeMmx(b, 0, b.widen(b.read(1))));
const storeMmx = mmx((b) => {
  const value = b.let(b.loadMemory(b.size(0) === 8 ? 'i64' : 'i32', b.size(0), b.registerAddress(1)));
  b.write(0, value);
  enterMmx(b);
});

/** MOVQ between MMX registers, and stores. */
const moveMmx = mmx((b) => {
  const value = readMmx(b, 1);
  if (!b.isMemory(0)) {
    writeMmx(b, 0, value);
    return;
  }
  b.write(0, value);
  enterMmx(b);
});

const emptyMmx = mmx((b) => {
  b.setState('ftop', b.i32(0));
  b.setState('fempty', b.i32(0xff));
});

const andNot: Compute = (b, x, y) => vector(b, 'v128.andnot', y, x);

export const packedInteger: Family = {
  name: 'packed-integer',
  rows: [
    ...SAME_IN_BOTH.flatMap(([opcode, name, op]) => inBothFiles(opcode, name, plain(op))),
    ...WITH_SSE.flatMap(([opcode, name, compute]) => inBothFiles(opcode, name, compute, ['sse', 'sse2'])),
    ...inBothFiles('df', 'pandn', andNot),
    ...inBothFiles('e5', 'pmulhw', multiplyHigh('s')),
    ...inBothFiles('f4', 'pmuludq', multiplyEvenUnsigned, ['sse2', 'sse2']),
    ...inBothFiles('d4', 'paddq', plain('i64x2.add'), ['sse2', 'sse2']),
    ...inBothFiles('fb', 'psubq', plain('i64x2.sub'), ['sse2', 'sse2']),
    ...packs('63', 'packsswb', 'i8x16.narrow_i16x8_s'),
    ...packs('67', 'packuswb', 'i8x16.narrow_i16x8_u'),
    ...packs('6b', 'packssdw', 'i16x8.narrow_i32x4_s'),
    ...unpacks('60', 'punpcklbw', 1, false),
    ...unpacks('61', 'punpcklwd', 2, false),
    ...unpacks('62', 'punpckldq', 4, false),
    ...unpacks('68', 'punpckhbw', 1, true),
    ...unpacks('69', 'punpckhwd', 2, true),
    ...unpacks('6a', 'punpckhdq', 4, true),
    row(
      '66 0f 6c /r',
      'punpcklqdq',
      'Vdq,Wdq',
      sseBinary((_b, x, y) => shuffleLanes(x, y, 8, [0, 2])),
      { feature: 'sse2' },
    ),
    row(
      '66 0f 6d /r',
      'punpckhqdq',
      'Vdq,Wdq',
      sseBinary((_b, x, y) => shuffleLanes(x, y, 8, [1, 3])),
      { feature: 'sse2' },
    ),
    ...SHIFTS.flatMap(shiftRows),
    row('66 0f 73 /3', 'psrldq', 'Udq,Ib', shiftBytes(false), { feature: 'sse2' }),
    row('66 0f 73 /7', 'pslldq', 'Udq,Ib', shiftBytes(true), { feature: 'sse2' }),
    row('np 0f c4 /r mem', 'pinsrw', 'Pq,Mw,Ib', insertWord('mmx'), { feature: 'sse' }),
    row('np 0f c4 /r mod3', 'pinsrw', 'Pq,Rd,Ib', insertWord('mmx'), { feature: 'sse' }),
    row('66 0f c4 /r mem', 'pinsrw', 'Vdq,Mw,Ib', insertWord('xmm'), { feature: 'sse2' }),
    row('66 0f c4 /r mod3', 'pinsrw', 'Vdq,Rd,Ib', insertWord('xmm'), { feature: 'sse2' }),
    row('np 0f c5 /r', 'pextrw', 'Gd,Nq,Ib', extractWord('mmx'), { feature: 'sse' }),
    row('66 0f c5 /r', 'pextrw', 'Gd,Udq,Ib', extractWord('xmm'), { feature: 'sse2' }),
    row('np 0f d7 /r', 'pmovmskb', 'Gd,Nq', mmxSignMask, { feature: 'sse' }),
    row('np 0f 6e /r', 'movd', 'Pq,Ey', loadMmx, { feature: 'mmx' }),
    row('np 0f 7e /r', 'movd', 'Ey,Pq', storeMmx, { feature: 'mmx' }),
    row('np 0f 6f /r', 'movq', 'Pq,Qq', moveMmx, { feature: 'mmx' }),
    row('np 0f 7f /r', 'movq', 'Qq,Pq', moveMmx, { feature: 'mmx' }),
    row('np 0f e7 /r', 'movntq', 'Mq,Pq', moveMmx, { feature: 'sse' }),
    row('np 0f 77', 'emms', '', emptyMmx, { feature: 'mmx' }),
  ],
};
