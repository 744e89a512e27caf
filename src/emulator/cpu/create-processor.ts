/**
 * `createProcessor`: the processor as the machine around it and inspection tools see it. Registers by name, complete
 * state by named fields.
 */
import { UserError } from '../../core/errors.js';
import type { DeviceWindow } from '../mmu/physical-pages.js';
import { ProcessorCore } from './core.js';
import { updateFpuTraps } from './fpu-traps.js';
import { RAM_BASE } from './memory-map.js';
import { updateMode } from './mode.js';
import { type CpuModel, MODELS } from './models.js';
import type { Bus, Processor } from './processor.js';
import { SEGMENT_NAMES, type SegmentName, STATE_FIELDS } from './state-layout.js';

export interface ProcessorOptions {
  readonly ramBytes: number;
  readonly bus: Bus;
  /** A model or its name; 'memlapse64' unless given. */
  readonly model?: CpuModel | string;
  /** Physical ranges inside RAM that devices own. */
  readonly windows?: readonly DeviceWindow[];
  /** TSC ticks per retired instruction; the model's own unless given. */
  readonly tscPerInstruction?: number;
}

export interface SegmentValue {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** Descriptor bits 40-55, with bit 16 for a null segment; see ATTRIBUTE in cpu-state.ts. */
  readonly attributes: number;
}

/** Everything the processor needs to go on, RAM apart. JSON-safe: wide values are hexadecimal strings. */
export interface ProcessorState {
  readonly version: 1;
  readonly model: string;
  readonly icount: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly segments: Readonly<Record<string, { selector: number; base: string; limit: number; attributes: number }>>;
  readonly tlb: { readonly entries: readonly (readonly number[])[]; readonly fetches: readonly (readonly number[])[] };
}

export interface ProcessorInspection {
  readonly model: CpuModel;
  /** A plain field of the state by name ('rax', 'rip', 'cr3', 'xmm0', …); 'rflags' is EFLAGS as the program sees it. */
  getRegister(name: string): bigint;
  setRegister(name: string, value: bigint): void;
  getSegment(name: SegmentName): SegmentValue;
  setSegment(name: SegmentName, value: SegmentValue): void;
  saveState(): ProcessorState;
  loadState(state: ProcessorState): void;
  /** One byte a page: 1 = written since the last `clearDirty`. */
  readonly dirtyPages: Uint8Array;
  clearDirty(): void;
}

/** Fields that a save keeps in another form or recomputes. */
const NOT_SAVED = new Set(['icountBase', 'remaining', 'shadowUntil', 'flagsResult', 'flagsExtra', 'eflags']);

export class MemlapseProcessor implements Processor, ProcessorInspection {
  readonly core: ProcessorCore;
  readonly ram: Uint8Array;

  constructor(core: ProcessorCore) {
    this.core = core;
    this.ram = core.state.bytes.subarray(RAM_BASE, RAM_BASE + core.state.ramBytes);
  }

  get model(): CpuModel {
    return this.core.model;
  }

  get icount(): number {
    return this.core.icount;
  }

  set icount(value: number) {
    this.core.icount = value;
  }

  setInterruptLine(level: boolean): void {
    this.core.setInterruptLine(level);
  }

  raiseNmi(): void {
    this.core.raiseNmi();
  }

  run(icountLimit: number) {
    return this.core.run(icountLimit);
  }

  requestStop(): void {
    this.core.requestStop();
  }

  reset(): void {
    this.core.reset();
  }

  noteWritten(address: number, length: number): void {
    if (length <= 0) return;
    const { pages } = this.core.memory;
    const last = Math.min(Math.floor((address + length - 1) / 4096), pages.count - 1);
    for (let frame = Math.floor(address / 4096); frame <= last; frame++) {
      pages.dirty[frame] = 1;
      if (pages.code[frame] === 0) continue;
      const start = Math.max(address, frame * 4096);
      this.core.memory.onCodeWrite(start, Math.min(address + length, (frame + 1) * 4096) - start);
    }
  }

  getRegister(name: string): bigint {
    if (name === 'rflags') return BigInt(this.core.state.eflags >>> 0);
    this.requireField(name);
    return this.core.state.getField(name);
  }

  setRegister(name: string, value: bigint): void {
    const { state } = this.core;
    if (name === 'rflags') state.eflags = Number(BigInt.asIntN(32, value));
    else {
      this.requireField(name);
      state.setField(name, value);
    }
    if (name === 'cr0' || name === 'cr3' || name === 'cr4' || name === 'efer') this.core.memory.flush(true);
    updateFpuTraps(state);
    updateMode(state);
  }

  private requireField(name: string): void {
    if (STATE_FIELDS[name] === undefined) throw new UserError(`the processor has no register '${name}'`);
  }

  getSegment(name: SegmentName): SegmentValue {
    const index = SEGMENT_NAMES.indexOf(name);
    const { state } = this.core;
    return {
      selector: state.selector(index),
      base: state.segmentBase(index),
      limit: state.segmentLimit(index),
      attributes: state.attributes(index),
    };
  }

  setSegment(name: SegmentName, value: SegmentValue): void {
    const index = SEGMENT_NAMES.indexOf(name);
    this.core.state.setSegment(index, value.selector, value.base, value.limit, value.attributes);
    if (name === 'cs') this.core.blocks.flushJumps('all');
    updateMode(this.core.state);
  }

  saveState(): ProcessorState {
    const { core } = this;
    const { state } = core;
    const fields: Record<string, string> = {};
    for (const [name, field] of Object.entries(STATE_FIELDS)) {
      if (!field.derived && !NOT_SAVED.has(name)) fields[name] = `0x${state.getField(name).toString(16)}`;
    }
    fields.rflags = `0x${(state.eflags >>> 0).toString(16)}`;
    const shadow = Number(state.getWide('shadowUntil')) - core.icount;
    fields.interruptShadow = `0x${Math.max(shadow, 0).toString(16)}`;
    const segments = Object.fromEntries(
      SEGMENT_NAMES.map((name) => {
        const { selector, base, limit, attributes } = this.getSegment(name);
        return [name, { selector, base: `0x${base.toString(16)}`, limit, attributes }];
      }),
    );
    return { version: 1, model: core.model.name, icount: core.icount, fields, segments, tlb: core.memory.tlb.save() };
  }

  loadState(saved: ProcessorState): void {
    const { core } = this;
    const { state } = core;
    if (saved.version !== 1 || saved.model !== core.model.name) {
      throw new UserError(`this state is of model '${saved.model}', version ${saved.version}`, 'use the same --cpu');
    }
    core.memory.flush(true);
    for (const [name, value] of Object.entries(saved.fields)) {
      if (STATE_FIELDS[name] !== undefined) state.setField(name, BigInt(value));
    }
    state.eflags = Number(BigInt.asIntN(32, BigInt(saved.fields.rflags ?? '0x2')));
    SEGMENT_NAMES.forEach((name, index) => {
      const value = saved.segments[name];
      if (value === undefined) throw new UserError(`the state lacks segment '${name}'`);
      state.setSegment(index, value.selector, BigInt(value.base), value.limit, value.attributes);
    });
    state.set('remaining', 0);
    state.setWide('icountBase', BigInt(saved.icount));
    state.setWide('shadowUntil', BigInt(saved.icount) + BigInt(saved.fields.interruptShadow ?? '0x0'));
    core.memory.tlb.load(saved.tlb);
    core.blocks.flushBlocks();
    updateFpuTraps(state);
    updateMode(state);
  }

  get dirtyPages(): Uint8Array {
    return this.core.memory.pages.dirty;
  }

  clearDirty(): void {
    this.core.memory.pages.dirty.fill(0);
    this.core.memory.tlb.closeWrites(undefined);
  }
}

export function createProcessor(options: ProcessorOptions): MemlapseProcessor {
  const wanted = options.model ?? 'memlapse64';
  const model = typeof wanted === 'string' ? MODELS[wanted] : wanted;
  if (model === undefined) {
    throw new UserError(`no processor model '${String(wanted)}'`, `use one of ${Object.keys(MODELS).join(', ')}`);
  }
  return new MemlapseProcessor(
    new ProcessorCore({
      ramBytes: options.ramBytes,
      bus: options.bus,
      model,
      windows: options.windows ?? [],
      tscPerInstruction: options.tscPerInstruction ?? model.tscPerInstruction,
    }),
  );
}
