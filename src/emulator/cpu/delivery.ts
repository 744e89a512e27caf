/**
 * Delivery of interrupts and exceptions through the IVT or IDT (SDM volume 3, chapter 6): gates, stack switches, and
 * what becomes of faults on the way (6.15, table 6-5).
 */
import { IF, NT, RF, TF, VM } from '../isa/eflags.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import { checkLongBits, checkTarget, commitCode, commitRealCode, isLongCode } from './code-segment.js';
import { EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { type DebugUnit, DR6 } from './debug-unit.js';
import { GuestException, HAS_ERROR_CODE, VECTOR } from './exceptions.js';
import { isProtected, isVirtual8086 } from './mode.js';
import {
  CS,
  type Descriptor,
  descriptorAttributes,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  descriptorType,
  isCode,
  isNull,
  isPresent,
  isSystem,
  readDescriptor,
  SS,
  selectorError,
} from './segments.js';
import { currentStack, innerStack, StackFrame } from './stack-frame.js';
import { interruptStack, legacyStack, longStack } from './task-segment.js';
import type { TaskSwitcher } from './task-switch.js';

export type InterruptSource = 'hardware' | 'exception' | 'software';

interface Event {
  readonly vector: number;
  readonly source: InterruptSource;
  readonly errorCode: number | undefined;
  /** RF in the pushed flags: set by faults, so that the instruction does not meet its breakpoint again. */
  readonly resume: number;
}

/** EXT bit of error codes: set unless a software interrupt caused it. */
const ext = (event: Event): number => (event.source === 'software' ? 0 : 1);
const idtError = (event: Event): number => (event.vector << 3) | 2 | ext(event);

const CONTRIBUTORY: ReadonlySet<number> = new Set([0, 10, 11, 12, 13]);

/** Instruction breakpoints are the only faults that do not set RF (SDM volume 3, 18.3.1.1); #DF is none. */
function resumeFlag({ vector, conditions }: GuestException): number {
  if (vector === VECTOR.debug) return (conditions & DR6.BD) !== 0 ? RF : 0;
  return vector === VECTOR.doubleFault ? 0 : RF;
}

export class Delivery {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly debug: DebugUnit;
  /** Software interrupts delivered so far: what tells a completed INT from other instructions. */
  softwareCount = 0;
  private readonly tasks: TaskSwitcher;

  constructor(state: CpuState, memory: LinearMemory, debug: DebugUnit, tasks: TaskSwitcher) {
    this.tasks = tasks;
    this.debug = debug;
    this.state = state;
    this.memory = memory;
  }

  /** Delivers an exception found at RIP; returns false when the processor shuts down (triple fault). */
  exception(first: GuestException): boolean {
    let current = first;
    for (let depth = 0; ; depth++) {
      if (current.address !== undefined) this.state.setWide('cr2', current.address);
      const errorCode = HAS_ERROR_CODE.has(current.vector) && isProtected(this.state) ? current.errorCode : undefined;
      if (current.vector === VECTOR.debug) this.debug.record(current.conditions);
      try {
        this.state.observer.delivers?.('exception', current.vector, errorCode, current.address);
        this.deliver({ vector: current.vector, source: 'exception', errorCode, resume: resumeFlag(current) });
        return true;
      } catch (error) {
        if (!(error instanceof GuestException)) throw error;
        const next = escalate(current, error);
        if (next === undefined || depth > 8) return false;
        current = next;
      }
    }
  }

  /** Delivers a hardware interrupt or NMI; false on a triple fault. */
  interrupt(vector: number): boolean {
    this.state.observer.delivers?.('hardware', vector);
    return this.orException({ vector, source: 'hardware', errorCode: undefined, resume: 0 });
  }

  private orException(event: Event): boolean {
    try {
      this.deliver(event);
      return true;
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      return this.exception(error);
    }
  }

  /** INT n, INT3, INTO, INT1; faults are thrown and belong to the instruction. RIP must already be the next one. */
  software(vector: number, isInt1: boolean): void {
    this.softwareCount++;
    this.state.observer.delivers?.('software', vector);
    if (isInt1) this.debug.recordPending();
    this.deliver({ vector, source: isInt1 ? 'hardware' : 'software', errorCode: undefined, resume: 0 });
  }

  private deliver(event: Event): void {
    const { state } = this;
    if (!isProtected(state)) this.deliverReal(event);
    else if ((state.efer & EFER.LMA) !== 0) this.deliverLong(event);
    else this.deliverProtected(event);
    state.set('halted', 0);
    state.setWide('shadowUntil', 0n);
    this.debug.release();
    state.set('blockSequential', 0);
  }

  private deliverReal({ vector }: Event): void {
    const { state, memory } = this;
    if (vector * 4 + 3 > state.get('idtLimit')) throw new GuestException(VECTOR.protection, vector * 8 + 2);
    const entry = Number(memory.read(state.getWide('idtBase') + BigInt(vector * 4), 4));
    const stack = currentStack(state, memory);
    const { eflags } = state;
    stack.push(BigInt(eflags & 0xffff), 2);
    stack.push(BigInt(state.selector(CS)), 2);
    stack.push(state.rip & 0xffffn, 2);
    state.setGpr(4, stack.pointer);
    state.set('eflags', eflags & ~(IF | TF | 0x4_0000));
    commitRealCode(state, entry >>> 16, BigInt(entry & 0xffff), state.attributes(CS));
  }

  private gateAddress(event: Event, size: number): bigint {
    const { state } = this;
    if (event.vector * size + size - 1 > state.get('idtLimit')) {
      throw new GuestException(VECTOR.protection, idtError(event));
    }
    return state.getWide('idtBase') + BigInt(event.vector * size);
  }

  private checkGate(event: Event, high: number): void {
    if (event.source === 'software' && ((high >>> 13) & 3) < this.state.cpl) {
      throw new GuestException(VECTOR.protection, idtError(event));
    }
    if ((high & 0x8000) === 0) throw new GuestException(VECTOR.notPresent, idtError(event));
  }

  /** The handler's code segment, checked; returns it with the privilege level it runs at. */
  private handler(event: Event, selector: number): { d: Descriptor; cpl: number } {
    const { state, memory } = this;
    if (isNull(selector)) throw new GuestException(VECTOR.protection, ext(event));
    const d = readDescriptor(state, memory, selector);
    const error = selectorError(selector) | ext(event);
    if (isSystem(d) || !isCode(d) || descriptorDpl(d) > state.cpl) {
      throw new GuestException(VECTOR.protection, error);
    }
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, error);
    const conforming = (descriptorType(d) & ATTRIBUTE.conforming) !== 0;
    return { d, cpl: conforming ? state.cpl : descriptorDpl(d) };
  }

  private deliverProtected(event: Event): void {
    const { state, memory } = this;
    const at = this.gateAddress(event, 8);
    const gate = memory.read(at, 8);
    const low = Number(BigInt.asIntN(32, gate));
    const high = Number(BigInt.asIntN(32, gate >> 32n));
    const type = (high >>> 8) & 0x1f;
    const isTask = type === 5;
    const isGate = type === 6 || type === 7 || type === 14 || type === 15;
    if (!isTask && !isGate) throw new GuestException(VECTOR.protection, idtError(event));
    this.checkGate(event, high);
    if (isTask) {
      const { errorCode, resume } = event;
      const rip = state.rip;
      this.tasks.switchTo(low >>> 16, { how: 'interrupt', rip, ext: ext(event), resume, errorCode });
      return;
    }
    const size = (type & 8) !== 0 ? 4 : 2;
    const offset = BigInt(((low & 0xffff) | (size === 4 ? high & 0xffff0000 : 0)) >>> 0);
    const selector = low >>> 16;
    const { d, cpl } = this.handler(event, selector);
    const { eflags } = state;
    const virtual = isVirtual8086(state);
    const old = { ss: state.selector(SS), sp: state.gpr(4), cs: state.selector(CS), ip: state.rip };
    let stack: StackFrame;
    let commitStack = (): void => {};
    if (cpl < state.cpl) {
      if (virtual && cpl !== 0) throw new GuestException(VECTOR.protection, selectorError(selector));
      const inner = legacyStack(state, memory, cpl);
      const ss = this.innerSegment(event, inner.ss, cpl);
      const attributes = descriptorAttributes(ss);
      stack = innerStack(memory, inner.pointer, descriptorBase(ss), descriptorLimit(ss), attributes);
      commitStack = () => state.setSegment(SS, inner.ss, descriptorBase(ss), descriptorLimit(ss), attributes | 1);
      if (virtual) for (const segment of [5, 4, 3, 0]) stack.push(BigInt(state.selector(segment)), size);
      stack.push(BigInt(old.ss), size);
      stack.push(old.sp, size);
    } else {
      if (virtual) throw new GuestException(VECTOR.protection, selectorError(selector));
      stack = currentStack(state, memory);
    }
    stack.push(BigInt((eflags | event.resume) >>> 0), size);
    stack.push(BigInt(old.cs), size);
    stack.push(old.ip, size);
    if (event.errorCode !== undefined) stack.push(BigInt(event.errorCode >>> 0), size);
    checkTarget(state, d, offset);
    commitStack();
    state.setGpr(4, stack.pointer);
    if (virtual) for (const segment of [0, 3, 4, 5]) state.setSegment(segment, 0, 0n, 0, ATTRIBUTE.unusable);
    state.set('eflags', this.handlerFlags(eflags, (type & 1) === 0));
    commitCode(state, memory, selector, d, cpl, offset);
  }

  private handlerFlags(eflags: number, isInterruptGate: boolean): number {
    return eflags & ~(TF | NT | RF | VM) & ~(isInterruptGate ? IF : 0);
  }

  /** SS of an inner privilege level, from the task segment: faults are #TS. */
  private innerSegment(event: Event, selector: number, cpl: number): Descriptor {
    const error = selectorError(selector) | ext(event);
    if (isNull(selector)) throw new GuestException(VECTOR.invalidTss, ext(event));
    const d = readDescriptor(this.state, this.memory, selector, VECTOR.invalidTss);
    const writable = !isSystem(d) && !isCode(d) && (descriptorType(d) & ATTRIBUTE.writable) !== 0;
    if ((selector & 3) !== cpl || descriptorDpl(d) !== cpl || !writable) {
      throw new GuestException(VECTOR.invalidTss, error);
    }
    if (!isPresent(d)) throw new GuestException(VECTOR.stack, error);
    return d;
  }

  private deliverLong(event: Event): void {
    const { state, memory } = this;
    const at = this.gateAddress(event, 16);
    const gate = memory.read(at, 8);
    const upper = memory.read(at + 8n, 8);
    const low = Number(BigInt.asIntN(32, gate));
    const high = Number(BigInt.asIntN(32, gate >> 32n));
    const type = (high >>> 8) & 0x1f;
    if (type !== 14 && type !== 15) throw new GuestException(VECTOR.protection, idtError(event));
    this.checkGate(event, high);
    const offset = BigInt(((low & 0xffff) | (high & 0xffff0000)) >>> 0) | ((upper & 0xffffffffn) << 32n);
    const selector = low >>> 16;
    const { d, cpl } = this.handler(event, selector);
    if (!isLongCode(state, d)) throw new GuestException(VECTOR.protection, selectorError(selector) | ext(event));
    checkLongBits(state, d, selector);
    const { eflags } = state;
    const old = { ss: state.selector(SS), sp: state.gpr(4), cs: state.selector(CS), ip: state.rip };
    const ist = high & 7;
    const inner = cpl < state.cpl;
    let pointer = old.sp;
    if (ist !== 0) pointer = interruptStack(state, memory, ist);
    else if (inner) pointer = longStack(state, memory, cpl);
    const top = BigInt.asIntN(64, pointer) >> 47n;
    if (top !== 0n && top !== -1n) throw new GuestException(VECTOR.stack, ext(event));
    // Outside 64-bit mode the old stack pointer is 32 bits wide; the frame is aligned in any case.
    const stack = new StackFrame(memory, pointer & ~15n, 0n, (1n << 64n) - 1n, cpl === 3);
    stack.push(BigInt(old.ss), 8);
    stack.push(old.sp, 8);
    stack.push(BigInt((eflags | event.resume) >>> 0), 8);
    stack.push(BigInt(old.cs), 8);
    stack.push(old.ip, 8);
    if (event.errorCode !== undefined) stack.push(BigInt(event.errorCode >>> 0), 8);
    checkTarget(state, d, offset);
    if (inner) state.setSegment(SS, cpl, 0n, 0, ATTRIBUTE.unusable | (cpl << 5));
    state.setGpr(4, stack.pointer);
    state.set('eflags', this.handlerFlags(eflags, type === 14));
    commitCode(state, memory, selector, d, cpl, offset);
  }
}

/** What a fault during delivery becomes: the fault itself, #DF, or undefined for shutdown. */
function escalate(first: GuestException, second: GuestException): GuestException | undefined {
  if (first.vector === VECTOR.doubleFault) return undefined;
  const firstPage = first.vector === VECTOR.page;
  const bad = CONTRIBUTORY.has(second.vector);
  if ((CONTRIBUTORY.has(first.vector) && bad) || (firstPage && (bad || second.vector === VECTOR.page))) {
    return new GuestException(VECTOR.doubleFault, 0, second.address);
  }
  return second;
}
