// Operand values at the edges of their types, and random ones around them: what a conformance case is fed with.

import type { Random } from './random.js';

const SHIFT_EDGES = [7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128].map(BigInt);

/** Integer edges of a width in bits: zeros, ones, signs, shift-count edges, alternating patterns. */
function integerEdges(bits: number): bigint[] {
  const max = (1n << BigInt(bits)) - 1n;
  const sign = 1n << BigInt(bits - 1);
  const patterns = [0x5555555555555555n, 0xaaaaaaaaaaaaaaaan, 0x0123456789abcdefn, 0x00ff00ff00ff00ffn];
  const all = [0n, 1n, 2n, 3n, max, max - 1n, sign, sign - 1n, sign + 1n, ...SHIFT_EDGES, ...patterns];
  return [...new Set(all.map((value) => value & max))];
}

interface BinaryFormat {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

export const SINGLE: BinaryFormat = { exponentBits: 8, fractionBits: 23 };
export const DOUBLE: BinaryFormat = { exponentBits: 11, fractionBits: 52 };

/** Bit patterns of an IEEE format: zeros, denormals, limits, powers of two, infinities, quiet and signalling NaNs. */
function floatEdges({ exponentBits, fractionBits }: BinaryFormat): bigint[] {
  const f = BigInt(fractionBits);
  const exponentMax = (1n << BigInt(exponentBits)) - 1n;
  const bias = exponentMax >> 1n;
  const fractionMax = (1n << f) - 1n;
  const quiet = 1n << (f - 1n);
  const of = (exponent: bigint, fraction: bigint) => (exponent << f) | fraction;
  const magnitudes = [
    of(0n, 0n),
    of(0n, 1n),
    of(0n, fractionMax),
    of(1n, 0n),
    of(1n, fractionMax),
    of(exponentMax - 1n, fractionMax),
    of(exponentMax - 1n, 0n),
    of(bias, 0n),
    of(bias, 1n),
    of(bias, quiet),
    of(bias - 1n, 0n),
    of(bias - 1n, fractionMax),
    of(bias + 1n, 0n),
    of(bias + 1n, quiet),
    of(bias + f, 1n),
    of(bias + 30n, fractionMax),
    of(bias + 31n, 0n),
    of(bias + 62n, fractionMax),
    of(bias + 63n, 0n),
    of(bias + 14n, fractionMax),
    of(exponentMax, 0n),
    of(exponentMax, quiet),
    of(exponentMax, quiet | 0x2an),
    of(exponentMax, 1n),
    of(exponentMax, quiet - 1n),
  ];
  const sign = 1n << BigInt(exponentBits + fractionBits);
  return magnitudes.flatMap((magnitude) => [magnitude, magnitude | sign]);
}

const SINGLE_EDGES = floatEdges(SINGLE);
const DOUBLE_EDGES = floatEdges(DOUBLE);

/** A value of a format: an edge, any bits, or a number near another one so that sums cancel and products round. */
export function randomFloat(random: Random, format: BinaryFormat): bigint {
  const edges = format === SINGLE ? SINGLE_EDGES : DOUBLE_EDGES;
  const width = BigInt(1 + format.exponentBits + format.fractionBits);
  const kind = random.below(8);
  if (kind < 3) return random.pick(edges);
  if (kind === 3) return random.u64() & ((1n << width) - 1n);
  const bias = (1n << BigInt(format.exponentBits - 1)) - 1n;
  const exponent = bias + BigInt(random.below(kind === 4 ? 64 : 8)) - 4n;
  let fraction = random.u64() & ((1n << BigInt(format.fractionBits)) - 1n);
  if (kind === 7) fraction &= ~0n << BigInt(random.below(format.fractionBits));
  const sign = BigInt(random.below(2)) << (width - 1n);
  return sign | (exponent << BigInt(format.fractionBits)) | fraction;
}

export interface Extended {
  readonly signExponent: number;
  readonly significand: bigint;
}

const INTEGER_BIT = 1n << 63n;
const EXTENDED_SIGNIFICANDS = [
  0n,
  1n,
  INTEGER_BIT - 1n,
  INTEGER_BIT,
  INTEGER_BIT | 1n,
  INTEGER_BIT | 0x3ffn,
  INTEGER_BIT | 0x400n,
  INTEGER_BIT | 0x7fffffffffn,
  INTEGER_BIT | 0x8000000000n,
  INTEGER_BIT | (INTEGER_BIT >> 1n),
  INTEGER_BIT | (INTEGER_BIT >> 1n) | 7n,
  0x3fffffffffffffffn,
  0x4000000000000000n,
  0xfffffffffffffbffn,
  0xfffffffffffffc00n,
  0xffffffffffffffffn,
];
const EXTENDED_EXPONENTS = [0, 1, 2, 0x3bff, 0x3c00, 0x3f80, 0x3ffe, 0x3fff, 0x4000, 0x401d, 0x401e, 0x403d, 0x403e]
  .concat([0x403f, 0x43fe, 0x43ff, 0x7ffd, 0x7ffe, 0x7fff])
  .flatMap((exponent) => [exponent, exponent | 0x8000]);

/** An 80-bit value, among them pseudo-denormals, unnormals, pseudo-infinities and pseudo-NaNs. */
export function randomExtended(random: Random): Extended {
  const kind = random.below(8);
  if (kind < 3)
    return { signExponent: random.pick(EXTENDED_EXPONENTS), significand: random.pick(EXTENDED_SIGNIFICANDS) };
  if (kind === 3) return { signExponent: random.below(0x10000), significand: random.u64() };
  const spread = kind === 4 ? 160 : 8;
  const signExponent = (0x3fff - spread / 2 + random.below(spread)) | (random.below(2) << 15);
  let significand = random.u64() | INTEGER_BIT;
  if (kind > 5) significand &= BigInt.asUintN(64, ~0n << BigInt(random.below(63)));
  return { signExponent, significand };
}

/** An integer of a width: an edge or any bits. */
export function randomInteger(random: Random, bits: number): bigint {
  const mask = (1n << BigInt(bits)) - 1n;
  if (random.below(3) === 0) return random.u64() & mask;
  const edges = INTEGER_EDGES.get(bits) ?? integerEdges(bits);
  INTEGER_EDGES.set(bits, edges);
  return random.pick(edges);
}

const INTEGER_EDGES = new Map<number, bigint[]>();
