/**
 * Far JMP, CALL and RET, and IRET (SDM volume 2; volume 3, 5.8). Operands arrive as values; faults are thrown before
 * anything is committed.
 */
import { IF, IOPL, NT, VM } from '../isa/eflags.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import { checkLongBits, checkTarget, commitCode, commitRealCode, isLongCode } from './code-segment.js';
import { EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
import { is64Bit, isVirtual8086, usesDescriptors } from './mode.js';
import {
  CS,
  checkStackSegment,
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
  loadRealSegment,
  readDescriptor,
  SS,
  selectorError,
} from './segments.js';
import { currentStack, innerStack, StackFrame } from './stack-frame.js';
import { legacyStack, longStack } from './task-segment.js';
import type { TaskSwitch, TaskSwitcher, TaskTransfer } from './task-switch.js';

const isConforming = (d: Descriptor): boolean => (descriptorType(d) & ATTRIBUTE.conforming) !== 0;
const mask = (size: number): bigint => (1n << BigInt(size * 8)) - 1n;

export class FarTransfers {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly tasks: TaskSwitcher;

  constructor(state: CpuState, memory: LinearMemory, tasks: TaskSwitcher) {
    this.tasks = tasks;
    this.state = state;
    this.memory = memory;
  }

  jump(selector: number, offset: bigint, size: number, nextRip: bigint): void {
    const { state, memory } = this;
    if (!usesDescriptors(state)) {
      commitRealCode(state, selector, offset & mask(size), state.attributes(CS));
      return;
    }
    const target = this.target(selector, offset, size, { how: 'jump', rip: nextRip });
    if (target === undefined) return;
    commitCode(state, memory, target.selector, target.d, state.cpl, target.offset);
  }

  call(selector: number, offset: bigint, size: number, nextRip: bigint): void {
    const { state, memory } = this;
    const oldCs = BigInt(state.selector(CS));
    if (!usesDescriptors(state)) {
      const stack = currentStack(state, memory);
      stack.push(oldCs, size);
      stack.push(nextRip, size);
      state.setGpr(4, stack.pointer);
      commitRealCode(state, selector, offset & mask(size), state.attributes(CS));
      return;
    }
    const target = this.target(selector, offset, size, { how: 'call', rip: nextRip });
    if (target === undefined) return;
    if (target.inner !== undefined) {
      this.callInner(target, nextRip);
      return;
    }
    const stack = currentStack(state, memory);
    stack.push(oldCs, target.size);
    stack.push(nextRip, target.size);
    state.setGpr(4, stack.pointer);
    commitCode(state, memory, target.selector, target.d, state.cpl, target.offset);
  }

  /** A code segment directly or through a call gate; undefined when a task switch was done. */
  private target(
    selector: number,
    offset: bigint,
    size: number,
    request: TaskSwitch,
  ): { selector: number; d: Descriptor; offset: bigint; size: number; inner?: number; parameters: number } | undefined {
    const { state, memory } = this;
    if (isNull(selector)) protectionFault(0);
    const d = readDescriptor(state, memory, selector);
    if (!isSystem(d)) {
      this.checkDirect(selector, d);
      const cut = isLongCode(state, d) ? offset : offset & mask(Math.min(size, 4));
      checkTarget(state, d, cut);
      return { selector, d, offset: cut, size, parameters: 0 };
    }
    const type = descriptorType(d);
    const long = (state.efer & EFER.LMA) !== 0;
    const cpl = state.cpl;
    const visible = descriptorDpl(d) >= cpl && descriptorDpl(d) >= (selector & 3);
    if (type === 12 || (type === 4 && !long)) {
      if (!visible) protectionFault(selectorError(selector));
      if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
      return this.throughGate(selector, d, type, request.how);
    }
    if (!long && (type === 1 || type === 5 || type === 9)) {
      if (!visible) protectionFault(selectorError(selector));
      if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
      this.tasks.switchTo(type === 5 ? d.low >>> 16 : selector, request);
      return undefined;
    }
    return protectionFault(selectorError(selector));
  }

  private checkDirect(selector: number, d: Descriptor): void {
    const { state } = this;
    const cpl = state.cpl;
    const error = selectorError(selector);
    if (!isCode(d)) protectionFault(error);
    if (isConforming(d) ? descriptorDpl(d) > cpl : (selector & 3) > cpl || descriptorDpl(d) !== cpl) {
      protectionFault(error);
    }
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, error);
    checkLongBits(state, d, selector);
  }

  private throughGate(gateSelector: number, gate: Descriptor, type: number, how: TaskTransfer) {
    const { state, memory } = this;
    const long = (state.efer & EFER.LMA) !== 0;
    const selector = gate.low >>> 16;
    let offset = BigInt(((gate.low & 0xffff) | (type === 12 ? gate.high & 0xffff0000 : 0)) >>> 0);
    if (long) {
      const upper = memory.read(gate.address + 8n, 8);
      if ((upper & 0x1f00_0000_0000n) !== 0n) protectionFault(selectorError(gateSelector));
      offset |= (upper & 0xffffffffn) << 32n;
    }
    if (isNull(selector)) protectionFault(0);
    const d = readDescriptor(state, memory, selector);
    const cpl = state.cpl;
    const error = selectorError(selector);
    if (!isCode(d) || isSystem(d) || descriptorDpl(d) > cpl) protectionFault(error);
    if (long && !isLongCode(state, d)) protectionFault(error);
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, error);
    checkTarget(state, d, offset);
    const size = long ? 8 : type === 12 ? 4 : 2;
    const parameters = long ? 0 : gate.high & 31;
    const inner = !isConforming(d) && descriptorDpl(d) < cpl;
    if (inner && how === 'jump') protectionFault(error);
    return inner
      ? { selector, d, offset, size, inner: descriptorDpl(d), parameters }
      : { selector, d, offset, size, parameters: 0 };
  }

  private callInner(
    target: { selector: number; d: Descriptor; offset: bigint; size: number; inner?: number; parameters: number },
    nextRip: bigint,
  ): void {
    const { state, memory } = this;
    const cpl = target.inner as number;
    const { size } = target;
    const oldStack = currentStack(state, memory);
    const parameters = Array.from({ length: target.parameters }, () => oldStack.pop(size));
    let stack: StackFrame;
    let commit: () => void;
    if (size === 8) {
      stack = new StackFrame(memory, longStack(state, memory, cpl), 0n, mask(8), false);
      commit = () => state.setSegment(SS, cpl, 0n, 0, ATTRIBUTE.unusable | (cpl << 5));
    } else {
      const inner = legacyStack(state, memory, cpl);
      if (isNull(inner.ss)) throw new GuestException(VECTOR.invalidTss, 0);
      const ss = readDescriptor(state, memory, inner.ss, VECTOR.invalidTss);
      const commitSegment = checkStackSegment(state, memory, inner.ss, cpl, VECTOR.invalidTss);
      stack = innerStack(memory, inner.pointer, descriptorBase(ss), descriptorLimit(ss), descriptorAttributes(ss));
      commit = commitSegment;
    }
    stack.push(BigInt(state.selector(SS)), size);
    stack.push(state.gpr(4), size);
    for (const value of parameters.reverse()) stack.push(value, size);
    stack.push(BigInt(state.selector(CS)), size);
    stack.push(nextRip, size);
    commit();
    state.setGpr(4, stack.pointer);
    commitCode(state, memory, target.selector, target.d, cpl, target.offset);
  }

  /** RETF; `released` bytes are dropped from both stacks. */
  farReturn(released: number, size: number): void {
    const { state, memory } = this;
    const stack = currentStack(state, memory);
    const rip = stack.pop(size);
    const selector = Number(stack.pop(size) & 0xffffn);
    if (!usesDescriptors(state)) {
      stack.skip(released);
      state.setGpr(4, stack.pointer);
      commitRealCode(state, selector, rip, state.attributes(CS));
      return;
    }
    const d = this.returnTarget(selector, rip);
    stack.skip(released);
    this.finishReturn(stack, selector, d, rip, size, released);
  }

  /** Checks a code segment to return to. */
  private returnTarget(selector: number, rip: bigint): Descriptor {
    const { state, memory } = this;
    if (isNull(selector)) protectionFault(0);
    const d = readDescriptor(state, memory, selector);
    const rpl = selector & 3;
    const error = selectorError(selector);
    if (isSystem(d) || !isCode(d) || rpl < state.cpl) protectionFault(error);
    if (isConforming(d) ? descriptorDpl(d) > rpl : descriptorDpl(d) !== rpl) protectionFault(error);
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, error);
    checkLongBits(state, d, selector);
    checkTarget(state, d, rip);
    return d;
  }

  /** Pops the outer stack where the privilege level changes, and commits. */
  private finishReturn(
    stack: Pick<StackFrame, 'pop' | 'pointer'>,
    selector: number,
    d: Descriptor,
    rip: bigint,
    size: number,
    released: number,
    always = false,
  ): void {
    const { state, memory } = this;
    const rpl = selector & 3;
    if (rpl === state.cpl && !always) {
      state.setGpr(4, stack.pointer);
      commitCode(state, memory, selector, d, rpl, rip);
      return;
    }
    const pointer = stack.pop(size);
    const ss = Number(stack.pop(size) & 0xffffn);
    const commitStack = this.outerStack(ss, rpl, isLongCode(state, d));
    const outer = rpl > state.cpl;
    commitCode(state, memory, selector, d, rpl, rip);
    commitStack();
    const wide = is64Bit(state);
    const kept =
      (state.attributes(SS) & ATTRIBUTE.big) !== 0 || wide || size !== 2
        ? pointer
        : (state.gpr(4) & ~0xffffn) | (pointer & 0xffffn);
    state.setGpr(4, wide ? kept + BigInt(released) : (kept + BigInt(released)) & 0xffffffffn);
    if (outer) this.dropInner(rpl);
  }

  private outerStack(ss: number, rpl: number, long: boolean): () => void {
    const { state, memory } = this;
    if (isNull(ss)) {
      if (!long || rpl === 3) protectionFault(0);
      return () => state.setSegment(SS, ss, 0n, 0, ATTRIBUTE.unusable | (rpl << 5));
    }
    return checkStackSegment(state, memory, ss, rpl, VECTOR.protection);
  }

  /** Data segments that the outer level may not see become null (SDM volume 2, "RET"). */
  private dropInner(cpl: number): void {
    const { state } = this;
    for (const segment of [0, 3, 4, 5]) {
      const attributes = state.attributes(segment);
      const conforming = (attributes & 0x0c) === 0x0c;
      const dpl = (attributes >> 5) & 3;
      if ((attributes & ATTRIBUTE.unusable) === 0 && !conforming && dpl < cpl) {
        // The base stays, which 64-bit code can see in FS and GS.
        state.setSegment(segment, 0, state.segmentBase(segment), 0, ATTRIBUTE.unusable);
      }
    }
  }

  /** IRET in every mode. */
  interruptReturn(size: number, nextRip: bigint): void {
    const { state, memory } = this;
    state.set('nmiBlocked', 0);
    const stack = currentStack(state, memory);
    if (isVirtual8086(state) && (state.systemFlags & IOPL) !== IOPL) protectionFault(0);
    if (!usesDescriptors(state)) {
      const rip = stack.pop(size);
      const selector = Number(stack.pop(size) & 0xffffn);
      const image = Number(stack.pop(size) & 0xffffffffn);
      state.setGpr(4, stack.pointer);
      this.restoreFlags(image, size, isVirtual8086(state) ? 3 : 0, isVirtual8086(state));
      if (isVirtual8086(state)) loadRealSegment(state, CS, selector);
      else commitRealCode(state, selector, rip, state.attributes(CS));
      state.rip = rip;
      return;
    }
    const long = (state.efer & EFER.LMA) !== 0;
    if ((state.systemFlags & NT) !== 0) {
      if (long) protectionFault(0);
      this.tasks.returnToPrevious(nextRip);
      return;
    }
    const rip = stack.pop(size);
    const selector = Number(stack.pop(size) & 0xffffn);
    const image = Number(stack.pop(size) & 0xffffffffn);
    const cpl = state.cpl;
    if ((image & VM) !== 0 && cpl === 0 && size === 4 && !long) {
      this.returnToVirtual(stack, selector, rip, image);
      return;
    }
    const d = this.returnTarget(selector, rip);
    // In 64-bit mode the stack is always popped.
    this.finishReturn(stack, selector, d, rip, size, 0, is64Bit(state));
    this.restoreFlags(image, size, cpl, false);
  }

  /** IRET in 64-bit mode with 64-bit operands; `frame` is what was popped: RIP, CS, RFLAGS, RSP, SS. */
  interruptReturnLong(frame: readonly bigint[]): void {
    const { state } = this;
    if ((state.systemFlags & NT) !== 0) protectionFault(0);
    const [rip, code, image, ...outer] = frame as [bigint, bigint, bigint, bigint, bigint];
    const cpl = state.cpl;
    const selector = Number(code & 0xffffn);
    if (this.returnsInPlace(selector, Number((outer[1] as bigint) & 0xffffn), rip)) {
      state.setGpr(4, outer[0] as bigint);
      state.rip = rip;
      this.restoreFlags(Number(image & 0xffffffffn), 8, cpl, false);
      state.set('nmiBlocked', 0);
      return;
    }
    const d = this.returnTarget(selector, rip);
    let next = 0;
    const stack = { pop: () => outer[next++] as bigint, pointer: state.gpr(4) };
    this.finishReturn(stack, selector, d, rip, 8, 0, true);
    this.restoreFlags(Number(image & 0xffffffffn), 8, cpl, false);
    state.set('nmiBlocked', 0);
  }

  /**
   * Does IRET go to the 64-bit code and the stack that are loaded, whose descriptors still say what was loaded? Then all
   * checks were made, and nothing is loaded anew. A kernel that patches its code returns so to itself each time.
   */
  private returnsInPlace(selector: number, ss: number, rip: bigint): boolean {
    const { state } = this;
    const cpl = state.cpl;
    if (selector !== state.selector(CS) || ss !== state.selector(SS) || isNull(ss)) return false;
    if ((selector & 3) !== cpl || (ss & 3) !== cpl || ((state.attributes(SS) >> 5) & 3) !== cpl) return false;
    const top = BigInt.asIntN(64, rip) >> 47n;
    return (top === 0n || top === -1n) && this.isLoaded(CS) && this.isLoaded(SS);
  }

  /** Is the segment register as loading its selector would make it now? */
  private isLoaded(segment: number): boolean {
    const { state, memory } = this;
    const d = readDescriptor(state, memory, state.selector(segment));
    return (
      descriptorAttributes(d) === state.attributes(segment) &&
      descriptorLimit(d) === state.segmentLimit(segment) &&
      descriptorBase(d) === state.segmentBase(segment)
    );
  }

  private returnToVirtual(stack: StackFrame, selector: number, rip: bigint, image: number): void {
    const { state } = this;
    const pointer = stack.pop(4);
    const selectors = [SS, 0, 3, 4, 5].map((segment) => [segment, Number(stack.pop(4) & 0xffffn)] as const);
    state.eflags = image;
    state.cpl = 3;
    loadRealSegment(state, CS, selector);
    for (const [segment, value] of selectors) loadRealSegment(state, segment, value);
    state.setGpr(4, pointer);
    state.rip = rip & 0xffffn;
  }

  /** EFLAGS from a return frame: IOPL only at CPL 0, IF only with CPL <= IOPL. */
  private restoreFlags(image: number, size: number, cpl: number, virtual: boolean): void {
    const { state } = this;
    const old = state.eflags;
    let writable = ~(IOPL | IF | VM | 0x18_0000) & 0x3f7fd7;
    if (cpl === 0) writable |= IOPL | 0x18_0000;
    if (cpl <= (old & IOPL) >> 12) writable |= IF;
    if (virtual) writable &= ~IOPL;
    if (size === 2) writable &= 0xffff;
    state.eflags = (old & ~writable) | (image & writable) | 2;
  }
}
