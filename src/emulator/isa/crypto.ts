/**
 * AES-NI and PCLMULQDQ (SDM volume 2, AESENC ff. and PCLMULQDQ; FIPS 197). The state is a column-major matrix of 4 x 4
 * bytes. The S-box is sixteen byte shuffles, each with the entries of one high nibble, instead of a table in memory.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Compute, sseBinary, sseUnary } from './packed-integer.js';
import { type Family, type Row, row, type Semantics } from './row.js';
import { fromLow, lane, shuffle, splatConstant, vector, vectorConstant, withLane } from './vector.js';
import { immediateByte, sse } from './vector-unit.js';

/** x^8 + x^4 + x^3 + x + 1 without its first term. */
const POLYNOMIAL = 0x1b;

/** Twice a byte in GF(2^8). */
const doubled = (x: number): number => ((x << 1) ^ (x & 0x80 ? POLYNOMIAL : 0)) & 0xff;

function product(x: number, y: number): number {
  let sum = 0;
  for (let factor = x, rest = y; rest !== 0; rest >>= 1, factor = doubled(factor)) if (rest & 1) sum ^= factor;
  return sum;
}

/** FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map. */
function substitution(x: number): number {
  // x^254 is the inverse of x, and 0 for 0.
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = product(inverse, x);
  const rotated = (by: number): number => ((inverse << by) | (inverse >> (8 - by))) & 0xff;
  return inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
}

const SBOX: readonly number[] = Array.from({ length: 256 }, (_, x) => substitution(x));
const INVERSE_SBOX: readonly number[] = Array.from({ length: 256 }, (_, y) => SBOX.indexOf(y));

function constantOf(bytes: readonly number[]): Value {
  const half = (from: number): bigint =>
    bytes.slice(from, from + 8).reduce((sum, byte, i) => sum | (BigInt(byte) << BigInt(i * 8)), 0n);
  return vectorConstant(half(0), half(8));
}

/** Each byte looked up in `table`: a shuffle answers 0 for indices above 15, so that exactly one of them counts. */
function substitute(b: InstructionBuilder, x: Value, table: readonly number[]): Value {
  const fixed = b.let(x);
  const parts = Array.from({ length: 16 }, (_, nibble) => {
    const within = vector(b, 'v128.xor', fixed, splatConstant(1, BigInt(nibble << 4)));
    return vector(b, 'i8x16.swizzle', constantOf(table.slice(nibble * 16, nibble * 16 + 16)), within);
  });
  return b.let(parts.reduce((all, part) => vector(b, 'v128.or', all, part)));
}

/** Bytes of a fixed vector in another order: byte i comes from `from(row, column)`. */
function permute(x: Value, from: (row: number, column: number) => number): Value {
  const order = Array.from({ length: 16 }, (_, i) => from(i & 3, i >> 2));
  return shuffle(x, x, order);
}

const shiftRows = (b: InstructionBuilder, x: Value, direction: 1 | -1): Value =>
  b.let(permute(x, (row, column) => row + 4 * ((column + direction * row) & 3)));

const rotateColumns = (b: InstructionBuilder, x: Value, by: number): Value =>
  b.let(permute(x, (row, column) => ((row + by) & 3) + 4 * column));

const xor = (b: InstructionBuilder, ...values: readonly Value[]): Value =>
  values.reduce((x, y) => vector(b, 'v128.xor', x, y));

/** Every byte twice, in GF(2^8). */
function doubledBytes(b: InstructionBuilder, x: Value): Value {
  const fixed = b.let(x);
  const carries = vector(b, 'i8x16.gt_s', vectorConstant(0n, 0n), fixed);
  const reduction = vector(b, 'v128.and', carries, splatConstant(1, BigInt(POLYNOMIAL)));
  return b.let(xor(b, vector(b, 'i8x16.shl', fixed, b.i32(1)), reduction));
}

/** Columns times (2 3 1 1): 2a + 3b + c + d = 2(a + b) + b + c + d. */
function mixColumns(b: InstructionBuilder, x: Value): Value {
  const [next, second, third] = [1, 2, 3].map((by) => rotateColumns(b, x, by)) as [Value, Value, Value];
  return b.let(xor(b, doubledBytes(b, xor(b, x, next)), next, second, third));
}

/** Columns times (14 11 13 9), which is (2 3 1 1) times (5 0 4 0). */
function unmixColumns(b: InstructionBuilder, x: Value): Value {
  const opposite = xor(b, x, rotateColumns(b, x, 2));
  return mixColumns(b, b.let(xor(b, x, doubledBytes(b, doubledBytes(b, opposite)))));
}

/** One round on the destination, the round key in the source. */
const round = (compute: (b: InstructionBuilder, state: Value) => Value): Compute => {
  return (b, state, key) => xor(b, compute(b, state), key);
};

const encryptLast = (b: InstructionBuilder, state: Value): Value => substitute(b, shiftRows(b, state, 1), SBOX);
const decryptLast = (b: InstructionBuilder, state: Value): Value =>
  substitute(b, shiftRows(b, state, -1), INVERSE_SBOX);

/** AESKEYGENASSIST: SubWord and RotWord of dwords 1 and 3, the round constant in the rotated ones. */
const assistKey: Semantics = sse((b) => {
  const constant = immediateByte(b, 2);
  const words = substitute(b, b.let(b.read(1)), SBOX);
  const order = [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12];
  const rotated = vector(b, 'i64x2.splat', b.shl(b.widen(constant), b.i64(32)));
  b.write(0, xor(b, shuffle(words, words, order), rotated));
});

/** PCLMULQDQ: the product of two chosen halves as polynomials over GF(2). */
const multiplyCarryless: Semantics = sse((b) => {
  const immediate = immediateByte(b, 2);
  const second = b.let(b.read(1));
  const first = b.let(b.read(0));
  const half = (x: Value, bit: number): Value =>
    b.let(b.select(b.and(immediate, b.i32(bit)), lane(b, x, 8, 1), lane(b, x, 8, 0)));
  const [x, y] = [half(first, 1), half(second, 0x10)];
  const [low, high, count] = [b.loopVariable(b.i64(0)), b.loopVariable(b.i64(0)), b.loopVariable(b.i64(0))];
  b.loop((again) => {
    const n = b.let(b.get(count));
    const chosen = b.let(b.sub(b.i64(0), b.and(b.shrU(y, n), b.i64(1))));
    b.set(low, b.xor(b.get(low), b.and(b.shl(x, n), chosen)));
    // x >> (64 - n) without a shift by 64.
    const carried = b.shrU(b.shrU(x, b.i64(1)), b.sub(b.i64(63), n));
    b.set(high, b.xor(b.get(high), b.and(carried, chosen)));
    b.set(count, b.add(n, b.i64(1)));
    b.branchIf(again, b.ltU(b.get(count), b.i64(64)));
  });
  b.write(0, withLane(b, fromLow(b, b.get(low)), 8, 1, b.get(high)));
});

const aes = (opcode: string, name: string, run: Semantics): Row =>
  row(`66 0f 38 ${opcode} /r`, name, 'Vdq,Wdq', run, { feature: 'aes' });

export const crypto: Family = {
  name: 'crypto',
  rows: [
    aes('db', 'aesimc', sseUnary(unmixColumns)),
    aes('dc', 'aesenc', sseBinary(round((b, state) => mixColumns(b, encryptLast(b, state))))),
    aes('dd', 'aesenclast', sseBinary(round(encryptLast))),
    aes('de', 'aesdec', sseBinary(round((b, state) => unmixColumns(b, decryptLast(b, state))))),
    aes('df', 'aesdeclast', sseBinary(round(decryptLast))),
    row('66 0f 3a df /r', 'aeskeygenassist', 'Vdq,Wdq,Ib', assistKey, { feature: 'aes' }),
    row('66 0f 3a 44 /r', 'pclmulqdq', 'Vdq,Wdq,Ib', multiplyCarryless, { feature: 'pclmul' }),
  ],
};
