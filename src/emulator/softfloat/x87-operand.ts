// Access of host-side x87 functions to the register stack, and the rules that all of them share: empty operands,
// unsupported encodings, NaNs. Rounding and status updates go through the same routines that generated code calls.

import { stateAddress } from '../cpu/state-layout.js';
import { C1, DE, IE, SF } from './control.js';
import { bitLength } from './fixed-point.js';

const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;
export const BIAS = 0x3fff;

export interface RegisterValue {
  readonly significand: bigint;
  readonly signExponent: number;
}

export const DEFAULT_NAN: RegisterValue = { significand: INTEGER_BIT | QUIET_BIT, signExponent: 0xffff };
export const ONE_VALUE: RegisterValue = { significand: INTEGER_BIT, signExponent: BIAS };

export const signOf = (a: RegisterValue): 0 | 1 => ((a.signExponent >> 15) & 1) as 0 | 1;
const exponentField = (a: RegisterValue): number => a.signExponent & 0x7fff;
export const isZero = (a: RegisterValue): boolean => a.significand === 0n && exponentField(a) === 0;
export const isInfinite = (a: RegisterValue): boolean => exponentField(a) === 0x7fff && a.significand === INTEGER_BIT;
export const isUnsupported = (a: RegisterValue): boolean => exponentField(a) !== 0 && a.significand < INTEGER_BIT;
export const isNaN80 = (a: RegisterValue): boolean => exponentField(a) === 0x7fff && a.significand > INTEGER_BIT;
export const isDenormal = (a: RegisterValue): boolean => exponentField(a) === 0 && a.significand !== 0n;
export const infinity = (sign: number): RegisterValue => ({
  significand: INTEGER_BIT,
  signExponent: (sign << 15) | 0x7fff,
});
export const zero = (sign: number): RegisterValue => ({ significand: 0n, signExponent: sign << 15 });

/** |a| = mantissa * 2^exponent of a finite value. */
export function magnitude(a: RegisterValue): { mantissa: bigint; exponent: number } {
  return { mantissa: a.significand, exponent: Math.max(exponentField(a), 1) - BIAS - 63 };
}

/** floor(log2 |a|) of a finite nonzero value. */
export function binaryExponent(a: RegisterValue): number {
  const { mantissa, exponent } = magnitude(a);
  return exponent + bitLength(mantissa) - 1;
}

/** The routines that host-side functions call, as instance exports. */
export interface X87Routines {
  roundExtended(sign: number, exponent: number, hi: bigint, lo: bigint, control: number): [number, bigint, number];
  x87Raise(flags: number): void;
  x87Finish(address: number, significand: bigint, signExponent: number, flags: number): number;
  x87Push(significand: bigint, signExponent: number, flags: number): void;
  extendedNaN(aSig: bigint, aSe: number, bSig: bigint, bSe: number): [bigint, number, number];
}

/** What a function yields before it is written. */
export interface Result {
  readonly value: RegisterValue;
  readonly flags: number;
}

export class X87Stack {
  private readonly memory: WebAssembly.Memory;
  readonly routines: X87Routines;

  constructor(memory: WebAssembly.Memory, routines: X87Routines) {
    this.memory = memory;
    this.routines = routines;
  }

  private get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  private word(name: string): number {
    return this.view.getInt32(stateAddress(name), true);
  }

  private setWord(name: string, value: number): void {
    this.view.setInt32(stateAddress(name), value, true);
  }

  get control(): number {
    return this.word('fcw');
  }

  /** The control word with full precision: what transcendental functions round with. */
  get fullPrecisionControl(): number {
    return (this.control & 0xc3f) | 0x300;
  }

  private physical(i: number): number {
    return (this.word('ftop') + i) & 7;
  }

  isEmpty(i: number): boolean {
    return ((this.word('fempty') >> this.physical(i)) & 1) === 1;
  }

  read(i: number): RegisterValue {
    const at = stateAddress('fpr0') + this.physical(i) * 16;
    return { significand: this.view.getBigUint64(at, true), signExponent: this.view.getUint16(at + 8, true) };
  }

  /** Writes ST(i) and the flags by the x87's rules; tells whether the value was written. */
  finish(i: number, { value, flags }: Result): boolean {
    const physical = this.physical(i);
    const written = this.routines.x87Finish(
      physical * 16,
      BigInt.asIntN(64, value.significand),
      value.signExponent,
      flags,
    );
    if (written) this.setWord('fempty', this.word('fempty') & ~(1 << physical));
    return written !== 0;
  }

  pop(): void {
    const top = this.word('ftop');
    this.setWord('fempty', this.word('fempty') | (1 << top));
    this.setWord('ftop', (top + 1) & 7);
  }

  /** Moves TOP down and fills it; the caller has made sure that the place is empty. */
  pushRaw(value: RegisterValue): void {
    const top = (this.word('ftop') - 1) & 7;
    this.setWord('ftop', top);
    this.setWord('fempty', this.word('fempty') & ~(1 << top));
    const at = stateAddress('fpr0') + top * 16;
    this.view.setBigUint64(at, value.significand, true);
    this.view.setInt32(at + 8, value.signExponent, true);
  }

  /** Replaces the bits of `mask` in the status word. */
  setConditions(mask: number, codes: number): void {
    this.setWord('fsw', (this.word('fsw') & ~mask) | codes);
  }

  setPending(flags: number): void {
    this.setWord('fpending', flags);
  }

  /** Rounds sign * mantissa * 2^exponent; `sticky` when the true value is a little larger in magnitude. */
  round(sign: number, mantissa: bigint, exponent: number, sticky: boolean, control: number): Result {
    if (mantissa === 0n) return { value: zero(sign), flags: 0 };
    const bits = bitLength(mantissa);
    const wide = bits <= 128 ? mantissa << BigInt(128 - bits) : mantissa >> BigInt(bits - 128);
    const lost = sticky || (bits > 128 && wide << BigInt(bits - 128) !== mantissa);
    const lo = (wide & 0xffff_ffff_ffff_ffffn) | (lost ? 1n : 0n);
    const [e, significand, flags] = this.routines.roundExtended(
      sign,
      exponent + bits - 1 + BIAS,
      BigInt.asIntN(64, wide >> 64n),
      BigInt.asIntN(64, lo),
      control,
    );
    const unsigned = BigInt.asUintN(64, significand);
    return { value: { significand: unsigned, signExponent: (sign << 15) | (unsigned < INTEGER_BIT ? 0 : e) }, flags };
  }

  /** The outcome that NaNs and unsupported operands force, or undefined. */
  forced(a: RegisterValue, b: RegisterValue = a): Result | undefined {
    if (![a, b].some((x) => isUnsupported(x) || isNaN80(x))) return undefined;
    const [significand, signExponent, flags] = this.routines.extendedNaN(
      BigInt.asIntN(64, a.significand),
      a.signExponent,
      BigInt.asIntN(64, b.significand),
      b.signExponent,
    );
    return { value: { significand: BigInt.asUintN(64, significand), signExponent }, flags };
  }

  /** DE when an operand is a denormal; the second value tells that it is unmasked and ends the instruction. */
  denormal(...operands: RegisterValue[]): { flags: number; stops: boolean } {
    const flags = operands.some(isDenormal) ? DE : 0;
    return { flags, stops: (flags & ~this.control) !== 0 };
  }
}

export const INVALID: Result = { value: DEFAULT_NAN, flags: IE };
export const UNDERFLOW: Result = { value: DEFAULT_NAN, flags: IE | SF };
export const OVERFLOW: Result = { value: DEFAULT_NAN, flags: IE | SF | C1 };
