/**
 * How the status flags follow from an operation: one row a kind of operation, over (a, b, result).
 *
 * At rest the flags are two 64-bit words, so that no reader has to know which operation made them:
 *   flagsResult  the result, sign-extended from its size: ZF = (it is 0), SF = its sign, PF = parity of its low byte
 *   flagsExtra   bit 63 CF; bit 62 CF xor OF; bit 3 AF; bit 7 inverts SF; bits 8-15 are xor-ed into PF's byte
 * Other bits of flagsExtra are noise. (The idea of a result word plus a carry vector: D. Mihocka and S. Shwartsman,
 * "Virtualization without direct execution", 2008.) Translated code keeps (kind, a, b, result) and computes the words
 * only where they are needed.
 */
import type { OpBuilder } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';

export type FlagKind =
  | 'add' // result = a + b
  | 'adc' // result = a + b + carry
  | 'sub' // result = a - b, also cmp and neg
  | 'sbb' // result = a - b - borrow
  | 'logic' // CF = OF = AF = 0
  | 'inc' // b: carry before (0 or 1)
  | 'dec' // b: carry before (0 or 1)
  | 'shl' // a shifted by b, 1 <= b < 64
  | 'shr'
  | 'sar'
  | 'shrd'
  | 'mul'; // a: CF = OF as i32 0 or 1

export interface FlagFormula {
  /** flagsExtra as an i64. */
  extra(b: OpBuilder, size: number, left: Value, right: Value, result: Value): Value;
  /** CF alone as an i32 of 0 or 1, when it is cheaper than from `extra`. */
  carry(b: OpBuilder, size: number, left: Value, right: Value, result: Value): Value;
}

const AF_BIT = 8;

/** flagsExtra from the vector of carries out of each bit. */
function fromCarries(b: OpBuilder, size: number, carries: Value): Value {
  if (size === 8) return b.and(carries, b.i64(0xc000_0000_0000_0008n));
  const fixed = b.let(carries);
  return b.or(b.shl(b.widen(fixed), b.i64(64 - size * 8)), b.widen(b.and(fixed, b.i32(AF_BIT))));
}

/** Carries of r = x + y (+ carry). */
function addCarries(b: OpBuilder, x: Value, y: Value, r: Value): Value {
  return b.or(b.and(x, y), b.and(b.or(x, y), b.xor(r, b.int(r.type, -1))));
}

/** Borrows of r = x - y (- borrow). */
function subBorrows(b: OpBuilder, x: Value, y: Value, r: Value): Value {
  const notX = b.xor(x, b.int(x.type, -1));
  return b.or(b.and(notX, y), b.and(b.or(notX, y), r));
}

/** flagsExtra from CF, OF and AF as i32 values of 0 or 1. */
export function packExtra(b: OpBuilder, carry: Value, overflow: Value, adjust: Value): Value {
  const c = b.let(carry);
  const high = b.or(b.shl(b.widen(c), b.i64(63)), b.shl(b.widen(b.xor(c, overflow)), b.i64(62)));
  return adjust.isNumber(0) ? high : b.or(high, b.widen(b.shl(adjust, b.i32(3))));
}

/** Bit `index` of an integer as an i32 of 0 or 1. */
function bit(b: OpBuilder, value: Value, index: Value): Value {
  return b.and(b.wrap(b.shrU(value, index)), b.i32(1));
}

function topBit(b: OpBuilder, size: number, value: Value): Value {
  return bit(b, value, b.int(value.type, size * 8 - 1));
}

/** Bit that leaves on a left shift by n: bit (width - n); zero once n > width. */
function shlCarry(b: OpBuilder, size: number, a: Value, n: Value): Value {
  if (size === 8) return bit(b, a, b.and(b.sub(b.i64(0), n), b.i64(63)));
  return bit(b, b.shl(b.widen(a), b.widen(n)), b.i64(size * 8));
}

function shrCarry(b: OpBuilder, a: Value, n: Value): Value {
  return bit(b, a, b.sub(n, b.int(n.type, 1)));
}

function sarCarry(b: OpBuilder, size: number, a: Value, n: Value): Value {
  const wide = b.signExtend(a, size);
  return b.and(b.wrap(b.shrS(wide, b.sub(n, b.int(n.type, 1)))), b.i32(1));
}

const equals = (b: OpBuilder, value: Value, mask: number, wanted: number): Value =>
  b.eq(b.and(b.wrap(value), b.i32(mask)), b.i32(wanted));

/** Is the value exactly `pattern` at its size (0x80 -> most negative, 0x7f -> most positive)? */
function isEdge(b: OpBuilder, size: number, value: Value, mostNegative: boolean): Value {
  const sign = 1n << BigInt(size * 8 - 1);
  const wanted = mostNegative ? sign : sign - 1n;
  return b.compare('eq', value, b.int(value.type, BigInt.asIntN(value.type === 'i64' ? 64 : 32, wanted)));
}

const zero = (b: OpBuilder): Value => b.i32(0);

export const flagKinds: Readonly<Record<FlagKind, FlagFormula>> = {
  add: {
    extra: (b, size, x, y, r) => fromCarries(b, size, addCarries(b, x, y, r)),
    carry: (b, _size, x, _y, r) => b.ltU(r, x),
  },
  adc: {
    extra: (b, size, x, y, r) => fromCarries(b, size, addCarries(b, x, y, r)),
    carry: (b, size, x, y, r) => topBit(b, size, addCarries(b, x, y, r)),
  },
  sub: {
    extra: (b, size, x, y, r) => fromCarries(b, size, subBorrows(b, x, y, r)),
    carry: (b, _size, x, y) => b.ltU(x, y),
  },
  sbb: {
    extra: (b, size, x, y, r) => fromCarries(b, size, subBorrows(b, x, y, r)),
    carry: (b, size, x, y, r) => topBit(b, size, subBorrows(b, x, y, r)),
  },
  logic: { extra: (b) => b.i64(0), carry: zero },
  inc: {
    extra: (b, size, _x, old, r) => packExtra(b, b.wrap(old), isEdge(b, size, r, true), equals(b, r, 15, 0)),
    carry: (b, _size, _x, old) => b.wrap(old),
  },
  dec: {
    extra: (b, size, _x, old, r) => packExtra(b, b.wrap(old), isEdge(b, size, r, false), equals(b, r, 15, 15)),
    carry: (b, _size, _x, old) => b.wrap(old),
  },
  shl: {
    extra: (b, size, x, n, r) => {
      const carry = b.let(shlCarry(b, size, x, n));
      return packExtra(b, carry, b.xor(carry, topBit(b, size, r)), zero(b));
    },
    carry: (b, size, x, n) => shlCarry(b, size, x, n),
  },
  shr: {
    extra: (b, size, x, n, _r) => packExtra(b, shrCarry(b, x, n), topBit(b, size, x), zero(b)),
    carry: (b, _size, x, n) => shrCarry(b, x, n),
  },
  sar: {
    extra: (b, size, x, n) => packExtra(b, sarCarry(b, size, x, n), zero(b), zero(b)),
    carry: (b, size, x, n) => sarCarry(b, size, x, n),
  },
  shrd: {
    extra: (b, size, x, n, r) =>
      packExtra(b, shrCarry(b, x, n), b.xor(topBit(b, size, x), topBit(b, size, r)), zero(b)),
    carry: (b, _size, x, n) => shrCarry(b, x, n),
  },
  mul: {
    extra: (b, _size, x) => b.shl(b.widen(b.wrap(x)), b.i64(63)),
    carry: (b, _size, x) => b.wrap(x),
  },
};
