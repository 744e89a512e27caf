/** SSE data movement: loads and stores, halves, shuffles, unpacking, masks, MXCSR. No arithmetic. */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';
import { lane, shuffleLanes, spill, spilledLane, type VectorOp, vector, vectorTest, withLane } from './vector.js';
import {
  enterMmx,
  immediateByte,
  mmx,
  readMmx,
  registerHalf,
  sse,
  sseUnaligned,
  writeHalf,
  writeMmx,
  writeZeroExtended,
} from './vector-unit.js';

const SSE: RowOptions = { feature: 'sse' };
const SSE2: RowOptions = { feature: 'sse2' };
const SSE3: RowOptions = { feature: 'sse3' };
const GENERAL_PROTECTION = 13;
/** MXCSR bits that exist (MXCSR_MASK of a processor with DAZ). */
export const MXCSR_MASK = 0xffff;

const copy: Semantics = (b) => b.write(0, b.read(1));

/** MOVSS and MOVSD: from memory they clear the rest of the register, between registers they keep it. */
const scalarLoad = sseUnaligned((b) => {
  const value = b.read(1);
  if (b.isMemory(1)) writeZeroExtended(b, 0, value);
  else b.write(0, value);
});

/** To an XMM register with zeros above, to memory as it is. */
const zeroExtending = sseUnaligned((b) => {
  const value = b.read(1);
  if (b.isMemory(0)) b.write(0, value);
  else writeZeroExtended(b, 0, value);
});

/** Between XMM and a general register or memory. */
const toGeneral = sseUnaligned((b) => b.write(0, b.read(1)));

const fromHalf = (half: 0 | 1): Semantics => sseUnaligned((b) => b.write(0, registerHalf(b, 1, half)));

/** Memory, or half `from` of a register, into half `to`. */
function intoHalf(to: 0 | 1, from: 0 | 1): Semantics {
  return sseUnaligned((b) => {
    const value = b.isMemory(1) ? b.let(b.read(1, 'i64')) : registerHalf(b, 1, from);
    writeHalf(b, 0, to, value);
  });
}

/** dst = shuffle(dst, src) by constant lanes. */
function shuffled(bytes: 1 | 2 | 4 | 8, lanes: readonly number[]): Semantics {
  return sse((b) => {
    const y = b.let(b.read(1));
    b.write(0, shuffleLanes(b.let(b.read(0)), y, bytes, lanes));
  });
}

/** dst = src with its own lanes in another order. */
const rearranged = (lanes: readonly number[]): Semantics =>
  sse((b) => {
    const y = b.let(b.read(1));
    b.write(0, shuffleLanes(y, y, 4, lanes));
  });

/** Four dwords: two of x, two of y, chosen by the immediate's two-bit fields. */
function pickDwords(b: InstructionBuilder, x: Value, y: Value, order: Value): Value {
  if (order.isConst) {
    const bits = Number(order.imm);
    return shuffleLanes(
      x,
      y,
      4,
      [0, 2, 4, 6].map((shift, i) => ((bits >> shift) & 3) + (i < 2 ? 0 : 4)),
    );
  }
  const sources = [spill(b, 'scratch0', x), spill(b, 'scratch1', y)] as const;
  const pick = (i: number): Value => {
    const index = b.and(b.shrU(order, b.i32(i * 2)), b.i32(3));
    return spilledLane(b, sources[i < 2 ? 0 : 1], 4, index);
  };
  let result = b.let(vector(b, 'i32x4.splat', pick(0)));
  for (const i of [1, 2, 3]) result = b.let(withLane(b, result, 4, i, pick(i)));
  return result;
}

const shufps = sse((b) => {
  const order = immediateByte(b, 2);
  const y = b.let(b.read(1));
  b.write(0, pickDwords(b, b.let(b.read(0)), y, order));
});

const pshufd = sse((b) => {
  const order = immediateByte(b, 2);
  const y = b.let(b.read(1));
  b.write(0, pickDwords(b, y, y, order));
});

const shufpd = sse((b) => {
  const order = immediateByte(b, 2);
  const y = b.let(b.read(1));
  const x = b.let(b.read(0));
  const pick = (v: Value, bit: number): Value => b.select(b.and(order, b.i32(bit)), lane(b, v, 8, 1), lane(b, v, 8, 0));
  const low = b.let(vector(b, 'i64x2.splat', pick(x, 1)));
  b.write(0, withLane(b, low, 8, 1, pick(y, 2)));
});

/** Four words of a 64-bit value, chosen by the immediate. */
function pickWords(b: InstructionBuilder, words: Value, order: Value): Value {
  const pick = (i: number): Value => {
    const index = b.and(b.shrU(order, b.i32(i * 2)), b.i32(3));
    const word = b.and(b.shrU(words, b.widen(b.shl(index, b.i32(4)))), b.i64(0xffff));
    return b.shl(word, b.i64(i * 16));
  };
  return [0, 1, 2, 3].map(pick).reduce((x, y) => b.or(x, y));
}

/** PSHUFLW and PSHUFHW: the words of one half in another order, the other half as it is. */
const shuffleHalf = (half: 0 | 1): Semantics =>
  sse((b) => {
    const order = immediateByte(b, 2);
    const y = b.let(b.read(1));
    b.write(0, withLane(b, y, 8, half, pickWords(b, b.let(lane(b, y, 8, half)), order)));
  });

const pshufw = mmx((b) => {
  const order = immediateByte(b, 2);
  writeMmx(b, 0, pickWords(b, readMmx(b, 1), order));
});

/** Sign bits of lanes into a general register. */
const signMask = (op: 'i8x16.bitmask' | 'i32x4.bitmask' | 'i64x2.bitmask'): Semantics =>
  sseUnaligned((b) => b.write(0, b.resize(vectorTest(b, op, b.read(1)), b.size(0))));

const logic = (op: VectorOp, swapped = false): Semantics =>
  sse((b) => {
    const y = b.let(b.read(1));
    const x = b.read(0);
    b.write(0, swapped ? vector(b, op, y, x) : vector(b, op, x, y));
  });

/** MASKMOVDQU/MASKMOVQ: the bytes whose mask has its top bit set, to DS:rDI. */
function maskedStore(bytes: 8 | 16): Semantics {
  return (b) => {
    b.requireUnit(bytes === 16 ? 'sse' : 'mmx');
    const size = b.instruction.addressSize;
    const base = b.let(b.offsetIn(size, b.gpr(7, 8)));
    for (let i = 0; i < bytes; i++) {
      const half = i < 8 ? 0 : 1;
      const shift = b.i64((i % 8) * 8);
      const mask = b.shrU(registerHalf(b, 1, half), shift);
      b.if(b.and(b.wrap(mask), b.i32(0x80)), () => {
        const value = b.and(b.wrap(b.shrU(registerHalf(b, 0, half), shift)), b.i32(0xff));
        b.storeAt(b.instruction.segment, b.offsetIn(size, b.add(base, b.i64(i))), value, 1);
      });
    }
    if (bytes === 8) enterMmx(b);
  };
}

const loadMxcsr = sseUnaligned((b) => {
  const value = b.let(b.read(0));
  b.raiseIf(b.and(value, b.i32(~MXCSR_MASK)), GENERAL_PROTECTION, 0);
  b.setState('mxcsr', value);
});

/** Each [opcode, name, semantics] for PS (no prefix) and PD (66). */
function psAndPd(opcode: string, name: string, operands: [string, string], ps: Semantics, pd: Semantics): Row[] {
  return [
    row(`np 0f ${opcode} /r`, `${name}ps`, operands[0], ps, SSE),
    row(`66 0f ${opcode} /r`, `${name}pd`, operands[1], pd, SSE2),
  ];
}

const V_W: [string, string] = ['Vps,Wps', 'Vpd,Wpd'];
const W_V: [string, string] = ['Wps,Vps', 'Wpd,Vpd'];
const M_V: [string, string] = ['Mps,Vps', 'Mpd,Vpd'];
const both = (opcode: string, name: string, operands: [string, string], run: Semantics): Row[] =>
  psAndPd(opcode, name, operands, run, run);

export const sseMove: Family = {
  name: 'sse-move',
  rows: [
    ...both('10', 'movu', V_W, sseUnaligned(copy)),
    ...both('11', 'movu', W_V, sseUnaligned(copy)),
    row('f3 0f 10 /r', 'movss', 'Vss,Wss', scalarLoad, SSE),
    row('f3 0f 11 /r', 'movss', 'Wss,Vss', sseUnaligned(copy), SSE),
    row('f2 0f 10 /r', 'movsd', 'Vsd,Wsd', scalarLoad, SSE2),
    row('f2 0f 11 /r', 'movsd', 'Wsd,Vsd', sseUnaligned(copy), SSE2),
    ...both('28', 'mova', V_W, sse(copy)),
    ...both('29', 'mova', W_V, sse(copy)),
    ...both('2b', 'movnt', M_V, sse(copy)),
    row('np 0f 12 /r mod3', 'movhlps', 'Vq,Uq', intoHalf(0, 1), SSE),
    row('np 0f 12 /r mem', 'movlps', 'Vq,Mq', intoHalf(0, 0), SSE),
    row('66 0f 12 /r', 'movlpd', 'Vq,Mq', intoHalf(0, 0), SSE2),
    row('np 0f 16 /r mod3', 'movlhps', 'Vq,Uq', intoHalf(1, 0), SSE),
    row('np 0f 16 /r mem', 'movhps', 'Vq,Mq', intoHalf(1, 0), SSE),
    row('66 0f 16 /r', 'movhpd', 'Vq,Mq', intoHalf(1, 0), SSE2),
    row('np 0f 13 /r', 'movlps', 'Mq,Vq', fromHalf(0), SSE),
    row('66 0f 13 /r', 'movlpd', 'Mq,Vq', fromHalf(0), SSE2),
    row('np 0f 17 /r', 'movhps', 'Mq,Vq', fromHalf(1), SSE),
    row('66 0f 17 /r', 'movhpd', 'Mq,Vq', fromHalf(1), SSE2),
    ...psAndPd('14', 'unpckl', V_W, shuffled(4, [0, 4, 1, 5]), shuffled(8, [0, 2])),
    ...psAndPd('15', 'unpckh', V_W, shuffled(4, [2, 6, 3, 7]), shuffled(8, [1, 3])),
    ...psAndPd('c6', 'shuf', ['Vps,Wps,Ib', 'Vpd,Wpd,Ib'], shufps, shufpd),
    ...both('54', 'and', V_W, logic('v128.and')),
    ...both('55', 'andn', V_W, logic('v128.andnot', true)),
    ...both('56', 'or', V_W, logic('v128.or')),
    ...both('57', 'xor', V_W, logic('v128.xor')),
    ...psAndPd('50', 'movmsk', ['Gd,Udq', 'Gd,Udq'], signMask('i32x4.bitmask'), signMask('i64x2.bitmask')),
    row('66 0f d7 /r', 'pmovmskb', 'Gd,Udq', signMask('i8x16.bitmask'), SSE2),
    row('f3 0f 12 /r', 'movsldup', 'Vps,Wps', rearranged([0, 0, 2, 2]), SSE3),
    row('f3 0f 16 /r', 'movshdup', 'Vps,Wps', rearranged([1, 1, 3, 3]), SSE3),
    row(
      'f2 0f 12 /r',
      'movddup',
      'Vdq,Wq',
      sseUnaligned((b) => b.write(0, vector(b, 'i64x2.splat', b.read(1)))),
      SSE3,
    ),

    row('66 0f 6f /r', 'movdqa', 'Vdq,Wdq', sse(copy), SSE2),
    row('66 0f 7f /r', 'movdqa', 'Wdq,Vdq', sse(copy), SSE2),
    row('f3 0f 6f /r', 'movdqu', 'Vdq,Wdq', sseUnaligned(copy), SSE2),
    row('f3 0f 7f /r', 'movdqu', 'Wdq,Vdq', sseUnaligned(copy), SSE2),
    row('f2 0f f0 /r', 'lddqu', 'Vdq,Mdq', sseUnaligned(copy), SSE3),
    row('66 0f e7 /r', 'movntdq', 'Mdq,Vdq', sse(copy), SSE2),
    row('66 0f 38 2a /r', 'movntdqa', 'Vdq,Mdq', sse(copy), { feature: 'sse41' }),
    row('66 0f 6e /r', 'movd', 'Vy,Ey', zeroExtending, SSE2),
    row('66 0f 7e /r', 'movd', 'Ey,Vy', toGeneral, SSE2),
    row('f3 0f 7e /r', 'movq', 'Vq,Wq', zeroExtending, SSE2),
    row('66 0f d6 /r', 'movq', 'Wq,Vq', zeroExtending, SSE2),
    row('f3 0f d6 /r', 'movq2dq', 'Vq,Nq', mmxToXmm(), SSE2),
    row(
      'f2 0f d6 /r',
      'movdq2q',
      'Pq,Uq',
      mmx((b) => writeMmx(b, 0, registerHalf(b, 1, 0))),
      SSE2,
    ),
    row('66 0f f7 /r', 'maskmovdqu', 'Vdq,Udq', maskedStore(16), SSE2),
    row('np 0f f7 /r', 'maskmovq', 'Pq,Nq', maskedStore(8), SSE),
    row('66 0f 70 /r', 'pshufd', 'Vdq,Wdq,Ib', pshufd, SSE2),
    row('f2 0f 70 /r', 'pshuflw', 'Vdq,Wdq,Ib', shuffleHalf(0), SSE2),
    row('f3 0f 70 /r', 'pshufhw', 'Vdq,Wdq,Ib', shuffleHalf(1), SSE2),
    row('np 0f 70 /r', 'pshufw', 'Pq,Qq,Ib', pshufw, SSE),

    row('np 0f ae /2', 'ldmxcsr', 'Md', loadMxcsr, SSE),
    row(
      'np 0f ae /3',
      'stmxcsr',
      'Md',
      sseUnaligned((b) => b.write(0, b.state('mxcsr'))),
      SSE,
    ),
  ],
};

function mmxToXmm(): Semantics {
  return mmx((b) => {
    const value = readMmx(b, 1);
    enterMmx(b);
    writeZeroExtended(b, 0, value);
  });
}
