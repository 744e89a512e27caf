/**
 * Time as the processor counts it: retired instructions, in fields that generated code counts with, and the interrupt
 * shadow behind STI and MOV SS. Knows no devices; guest time is the machine's.
 *
 * Called around every piece of generated code, so nothing here makes a bigint.
 */
import type { CpuState } from './cpu-state.js';
import { stateAddress } from './state-layout.js';

const ICOUNT_BASE = stateAddress('icountBase');
const SHADOW = stateAddress('shadowUntil');
const IDLE_TICKS = stateAddress('idleTicks');
const REMAINING = stateAddress('remaining') >> 2;
const LEFT = stateAddress('left') >> 2;

export class InstructionClock {
  private readonly state: CpuState;
  private idle = 0;
  /** Where the run that is under way ends. */
  limit = 0;

  constructor(state: CpuState) {
    this.state = state;
  }

  /** Ticks that passed without instructions; see `Processor.idleTicks`. */
  get idleTicks(): number {
    return this.idle;
  }

  set idleTicks(value: number) {
    this.idle = value;
    this.state.setCount(IDLE_TICKS, value);
  }

  private get pending(): number {
    return (this.state.i32[REMAINING] as number) + (this.state.i32[LEFT] as number);
  }

  get icount(): number {
    return this.state.count(ICOUNT_BASE) - this.pending;
  }

  set icount(value: number) {
    const { state } = this;
    const before = this.icount;
    state.setCount(ICOUNT_BASE, value + this.pending);
    // An interrupt shadow belongs to an instruction, not to a moment.
    const shadow = state.count(SHADOW);
    if (shadow > before) state.setCount(SHADOW, shadow + value - before);
  }

  /** After RESET: the count goes on, with nothing under way. */
  restart(icount: number): void {
    this.state.setCount(ICOUNT_BASE, icount);
  }

  /** Lets generated code run `count` instructions from `now` on. */
  allow(now: number, count: number): void {
    this.state.setCount(ICOUNT_BASE, now + count);
    this.state.i32[REMAINING] = count;
  }

  /** Ticks pass during an instruction: less of the run is left, its limit being a moment. */
  spend(ticks: number): void {
    this.idleTicks = this.idle + ticks;
    this.limit -= ticks;
    const left = this.state.i32[REMAINING] as number;
    const cut = Math.min(ticks, left);
    this.state.setCount(ICOUNT_BASE, this.state.count(ICOUNT_BASE) - cut);
    this.state.i32[REMAINING] = left - cut;
  }

  timestamp(): bigint {
    const ticks = BigInt(this.icount + this.idle);
    return BigInt.asUintN(64, ticks + this.state.getWide('tscOffset'));
  }

  /** MOV SS and POP SS: no interrupt until the next instruction is done. */
  holdInterrupts(): void {
    this.state.setCount(SHADOW, this.icount + 2);
  }

  /** Does the shadow of STI or MOV SS still hold interrupts off at `now`? */
  isShadowed(now: number): boolean {
    return this.state.count(SHADOW) > now;
  }
}
