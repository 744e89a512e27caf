/** SYSCALL/SYSRET and SYSENTER/SYSEXIT (SDM volume 2; AMD volume 3). Flat segments are loaded without descriptors. */
import { IF, RF, VM } from '../isa/eflags.js';
import { EFER } from './control-bits.js';
import type { CpuState } from './cpu-state.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
import { is64Bit, isProtected } from './mode.js';
import { CS, SS } from './segments.js';
import { gprAddress, stateAddress } from './state-layout.js';

const STAR = stateAddress('star') >> 2;
const SFMASK = stateAddress('sfmask') >> 2;
const SYSENTER_CS = stateAddress('sysenterCs') >> 2;
const SYSENTER_ESP = stateAddress('sysenterEsp') >> 2;
const SYSENTER_EIP = stateAddress('sysenterEip') >> 2;
const RIP = stateAddress('rip') >> 2;
const [RCX, RDX, RSP, R11] = [1, 2, 4, 11].map((register) => gprAddress(register) >> 2) as [
  number,
  number,
  number,
  number,
];

const CODE32 = 0xc09b;
const CODE64 = 0xa09b;
const DATA = 0xc093;
const dpl = (level: number): number => level << 5;

function flat(state: CpuState, segment: number, selector: number, attributes: number): void {
  state.setLegacySegment(segment, selector, 0, 0xffffffff, attributes);
}

export function systemCall(state: CpuState, nextRip: bigint): void {
  if ((state.efer & EFER.SCE) === 0) throw new GuestException(VECTOR.invalidOpcode);
  const selector = (state.i32[STAR + 1] as number) & 0xfffc;
  const { eflags } = state;
  const long = (state.efer & EFER.LMA) !== 0;
  state.setGpr(1, nextRip);
  if (long) {
    state.setGpr(11, BigInt(eflags & ~RF));
    state.rip = state.getWide(is64Bit(state) ? 'lstar' : 'cstar');
    state.eflags = eflags & ~(state.i32[SFMASK] as number) & ~RF;
    flat(state, CS, selector, CODE64);
  } else {
    state.rip = BigInt((state.i32[STAR] as number) >>> 0);
    state.eflags = eflags & ~(IF | VM | RF);
    flat(state, CS, selector, CODE32);
  }
  flat(state, SS, selector + 8, DATA);
  state.cpl = 0;
}

export function systemReturn(state: CpuState, operandSize: number): void {
  if ((state.efer & EFER.SCE) === 0) throw new GuestException(VECTOR.invalidOpcode);
  if (!isProtected(state) || state.cpl !== 0) protectionFault();
  const base = (state.i32[STAR + 1] as number) >>> 16;
  const long = (state.efer & EFER.LMA) !== 0;
  const rip = state.gpr(1);
  if (long && operandSize === 8) {
    // Intel faults here with CPL 0; AMD returns first and faults at the target. The model is AMD's.
    flat(state, CS, (base + 16) | 3, CODE64 | dpl(3));
    state.rip = rip;
  } else {
    flat(state, CS, base | 3, CODE32 | dpl(3));
    state.rip = rip & 0xffffffffn;
  }
  if (long) state.eflags = ((state.i32[R11] as number) & 0x3c7fd7 & ~(RF | VM)) | 2;
  else state.eflags = state.eflags | IF;
  flat(state, SS, (base + 8) | 3, DATA | dpl(3));
  state.cpl = 3;
}

/** Copies a 64-bit field of the state, or its low half and zeros. */
function copy(state: CpuState, to: number, from: number, isWide: boolean): void {
  state.i32[to] = state.i32[from] as number;
  state.i32[to + 1] = isWide ? (state.i32[from + 1] as number) : 0;
}

export function systemEnter(state: CpuState): void {
  const selector = (state.i32[SYSENTER_CS] as number) & 0xfffc;
  if (!isProtected(state) || selector === 0) protectionFault();
  const long = (state.efer & EFER.LMA) !== 0;
  state.eflags = state.eflags & ~(VM | IF | RF);
  flat(state, CS, selector, long ? CODE64 : CODE32);
  flat(state, SS, selector + 8, DATA);
  copy(state, RSP, SYSENTER_ESP, long);
  copy(state, RIP, SYSENTER_EIP, long);
  state.cpl = 0;
}

export function systemExit(state: CpuState, operandSize: number): void {
  const selector = (state.i32[SYSENTER_CS] as number) & 0xffff;
  if (!isProtected(state) || (selector & 0xfffc) === 0 || state.cpl !== 0) protectionFault();
  const wide = operandSize === 8;
  const cs = (selector + (wide ? 32 : 16)) | 3;
  flat(state, CS, cs, (wide ? CODE64 : CODE32) | dpl(3));
  flat(state, SS, cs + 8, DATA | dpl(3));
  copy(state, RIP, RDX, wide);
  copy(state, RSP, RCX, wide);
  state.cpl = 3;
}
