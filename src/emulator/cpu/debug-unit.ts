/**
 * The debug registers at work (SDM volume 3, 18.2-18.3): which breakpoints are armed, what the running instruction hit,
 * and the traps that wait for its end. While any breakpoint is armed, or alignment is checked, instructions run alone
 * and their accesses take the slow path (`core.ts`), so nothing of this is in translated code.
 *
 * `pendingDebug` holds the bits that DR6 will get, and `HELD` after a load of SS, which holds traps back for one
 * instruction.
 */
import { AC } from '../isa/eflags.js';
import { CR0, CR4 } from './control-bits.js';
import type { CpuState } from './cpu-state.js';
import { stateAddress } from './state-layout.js';

/** Bits of DR6. */
export const DR6 = { hits: 0xf, BD: 0x2000, BS: 0x4000, BT: 0x8000 } as const;
const GENERAL_DETECT = 0x2000n;
const HELD = 0x1_0000;

const DR7_ENABLES = 0xff;

/** By the R/W field of DR7. */
const KINDS = ['execute', 'write', 'port', 'access'] as const;
/** By the LEN field of DR7. */
const LENGTHS = [1n, 2n, 8n, 4n] as const;

type Use = 'execute' | 'read' | 'write' | 'port';

const PENDING = stateAddress('pendingDebug') >> 2;
const DR7_LOW = stateAddress('dr7') >> 2;
const CPL = stateAddress('cpl') >> 2;
const CR0_WORD = stateAddress('cr0') >> 2;

export class DebugUnit {
  private readonly state: CpuState;
  /** Breakpoints that the running instruction hit; they count only when it completes. */
  private hits = 0;
  /** What SYSCALL and SYSRET say about the single-step trap at their end; undefined for other instructions. */
  private stepDecision: boolean | undefined;

  constructor(state: CpuState) {
    this.state = state;
  }

  /** Must instructions run alone because of breakpoints or alignment checks? `eflags`: the field, without status flags. */
  isWatching(eflags: number): boolean {
    const { i32 } = this.state;
    return ((i32[DR7_LOW] as number) & DR7_ENABLES) !== 0 || ((eflags & AC) !== 0 && this.checksAlignment);
  }

  /** CR0.AM and CPL 3; the caller has looked at EFLAGS.AC. */
  get checksAlignment(): boolean {
    const { i32 } = this.state;
    return i32[CPL] === 3 && ((i32[CR0_WORD] as number) & CR0.AM) !== 0;
  }

  /** Breakpoints (as DR6 bits) that `length` bytes or ports from `address` meet. */
  private matches(address: bigint, length: number, use: Use): number {
    const { state } = this;
    const dr7 = Number(state.getWide('dr7'));
    let found = 0;
    for (let i = 0; i < 4; i++) {
      if (((dr7 >> (2 * i)) & 3) === 0) continue;
      const kind = KINDS[(dr7 >> (16 + 4 * i)) & 3];
      const fits = kind === use || (kind === 'access' && (use === 'read' || use === 'write'));
      if (!fits || (kind === 'port' && (state.cr4 & CR4.DE) === 0)) continue;
      const size = kind === 'execute' ? 1n : (LENGTHS[(dr7 >> (18 + 4 * i)) & 3] as bigint);
      const start = state.getWide(`dr${i}`) & ~(size - 1n);
      if (address < start + size && start < address + BigInt(length)) found |= 1 << i;
    }
    return found;
  }

  /** Instruction breakpoints at a linear address, as DR6 bits. */
  atInstruction(linear: bigint): number {
    return this.matches(linear, 1, 'execute');
  }

  noteAccess(linear: bigint, bytes: number, write: boolean): void {
    this.hits |= this.matches(linear, bytes, write ? 'write' : 'read');
  }

  notePort(port: number, size: number): void {
    if (((this.state.i32[DR7_LOW] as number) & DR7_ENABLES) !== 0)
      this.hits |= this.matches(BigInt(port), size, 'port');
  }

  /** A load of SS: interrupts and debug traps wait until the next instruction is done. */
  hold(): void {
    this.state.i32[PENDING]! |= HELD;
  }

  get isHeld(): boolean {
    return ((this.state.i32[PENDING] as number) & HELD) !== 0;
  }

  /** What a load of SS held back is free: its one instruction begins, or an event is delivered. */
  release(): void {
    this.state.i32[PENDING]! &= ~HELD;
  }

  beginInstruction(): void {
    this.release();
    this.hits = 0;
    this.stepDecision = undefined;
  }

  /** SYSCALL and SYSRET trap by the TF that they leave behind, at once (AMD volume 2, 13.1.4; SDM volume 2). */
  decideStep(traps: boolean): void {
    this.stepDecision = traps;
    if (traps) this.trap(DR6.BS);
  }

  /** The instruction completed; `singleStep`: TF was set before it. */
  endInstruction(singleStep: boolean): void {
    // A load of SS loses its own single-step trap.
    const steps = this.stepDecision === undefined && singleStep && !this.isHeld;
    this.trap(this.hits | (steps ? DR6.BS : 0));
  }

  trap(bits: number): void {
    this.state.i32[PENDING]! |= bits;
  }

  /** Takes the traps that are due; 0 when there are none. `shadowed`: the last instruction holds interrupts off. */
  takeTraps(shadowed: boolean): number {
    const pending = this.state.i32[PENDING] as number;
    if (pending === 0 || (this.isHeld && shadowed)) return 0;
    this.state.i32[PENDING] = 0;
    return pending & ~HELD;
  }

  /** A #DB is delivered for the conditions `bits`: B0-B3 are replaced, the others only ever set; DR7.GD goes off. */
  record(bits: number): void {
    const { state } = this;
    state.setWide('dr6', (state.getWide('dr6') & ~0xfn) | BigInt(bits));
    state.setWide('dr7', state.getWide('dr7') & ~GENERAL_DETECT);
  }

  /** INT1 raises the same exception: what waits is reported with it. */
  recordPending(): void {
    this.record(this.takeTraps(false));
  }

  get detectsAccess(): boolean {
    return (this.state.getWide('dr7') & GENERAL_DETECT) !== 0n;
  }
}
