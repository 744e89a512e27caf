/**
 * Hardware task switches (SDM volume 3, 8.3): by JMP, CALL and IRET, and through task gates of the IDT. Everything up
 * to the commit throws in the old task; what is found wrong in the new task's segments is thrown with `committed`,
 * because it belongs to the new task's first instruction.
 */
import { NT, VM } from '../isa/eflags.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import { CR0 } from './control-bits.js';
import type { ControlRegisters } from './control-registers.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { type DebugUnit, DR6 } from './debug-unit.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
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
  LDTR,
  loadRealSegment,
  markAccessed,
  readDescriptor,
  SS,
  selectorError,
  TR,
} from './segments.js';
import { currentStack } from './stack-frame.js';

/** Offsets in a task-state segment (SDM volume 3, figures 8-2 and 8-10). */
interface TaskLayout {
  readonly size: 2 | 4;
  readonly limit: number;
  readonly ip: number;
  readonly flags: number;
  /** First of the eight general registers, in encoding order. */
  readonly registers: number;
  /** First segment selector: ES, CS, SS, DS and, in the wide form, FS and GS. */
  readonly segments: number;
  readonly segmentCount: 4 | 6;
  readonly ldt: number;
  readonly cr3: number | undefined;
  readonly trap: number | undefined;
}

const WIDE: TaskLayout = {
  size: 4, limit: 0x67, ip: 0x20, flags: 0x24, registers: 0x28, segments: 0x48, segmentCount: 6, ldt: 0x60, cr3: 0x1c,
  trap: 0x64,
}; // biome-ignore format: a layout
const NARROW: TaskLayout = {
  size: 2, limit: 0x2b, ip: 0x0e, flags: 0x10, registers: 0x12, segments: 0x22, segmentCount: 4, ldt: 0x2a,
  cr3: undefined, trap: undefined,
}; // biome-ignore format: a layout

const BUSY = 2;
const isWide = (attributes: number): boolean => (attributes & 8) !== 0;
const layoutOf = (attributes: number): TaskLayout => (isWide(attributes) ? WIDE : NARROW);
const LOCAL_ENABLES = 0x155n;

export type TaskTransfer = 'jump' | 'call' | 'return' | 'interrupt';

export interface TaskSwitch {
  readonly how: TaskTransfer;
  /** Where the old task goes on. */
  readonly rip: bigint;
  /** EXT bit of error codes, RF of the old task's flags, and what an exception pushes on the new stack. */
  readonly ext?: number;
  readonly resume?: number;
  readonly errorCode?: number | undefined;
}

export class TaskSwitcher {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly control: ControlRegisters;
  private readonly debug: DebugUnit;

  constructor(state: CpuState, memory: LinearMemory, control: ControlRegisters, debug: DebugUnit) {
    this.state = state;
    this.memory = memory;
    this.control = control;
    this.debug = debug;
  }

  /** IRET with NT set: back to the task that the running one is linked to. */
  returnToPrevious(rip: bigint): void {
    const selector = Number(this.memory.read(this.state.segmentBase(TR), 2));
    this.switchTo(selector, { how: 'return', rip });
  }

  switchTo(selector: number, request: TaskSwitch): void {
    const { state, memory } = this;
    const d = this.newTask(selector, request);
    const layout = layoutOf(descriptorType(d));
    const base = descriptorBase(d);
    const trap = layout.trap === undefined ? 0 : Number(memory.read(base + BigInt(layout.trap), 1)) & 1;
    const oldBase = state.segmentBase(TR);
    const oldSelector = state.selector(TR);
    const old = layoutOf(state.attributes(TR));
    const image = this.readImage(base, layout);
    memory.probeWrite(oldBase + BigInt(old.ip), 4);
    memory.probeWrite(oldBase + BigInt(old.ldt), 2);
    const nested = request.how === 'call' || request.how === 'interrupt';
    if (nested) memory.probeWrite(base, 2);

    this.saveOld(old, oldBase, request);
    if (!nested) this.setBusy(oldSelector, false);
    if (nested) memory.write(base, 2, BigInt(oldSelector));
    if (request.how !== 'return') this.setBusy(selector, true);
    state.setSegment(TR, selector, base, descriptorLimit(d), descriptorAttributes(d) | BUSY);
    state.set('cr0', state.cr0 | CR0.TS);
    this.control.tasksSwitched();
    state.setWide('dr7', state.getWide('dr7') & ~LOCAL_ENABLES);
    this.enter(layout, image, nested, request.errorCode);
    if (trap !== 0) this.debug.trap(DR6.BT);
  }

  /** The descriptor of the task to go to, with its checks. */
  private newTask(selector: number, { how, ext = 0 }: TaskSwitch): Descriptor {
    const { state, memory } = this;
    const back = how === 'return';
    const vector = back ? VECTOR.invalidTss : VECTOR.protection;
    const error = selectorError(selector) | ext;
    if (isNull(selector) || (selector & 4) !== 0) throw new GuestException(vector, error);
    const d = readDescriptor(state, memory, selector, vector);
    const type = descriptorType(d);
    const isTask = isSystem(d) && (type & ~(8 | BUSY)) === 1;
    if (!isTask || ((type & BUSY) !== 0) !== back) throw new GuestException(vector, error);
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, error);
    if (descriptorLimit(d) < layoutOf(type).limit) throw new GuestException(VECTOR.invalidTss, error);
    return d;
  }

  private readImage(base: bigint, layout: TaskLayout) {
    const at = (offset: number, size: number): bigint => this.memory.read(base + BigInt(offset), size);
    const { size } = layout;
    return {
      ip: at(layout.ip, size),
      flags: Number(at(layout.flags, size)),
      registers: Array.from({ length: 8 }, (_, i) => at(layout.registers + i * size, size)),
      selectors: Array.from({ length: layout.segmentCount }, (_, i) => Number(at(layout.segments + i * size, 2))),
      ldt: Number(at(layout.ldt, 2)),
      cr3: layout.cr3 === undefined ? undefined : at(layout.cr3, 4),
    };
  }

  private saveOld(layout: TaskLayout, base: bigint, { how, rip, resume = 0 }: TaskSwitch): void {
    const { state, memory } = this;
    const { size } = layout;
    const put = (offset: number, value: bigint, bytes: number = size): void =>
      memory.write(base + BigInt(offset), bytes, value & ((1n << BigInt(8 * bytes)) - 1n));
    const eflags = (how === 'return' ? state.eflags & ~NT : state.eflags) | resume;
    put(layout.ip, rip);
    put(layout.flags, BigInt(eflags >>> 0));
    for (let i = 0; i < 8; i++) put(layout.registers + i * size, state.gpr(i));
    for (let i = 0; i < layout.segmentCount; i++) put(layout.segments + i * size, BigInt(state.selector(i)), 2);
  }

  private setBusy(selector: number, busy: boolean): void {
    const d = readDescriptor(this.state, this.memory, selector);
    const type = (d.high >>> 8) & 0xff;
    this.memory.write(d.address + 5n, 1, BigInt(busy ? type | BUSY : type & ~BUSY));
  }

  /** Loads the new task's registers; from here on faults are the new task's. */
  private enter(
    layout: TaskLayout,
    image: ReturnType<TaskSwitcher['readImage']>,
    nested: boolean,
    errorCode: number | undefined,
  ): void {
    const { state } = this;
    if (image.cr3 !== undefined && (state.cr0 & CR0.PG) !== 0) this.control.writeCr3(image.cr3);
    const flags = (layout.size === 4 ? image.flags : image.flags & 0xffff) | (nested ? NT : 0);
    state.eflags = (flags & 0x3f7fd7) | 2;
    state.rip = image.ip;
    image.registers.forEach((value, i) => {
      state.setGpr(i, layout.size === 4 ? value : (state.gpr(i) & 0xffff0000n) | value);
    });
    const selectors = [...image.selectors, 0, 0].slice(0, 6);
    try {
      this.loadSegments(selectors, image.ldt);
      if (errorCode !== undefined) {
        const stack = currentStack(state, this.memory);
        stack.push(BigInt(errorCode >>> 0), layout.size);
        state.setGpr(4, stack.pointer);
      }
      if (image.ip > BigInt(state.segmentLimit(CS))) protectionFault(0);
    } catch (error) {
      if (error instanceof GuestException) error.committed = true;
      throw error;
    }
  }

  /** All selectors first, then their descriptors, each checked (SDM volume 3, table 8-1). */
  private loadSegments(selectors: readonly number[], ldt: number): void {
    const { state } = this;
    if ((state.eflags & VM) !== 0) {
      state.cpl = 3;
      this.loadLocalTable(ldt);
      selectors.forEach((selector, i) => {
        loadRealSegment(state, i, selector);
      });
      return;
    }
    const cpl = (selectors[CS] as number) & 3;
    state.cpl = cpl;
    selectors.forEach((selector, i) => {
      state.setSegment(i, selector, 0n, 0, ATTRIBUTE.unusable);
    });
    this.loadLocalTable(ldt);
    this.loadCode(selectors[CS] as number, cpl);
    this.loadStack(selectors[SS] as number, cpl);
    for (const i of [0, 3, 4, 5]) this.loadData(i, selectors[i] as number, cpl);
  }

  private loadLocalTable(selector: number): void {
    const { state, memory } = this;
    state.setSegment(LDTR, selector, 0n, 0, ATTRIBUTE.unusable);
    if (isNull(selector)) return;
    if ((selector & 4) !== 0) this.invalid(selector);
    const d = readDescriptor(state, memory, selector, VECTOR.invalidTss);
    if (!isSystem(d) || descriptorType(d) !== 2 || !isPresent(d)) this.invalid(selector);
    state.setSegment(LDTR, selector, descriptorBase(d), descriptorLimit(d), descriptorAttributes(d));
  }

  private loadCode(selector: number, cpl: number): void {
    if (isNull(selector)) this.invalid(selector);
    const d = readDescriptor(this.state, this.memory, selector, VECTOR.invalidTss);
    const conforming = (descriptorType(d) & ATTRIBUTE.conforming) !== 0;
    const dpl = descriptorDpl(d);
    if (isSystem(d) || !isCode(d) || (conforming ? dpl > cpl : dpl !== cpl)) this.invalid(selector);
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
    this.commit(CS, selector, d);
  }

  private loadStack(selector: number, cpl: number): void {
    checkStackSegment(this.state, this.memory, selector, cpl, VECTOR.invalidTss)();
  }

  private loadData(segment: number, selector: number, cpl: number): void {
    if (isNull(selector)) return;
    const d = readDescriptor(this.state, this.memory, selector, VECTOR.invalidTss);
    const type = descriptorType(d);
    const readable = !isCode(d) || (type & ATTRIBUTE.readable) !== 0;
    const conforming = isCode(d) && (type & ATTRIBUTE.conforming) !== 0;
    const hidden = !conforming && Math.max(cpl, selector & 3) > descriptorDpl(d);
    if (isSystem(d) || !readable || hidden) this.invalid(selector);
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
    this.commit(segment, selector, d);
  }

  private commit(segment: number, selector: number, d: Descriptor): void {
    markAccessed(this.memory, d);
    this.state.setSegment(segment, selector, descriptorBase(d), descriptorLimit(d), descriptorAttributes(d) | 1);
  }

  private invalid(selector: number): never {
    throw new GuestException(VECTOR.invalidTss, selectorError(selector));
  }
}
