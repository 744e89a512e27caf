// Compares what two processors made of one case, leaving out what the manuals leave undefined, and says the
// differences for people. It does not decide which side is right.

import type { ConformanceCase, Outcome } from './case.js';
import {
  CODE_BASE,
  DATA_BASE,
  HUNG_VECTOR,
  PAGE_BYTES,
  STATE_FX,
  STATE_WINDOW,
  WINDOW_BASE,
  WINDOW_BYTES,
} from './record.js';
import type { StateImage } from './state-image.js';

const GPR_NAMES = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
/** CF, PF, AF, ZF, SF, TF, DF, OF, AC: what a user-mode instruction can change. RF is set in any saved fault frame. */
const COMPARED_FLAGS = 0x40dd5 | 0x100;

/** How a case that runs to its end ends. */
const BREAKPOINT = 3;
const PAGE_FAULT = 14;
const TOP = 0x3800;
/** The x87 status bit of an underflow. */
const UNDERFLOW = 0x10;
/** XSAVE's. */
const WIDEST_ACCESS = 576n;

interface Piece {
  readonly name: string;
  readonly read: (outcome: Outcome, test: ConformanceCase) => bigint | number | string;
}

function undefinedStatusOf({ vector }: Outcome, test: ConformanceCase): number {
  const afterFault = vector === BREAKPOINT ? 0 : (test.undefinedStatusAfterFault ?? 0);
  return (test.undefinedStatus ?? 0) | afterFault;
}

/** Where TOP is undefined, registers are compared by their physical numbers: the ST(i) that is register `i`. */
function comparedSt(outcome: Outcome, test: ConformanceCase, i: number): number {
  const top = (outcome.state.fsw & TOP) >> 11;
  return (undefinedStatusOf(outcome, test) & TOP) === 0 ? i : (i - top) & 7;
}

const hexBytes = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const PIECES: readonly Piece[] = [
  { name: 'vector', read: (o) => o.vector },
  { name: 'error code', read: (o) => o.errorCode },
  { name: 'fault address', read: (o) => o.faultAddress },
  { name: 'rip', read: (o) => o.state.rip },
  { name: 'flags', read: (o, t) => o.state.rflags & COMPARED_FLAGS & ~(t.undefinedFlags ?? 0) },
  ...GPR_NAMES.map((name, i) => ({ name, read: (o: Outcome) => o.state.gpr(i) })),
  { name: 'fcw', read: (o) => o.state.fcw },
  { name: 'fsw', read: (o, t) => o.state.fsw & ~undefinedStatusOf(o, t) },
  { name: 'ftw', read: (o) => o.state.ftw },
  { name: 'mxcsr', read: (o) => o.state.mxcsr },
  ...Array.from({ length: 8 }, (_, i) => ({
    name: `st${i}`,
    read: (o: Outcome, t: ConformanceCase) => extendedText(o.state, comparedSt(o, t, i)),
  })),
  ...Array.from({ length: 16 }, (_, i) => ({ name: `xmm${i}`, read: (o: Outcome) => xmmText(o.state, i) })),
];

/** The differences between two outcomes of a case, one line each; empty when the processors agree. */
export function differences(test: ConformanceCase, expected: Outcome, actual: Outcome): string[] {
  if (expected.vector === HUNG_VECTOR && actual.vector === HUNG_VECTOR) return [];
  if (sameBytes(test, expected, actual)) return [];
  const lines: string[] = [];
  for (const { name, read } of PIECES) {
    const [want, got] = [read(expected, test), read(actual, test)];
    if (want === got || isForgiven(test, name, expected, actual)) continue;
    lines.push(`${name}: expected ${show(want)}, got ${show(got)}`);
  }
  const ignored = test.ignoredWindow ?? [];
  for (let at = 0; at < WINDOW_BYTES; at += 16) {
    const [want, got] = [expected, actual].map((o) => {
      const bytes = o.state.window.slice(at, at + 16);
      for (const [from, to] of ignored) bytes.fill(0, within(from - at), within(to - at));
      return hexBytes(bytes);
    });
    if (want !== got) lines.push(`[${show(WINDOW_BASE + at)}]: expected ${want}, got ${got}`);
  }
  return lines;
}

const within = (at: number): number => Math.min(Math.max(0, at), 16);

/** Differences that no manual rules out. */
function isForgiven(test: ConformanceCase, name: string, expected: Outcome, actual: Outcome): boolean {
  const { vector, faultAddress } = expected;
  if (name === 'error code' && vector === PAGE_FAULT && actual.vector === PAGE_FAULT) {
    // Outside the case's own pages, whether something is mapped (bit 0) is the operating system's affair.
    const page = Number(faultAddress & ~0xfffn);
    return (
      ![CODE_BASE, DATA_BASE, DATA_BASE + PAGE_BYTES].includes(page) &&
      ((expected.errorCode ^ actual.errorCode) & ~1) === 0
    );
  }
  // A wide access may touch any part of it first.
  if (name === 'fault address' && actual.vector === PAGE_FAULT) {
    const distance = actual.faultAddress - faultAddress;
    return distance > -WIDEST_ACCESS && distance < WIDEST_ACCESS && test.wideAccess === true;
  }
  if (test.approximate && name === 'fsw' && (expected.state.fsw ^ actual.state.fsw) === UNDERFLOW) {
    // One unit apart, one may be the smallest normal number and the other a denormal.
    return [0, 1].some((i) => (expected.state.st(i).signExponent & 0x7fff) <= 1);
  }
  if (!test.approximate || !/^st\d$/.test(name)) return false;
  const i = Number(name.slice(2));
  const [want, got] = [expected.state.st(i), actual.state.st(i)];
  const position = (st: { signExponent: number; significand: bigint }): bigint =>
    (BigInt(st.signExponent & 0x7fff) << 63n) + (st.significand & ((1n << 63n) - 1n));
  const apart = position(want) - position(got);
  return (want.signExponent ^ got.signExponent) < 0x8000 && apart >= -1n && apart <= 1n;
}

/** The quick answer for nearly every case: all bytes equal but the x87 pointers, which no processor keeps alike. */
function sameBytes(test: ConformanceCase, a: Outcome, b: Outcome): boolean {
  if (a.vector !== b.vector || a.errorCode !== b.errorCode || a.faultAddress !== b.faultAddress) return false;
  if (test.ignoredWindow || test.undefinedStatus || test.approximate) return false;
  if (((a.state.rflags ^ b.state.rflags) & COMPARED_FLAGS & ~(test.undefinedFlags ?? 0)) !== 0) return false;
  const skipped = [136, 137, 138, 139, 140, 141, 142, 143];
  const x = Buffer.from(a.state.bytes.buffer, a.state.bytes.byteOffset, a.state.bytes.length);
  const y = Buffer.from(b.state.bytes.buffer, b.state.bytes.byteOffset, b.state.bytes.length);
  return (
    x.compare(y, 0, skipped[0], 0, skipped[0]) === 0 &&
    x.compare(y, STATE_FX, STATE_FX + 5, STATE_FX, STATE_FX + 5) === 0 &&
    x.compare(y, STATE_FX + 24, STATE_FX + 28, STATE_FX + 24, STATE_FX + 28) === 0 &&
    x.compare(y, STATE_FX + 32, STATE_FX + 416, STATE_FX + 32, STATE_FX + 416) === 0 &&
    x.compare(y, STATE_WINDOW, undefined, STATE_WINDOW) === 0
  );
}

function show(value: bigint | number | string): string {
  return typeof value === 'string' ? value : `0x${value.toString(16)}`;
}

function extendedText(state: StateImage, i: number): string {
  const { signExponent, significand } = state.st(i);
  return `${signExponent.toString(16).padStart(4, '0')}:${significand.toString(16).padStart(16, '0')}`;
}

function xmmText(state: StateImage, i: number): string {
  return [1, 0]
    .map((half) =>
      state
        .xmm(i, half as 0 | 1)
        .toString(16)
        .padStart(16, '0'),
    )
    .join('_');
}

/** A case as text: its code, and what of its state differs from an all-zero one. */
export function describeCase(test: ConformanceCase): string {
  const { state } = test;
  const parts = [`${test.name} (${test.mode}-bit) ${hexBytes(test.code)}`];
  for (const [i, name] of GPR_NAMES.entries()) if (state.gpr(i) !== 0n) parts.push(`${name}=${show(state.gpr(i))}`);
  parts.push(`flags=${show(state.rflags)}`, `fcw=${show(state.fcw)}`, `fsw=${show(state.fsw)}`);
  parts.push(`ftw=${show(state.ftw)}`, `mxcsr=${show(state.mxcsr)}`);
  for (let i = 0; i < 8; i++) if (state.st(i).significand !== 0n) parts.push(`st${i}=${extendedText(state, i)}`);
  for (let i = 0; i < 16; i++) {
    if (state.xmm(i, 0) !== 0n || state.xmm(i, 1) !== 0n) parts.push(`xmm${i}=${xmmText(state, i)}`);
  }
  for (let at = 0; at < WINDOW_BYTES; at += 16) {
    const bytes = state.window.subarray(at, at + 16);
    if (bytes.some((byte) => byte !== 0)) parts.push(`[${show(WINDOW_BASE + at)}]=${hexBytes(bytes)}`);
  }
  return parts.join(' ');
}
