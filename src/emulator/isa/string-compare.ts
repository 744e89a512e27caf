/** SSE4.2 string comparison: PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM volume 2, 4.1). */
import type { Value } from '../codegen/value.js';
import { OF, SF, ZF } from './eflags.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';
import { spill, vector, vectorConstant } from './vector.js';
import { callRoutine, immediateByte, sseUnaligned } from './vector-unit.js';

const FEATURE = { feature: 'sse42' } as const;
const [RAX, RCX, RDX] = [0, 1, 2];
const WORDS = 1;
const MOST_SIGNIFICANT = 0x40;

/** |rAX| or |rDX|, at most the number of elements. */
function explicitLength(b: InstructionBuilder, register: number, count: Value): Value {
  const wide = b.operandSize === 8;
  const value = b.let(wide ? b.gpr(register, 8) : b.widenSigned(b.gpr(register, 4)));
  const negative = b.compare('ltS', value, b.i64(0));
  const magnitude = b.let(b.select(negative, b.sub(b.i64(0), value), value));
  return b.let(b.select(b.ltU(magnitude, b.widen(count)), b.wrap(magnitude), count));
}

interface Compared {
  readonly immediate: Value;
  readonly count: Value;
  readonly bits: Value;
}

/** Compares and sets the flags. */
function compare(b: InstructionBuilder, explicit: boolean): Compared {
  const immediate = immediateByte(b, 2);
  const words = b.and(immediate, b.i32(WORDS));
  const count = b.let(b.select(words, b.i32(8), b.i32(16)));
  const second = b.let(b.read(1));
  spill(b, 'scratch0', b.read(0));
  spill(b, 'scratch1', second);
  const length = (which: 0 | 1): Value =>
    explicit
      ? explicitLength(b, which === 0 ? RAX : RDX, count)
      : callRoutine(b, 'sseStringLength', b.i32(which), immediate);
  const [firstLength, secondLength] = [length(0), length(1)];
  const bits = callRoutine(b, 'sseStringCompare', immediate, firstLength, secondLength);
  const flag = (condition: Value, mask: number): Value => b.mul(condition, b.i32(mask));
  const flags = [
    flag(b.ltU(secondLength, count), ZF),
    flag(b.ltU(firstLength, count), SF),
    flag(b.and(bits, b.i32(1)), OF),
  ].reduce((x, y) => b.or(x, y), b.ne(bits, b.i32(0)));
  b.setStatusFlags(b.let(flags));
  return { immediate, count, bits };
}

const toIndex = (explicit: boolean): Semantics =>
  sseUnaligned((b) => {
    const { immediate, count, bits } = compare(b, explicit);
    const last = b.sub(b.i32(31), b.clz(bits));
    const found = b.select(b.and(immediate, b.i32(MOST_SIGNIFICANT)), last, b.ctz(bits));
    b.setGpr(RCX, 4, b.let(b.select(bits, found, count)));
  });

/** Bits as they are, or each widened to its element. */
const toMask = (explicit: boolean): Semantics =>
  sseUnaligned((b) => {
    const { immediate, bits } = compare(b, explicit);
    const spread = (shape: 'i8x16' | 'i16x8', weights: Value, source: Value): Value =>
      vector(b, `${shape}.eq`, vector(b, 'v128.and', source, weights), weights);
    const swizzled = vector(
      b,
      'i8x16.swizzle',
      vector(b, 'i16x8.splat', bits),
      vectorConstant(0n, 0x0101010101010101n),
    );
    const bytes = spread('i8x16', vectorConstant(0x8040201008040201n, 0x8040201008040201n), swizzled);
    const words = spread(
      'i16x8',
      vectorConstant(0x0008000400020001n, 0x0080004000200010n),
      vector(b, 'i16x8.splat', bits),
    );
    const wide = b.select(b.and(immediate, b.i32(WORDS)), words, bytes);
    const plain = b.op('v128', 0xfd001c, vectorConstant(0n, 0n), bits, 0);
    b.setState('xmm0', b.let(b.select(b.and(immediate, b.i32(MOST_SIGNIFICANT)), wide, plain)));
  });

export const stringCompare: Family = {
  name: 'string-compare',
  rows: [
    row('66 0f 3a 60 /r', 'pcmpestrm', 'Vdq,Wdq,Ib', toMask(true), FEATURE),
    row('66 0f 3a 61 /r', 'pcmpestri', 'Vdq,Wdq,Ib', toIndex(true), FEATURE),
    row('66 0f 3a 62 /r', 'pcmpistrm', 'Vdq,Wdq,Ib', toMask(false), FEATURE),
    row('66 0f 3a 63 /r', 'pcmpistri', 'Vdq,Wdq,Ib', toIndex(false), FEATURE),
  ],
};
