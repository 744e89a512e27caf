/**
 * SSE4.1: blends, lane inserts and extracts, widening moves, 32-bit products, tests, dot products; and PCMPGTQ of
 * SSE4.2. String comparison is in string-compare.ts, CRC32 and POPCNT with the bit instructions.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Compute, sseBinary, sseUnary } from './packed-integer.js';
import { type Family, type Row, row, type Semantics } from './row.js';
import { FORMATS, type Precision } from './sse-float.js';
import {
  fromLow,
  type LaneBytes,
  lane,
  shuffleLanes,
  type VectorOp,
  vector,
  vectorConstant,
  vectorTest,
  withLane,
} from './vector.js';
import { callRoutine, commitSse, immediateByte, sse, sseUnaligned } from './vector-unit.js';

const FEATURE = { feature: 'sse41' } as const;

const binary = (opcode: string, name: string, compute: Compute): Row =>
  row(`66 0f 38 ${opcode} /r`, name, 'Vdq,Wdq', sseBinary(compute), FEATURE);
const plain = (opcode: string, name: string, op: VectorOp): Row =>
  binary(opcode, name, (b, x, y) => vector(b, op, x, y));

/** mask ? y : x, bit by bit. */
function choose(b: InstructionBuilder, mask: Value, x: Value, y: Value): Value {
  const fixed = b.let(mask);
  return vector(b, 'v128.or', vector(b, 'v128.and', y, fixed), vector(b, 'v128.andnot', x, fixed));
}

/** All ones in lanes whose bit of the immediate is set. */
function immediateMask(b: InstructionBuilder, bytes: 2 | 4 | 8, immediate: Value): Value {
  const shape = bytes === 2 ? 'i16x8' : bytes === 4 ? 'i32x4' : 'i64x2';
  const bits = Array.from({ length: 16 / bytes }, (_, i) => 1n << BigInt(i));
  const half = (list: bigint[]): bigint => list.reduce((sum, bit, i) => sum | (bit << BigInt(i * bytes * 8)), 0n);
  const middle = bits.length / 2;
  const weights = vectorConstant(half(bits.slice(0, middle)), half(bits.slice(middle)));
  const value = bytes === 8 ? b.widen(immediate) : immediate;
  return vector(b, `${shape}.eq`, vector(b, 'v128.and', vector(b, `${shape}.splat`, value), weights), weights);
}

const blendImmediate = (bytes: 2 | 4 | 8): Semantics =>
  sse((b) => {
    const mask = immediateMask(b, bytes, immediateByte(b, 2));
    const y = b.let(b.read(1));
    b.write(0, choose(b, mask, b.let(b.read(0)), y));
  });

/** The sign bit of each lane of XMM0 chooses. */
function blendVariable(bytes: 1 | 4 | 8): Semantics {
  const shape = bytes === 1 ? 'i8x16' : bytes === 4 ? 'i32x4' : 'i64x2';
  return sse((b) => {
    const mask = vector(b, `${shape}.gt_s`, vectorConstant(0n, 0n), b.state('xmm0'));
    const y = b.let(b.read(1));
    b.write(0, choose(b, mask, b.let(b.read(0)), y));
  });
}

/** PINSRB/D/Q: a general register or memory into lane imm. */
function insert(bytes: 1 | 4 | 8): Semantics {
  return sseUnaligned((b) => {
    const index = b.let(b.and(immediateByte(b, 2), b.i32(16 / bytes - 1)));
    const value = b.let(b.resize(b.read(1), bytes));
    b.storeMemory(bytes, b.add(b.registerAddress(0), b.mul(index, b.i32(bytes))), 0, value);
  });
}

/** PEXTRB/W/D/Q, EXTRACTPS: lane imm to memory, or zero-extended to a register. */
function extract(bytes: LaneBytes): Semantics {
  return sseUnaligned((b) => {
    const index = b.and(immediateByte(b, 2), b.i32(16 / bytes - 1));
    const address = b.add(b.registerAddress(1), b.mul(index, b.i32(bytes)));
    b.write(0, b.resize(b.let(b.loadMemory(bytes === 8 ? 'i64' : 'i32', bytes, address)), b.size(0)));
  });
}

/** INSERTPS: a dword of the source (imm 7-6), to a lane (imm 5-4), then lanes cleared (imm 3-0). */
const insertps = sseUnaligned((b) => {
  const immediate = immediateByte(b, 2);
  const source = b.and(b.shrU(immediate, b.i32(6)), b.i32(3));
  const value = b.isMemory(1)
    ? b.let(b.read(1, 'i32'))
    : b.let(b.loadMemory('i32', 4, b.add(b.registerAddress(1), b.shl(source, b.i32(2)))));
  const to = b.shl(b.and(b.shrU(immediate, b.i32(4)), b.i32(3)), b.i32(2));
  b.storeMemory(4, b.add(b.registerAddress(0), to), 0, value);
  const whole = b.let(b.loadMemory('v128', 16, b.registerAddress(0)));
  b.storeMemory(16, b.registerAddress(0), 0, vector(b, 'v128.andnot', whole, immediateMask(b, 4, immediate)));
});

/** PMOVSX and PMOVZX: low lanes widened one to three steps. The memory operand is only as long as they are. */
function widening(opcode: string, name: string, source: string, steps: readonly VectorOp[]): Row {
  const run = sseUnaligned((b) => {
    const value = b.let(b.read(1));
    const start = value.type === 'v128' ? value : fromLow(b, b.widen(value));
    b.write(
      0,
      steps.reduce((x, op) => vector(b, op, x), start),
    );
  });
  return row(`66 0f 38 ${opcode} /r`, name, `Vdq,${source}`, run, FEATURE);
}

function wideningRows(first: number, letter: 'sx' | 'zx', s: 's' | 'u'): Row[] {
  const [bw, wd, dq] = [
    `i16x8.extend_low_i8x16_${s}`,
    `i32x4.extend_low_i16x8_${s}`,
    `i64x2.extend_low_i32x4_${s}`,
  ] as const;
  const forms: readonly (readonly [string, string, readonly VectorOp[]])[] = [
    ['bw', 'Wq', [bw]],
    ['bd', 'Wd', [bw, wd]],
    ['bq', 'Ww', [bw, wd, dq]],
    ['wd', 'Wq', [wd]],
    ['wq', 'Wd', [wd, dq]],
    ['dq', 'Wq', [dq]],
  ];
  return forms.map(([suffix, source, steps], i) =>
    widening((first + i).toString(16), `pmov${letter}${suffix}`, source, steps),
  );
}

/** PTEST: ZF when no bit is common, CF when the source has none outside the destination. */
const ptest = sse((b) => {
  const y = b.let(b.read(1));
  const x = b.let(b.read(0));
  const common = b.let(vectorTest(b, 'v128.any_true', vector(b, 'v128.and', x, y)));
  const outside = vectorTest(b, 'v128.any_true', vector(b, 'v128.andnot', y, x));
  b.setStatusFlags(b.or(b.shl(b.eqz(common), b.i32(6)), b.eqz(outside)));
});

/** PMULDQ: signed products of even dwords. */
const multiplyEvenSigned: Compute = (b, x, y) => {
  const even = (v: Value): Value => vector(b, 'i64x2.extend_low_i32x4_s', shuffleLanes(v, v, 4, [0, 2, 0, 2]));
  return vector(b, 'i64x2.mul', even(x), even(y));
};

/** The smallest word and its index, by eight comparisons of (word << 3 | index). */
const minimumPosition = sseUnary((b, x) => {
  let best: Value | undefined;
  for (let i = 0; i < 8; i++) {
    const key = b.let(b.or(b.shl(lane(b, x, 2, i), b.i32(3)), b.i32(i)));
    best = best === undefined ? key : b.let(b.select(b.ltU(key, best), key, best));
  }
  const found = best as Value;
  return fromLow(b, b.widen(b.or(b.shrU(found, b.i32(3)), b.shl(b.and(found, b.i32(7)), b.i32(16)))));
});

/** MPSADBW: sums of absolute differences of four bytes of the source with eight windows of the destination. */
const sumsOfDifferences = sse((b) => {
  const immediate = immediateByte(b, 2);
  const y = b.let(b.read(1));
  const x = b.let(b.read(0));
  const identity = vectorConstant(0x0706050403020100n, 0x0f0e0d0c0b0a0908n);
  const from = (v: Value, start: Value): Value =>
    b.let(vector(b, 'i8x16.swizzle', v, vector(b, 'i8x16.add', identity, vector(b, 'i8x16.splat', start))));
  const pattern = from(y, b.shl(b.and(immediate, b.i32(3)), b.i32(2)));
  const windows = from(x, b.and(immediate, b.i32(4)));
  let sum = vectorConstant(0n, 0n);
  for (let i = 0; i < 4; i++) {
    const byte = b.let(vector(b, 'i8x16.splat', lane(b, pattern, 1, i)));
    const order = Array.from({ length: 16 }, (_, n) => Math.min(n + i, 15));
    const shifted = b.let(shuffleLanes(windows, windows, 1, order));
    const difference = vector(
      b,
      'v128.or',
      vector(b, 'i8x16.sub_sat_u', shifted, byte),
      vector(b, 'i8x16.sub_sat_u', byte, shifted),
    );
    sum = b.let(vector(b, 'i16x8.add', sum, vector(b, 'i16x8.extend_low_i8x16_u', difference)));
  }
  b.write(0, sum);
});

/** DPPS and DPPD: products chosen by imm 7-4, summed in pairs, to the lanes chosen by imm 3-0. */
/**
 * Each lane's sum in the order in which processors add, which the payload of NaNs shows: with four products the
 * neighbour in the pair first, then the other pair. `commit` ends a stage: an unmasked exception stops there.
 */
function laneSums(products: readonly Value[], add: (p: Value, q: Value) => Value, commit: () => void): Value[] {
  const [p0, p1, p2, p3] = products as [Value, Value, Value | undefined, Value | undefined];
  if (p2 === undefined || p3 === undefined) return [add(p0, p1), add(p1, p0)];
  const [t0, t1, t2, t3] = [add(p1, p0), add(p0, p1), add(p3, p2), add(p2, p3)];
  commit();
  return [add(t0, t2), add(t1, t3), add(t2, t0), add(t3, t1)];
}

function dotProduct(precision: Precision): Semantics {
  const { bytes, lanes } = FORMATS[precision];
  return sse((b) => {
    const immediate = immediateByte(b, 2);
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const products = Array.from({ length: lanes }, (_, i) => {
      const product = b.temp('i64');
      b.set(product, b.i64(0));
      b.if(b.and(immediate, b.i32(0x10 << i)), () => {
        const operands = [x, y].map((v) => b.widen(lane(b, v, bytes, i))) as [Value, Value];
        b.set(product, callRoutine(b, `sseMultiply${precision}`, ...operands));
      });
      return b.get(product);
    });
    const add = (p: Value, q: Value): Value => callRoutine(b, `sseAdd${precision}`, p, q);
    commitSse(b);
    const sums = laneSums(products, add, () => commitSse(b));
    commitSse(b);
    const result = sums.reduce(
      (whole, sum, i) => withLane(b, whole, bytes, i, bytes === 8 ? sum : b.wrap(sum)),
      vectorConstant(0n, 0n),
    );
    b.write(0, vector(b, 'v128.and', result, immediateMask(b, bytes, immediate)));
  });
}

export const sse4: Family = {
  name: 'sse4',
  rows: [
    row('66 0f 38 10 /r', 'pblendvb', 'Vdq,Wdq', blendVariable(1), FEATURE),
    row('66 0f 38 14 /r', 'blendvps', 'Vps,Wps', blendVariable(4), FEATURE),
    row('66 0f 38 15 /r', 'blendvpd', 'Vpd,Wpd', blendVariable(8), FEATURE),
    row('66 0f 3a 0c /r', 'blendps', 'Vps,Wps,Ib', blendImmediate(4), FEATURE),
    row('66 0f 3a 0d /r', 'blendpd', 'Vpd,Wpd,Ib', blendImmediate(8), FEATURE),
    row('66 0f 3a 0e /r', 'pblendw', 'Vdq,Wdq,Ib', blendImmediate(2), FEATURE),
    row('66 0f 38 17 /r', 'ptest', 'Vdq,Wdq', ptest, FEATURE),
    ...wideningRows(0x20, 'sx', 's'),
    ...wideningRows(0x30, 'zx', 'u'),
    binary('28', 'pmuldq', multiplyEvenSigned),
    plain('29', 'pcmpeqq', 'i64x2.eq'),
    plain('2b', 'packusdw', 'i16x8.narrow_i32x4_u'),
    row(
      '66 0f 38 37 /r',
      'pcmpgtq',
      'Vdq,Wdq',
      sseBinary((b, x, y) => vector(b, 'i64x2.gt_s', x, y)),
      { feature: 'sse42' },
    ),
    plain('38', 'pminsb', 'i8x16.min_s'),
    plain('39', 'pminsd', 'i32x4.min_s'),
    plain('3a', 'pminuw', 'i16x8.min_u'),
    plain('3b', 'pminud', 'i32x4.min_u'),
    plain('3c', 'pmaxsb', 'i8x16.max_s'),
    plain('3d', 'pmaxsd', 'i32x4.max_s'),
    plain('3e', 'pmaxuw', 'i16x8.max_u'),
    plain('3f', 'pmaxud', 'i32x4.max_u'),
    plain('40', 'pmulld', 'i32x4.mul'),
    row('66 0f 38 41 /r', 'phminposuw', 'Vdq,Wdq', minimumPosition, FEATURE),
    row('66 0f 3a 14 /r mem', 'pextrb', 'Mb,Vdq,Ib', extract(1), FEATURE),
    row('66 0f 3a 14 /r mod3', 'pextrb', 'Rd,Vdq,Ib', extract(1), FEATURE),
    row('66 0f 3a 15 /r mem', 'pextrw', 'Mw,Vdq,Ib', extract(2), FEATURE),
    row('66 0f 3a 15 /r mod3', 'pextrw', 'Rd,Vdq,Ib', extract(2), FEATURE),
    row('66 0f 3a 16 /r w0', 'pextrd', 'Ed,Vdq,Ib', extract(4), FEATURE),
    row('66 0f 3a 16 /r w1', 'pextrq', 'Eq,Vdq,Ib', extract(8), FEATURE),
    row('66 0f 3a 17 /r', 'extractps', 'Ed,Vdq,Ib', extract(4), FEATURE),
    row('66 0f 3a 20 /r mem', 'pinsrb', 'Vdq,Mb,Ib', insert(1), FEATURE),
    row('66 0f 3a 20 /r mod3', 'pinsrb', 'Vdq,Rd,Ib', insert(1), FEATURE),
    row('66 0f 3a 21 /r', 'insertps', 'Vdq,Wd,Ib', insertps, FEATURE),
    row('66 0f 3a 22 /r w0', 'pinsrd', 'Vdq,Ed,Ib', insert(4), FEATURE),
    row('66 0f 3a 22 /r w1', 'pinsrq', 'Vdq,Eq,Ib', insert(8), FEATURE),
    row('66 0f 3a 40 /r', 'dpps', 'Vps,Wps,Ib', dotProduct('Single'), FEATURE),
    row('66 0f 3a 41 /r', 'dppd', 'Vpd,Wpd,Ib', dotProduct('Double'), FEATURE),
    row('66 0f 3a 42 /r', 'mpsadbw', 'Vdq,Wdq,Ib', sumsOfDifferences, FEATURE),
  ],
};
