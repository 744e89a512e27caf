// One processor state of a conformance case, as a view on its binary image: registers, flags, the x87/SSE image and
// the data window. Not a processor: it executes nothing.

import { CODE_BASE, STATE_BYTES, STATE_FX, STATE_GPR, STATE_RFLAGS, STATE_RIP, STATE_WINDOW } from './record.js';

/** Offsets in an FXSAVE image (SDM volume 1, table 10-2). */
const FX = { fcw: 0, fsw: 2, ftw: 4, mxcsr: 24, st: 32, xmm: 160 } as const;

/** A typed view on a state image; reads and writes go straight to `bytes`. */
export class StateImage {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array = new Uint8Array(STATE_BYTES)) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, STATE_BYTES);
  }

  /** The state that cases start from: code at the page's beginning, x87 and SSE as after initialisation. */
  static initial(): StateImage {
    const state = new StateImage();
    state.rip = BigInt(CODE_BASE);
    state.rflags = 0x202;
    state.fcw = 0x37f;
    state.mxcsr = 0x1f80;
    return state;
  }

  clone(): StateImage {
    return new StateImage(this.bytes.slice());
  }

  /** General register `i` in encoding order (rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 …). */
  gpr(i: number): bigint {
    return this.view.getBigUint64(STATE_GPR + i * 8, true);
  }

  setGpr(i: number, value: bigint): void {
    this.view.setBigUint64(STATE_GPR + i * 8, value, true);
  }

  get rip(): bigint {
    return this.view.getBigUint64(STATE_RIP, true);
  }

  set rip(value: bigint) {
    this.view.setBigUint64(STATE_RIP, value, true);
  }

  get rflags(): number {
    return this.view.getUint32(STATE_RFLAGS, true);
  }

  set rflags(value: number) {
    this.view.setUint32(STATE_RFLAGS, value, true);
  }

  get fcw(): number {
    return this.view.getUint16(STATE_FX + FX.fcw, true);
  }

  set fcw(value: number) {
    this.view.setUint16(STATE_FX + FX.fcw, value, true);
  }

  get fsw(): number {
    return this.view.getUint16(STATE_FX + FX.fsw, true);
  }

  set fsw(value: number) {
    this.view.setUint16(STATE_FX + FX.fsw, value, true);
  }

  /** The abridged tag byte: bit i is set when physical register i is not empty. */
  get ftw(): number {
    return this.view.getUint8(STATE_FX + FX.ftw);
  }

  set ftw(value: number) {
    this.view.setUint8(STATE_FX + FX.ftw, value);
  }

  get mxcsr(): number {
    return this.view.getUint32(STATE_FX + FX.mxcsr, true);
  }

  set mxcsr(value: number) {
    this.view.setUint32(STATE_FX + FX.mxcsr, value, true);
  }

  /** ST(i) as its 16-bit sign and exponent, and its 64-bit significand. */
  st(i: number): { signExponent: number; significand: bigint } {
    const at = STATE_FX + FX.st + i * 16;
    return { signExponent: this.view.getUint16(at + 8, true), significand: this.view.getBigUint64(at, true) };
  }

  setSt(i: number, signExponent: number, significand: bigint): void {
    const at = STATE_FX + FX.st + i * 16;
    this.view.setBigUint64(at, significand, true);
    this.view.setUint16(at + 8, signExponent, true);
  }

  /** Half `half` (0 low, 1 high) of XMM register `i`. */
  xmm(i: number, half: 0 | 1): bigint {
    return this.view.getBigUint64(STATE_FX + FX.xmm + i * 16 + half * 8, true);
  }

  setXmm(i: number, half: 0 | 1, value: bigint): void {
    this.view.setBigUint64(STATE_FX + FX.xmm + i * 16 + half * 8, value, true);
  }

  /** The bytes of the data window. */
  get window(): Uint8Array {
    return this.bytes.subarray(STATE_WINDOW);
  }
}
