/**
 * `createProcessor`: the processor as the machine around it and inspection tools see it. Registers by name; the whole
 * state is in saved-processor.ts.
 */
import { UserError } from '../../core/errors.js';
import type { EventSource } from '../events/event-hub.js';
import type { MachineEvent } from '../events/event-kinds.js';
import type { PreparedHandlers } from '../interpreter/prepared-handlers.js';
import type { CodeStore } from '../jit/code-store.js';
import { Jit, type JitStatistics } from '../jit/jit.js';
import type { DeviceWindow } from '../mmu/physical-pages.js';
import { ProcessorCore } from './core.js';
import { updateFpuTraps } from './fpu-traps.js';
import { RAM_BASE } from './memory-map.js';
import { updateMode } from './mode.js';
import { type CpuModel, MODELS } from './models.js';
import type { Bus, EntryState, Processor, SavedProcessor, SegmentState } from './processor.js';
import { restoreProcessor, saveProcessor } from './saved-processor.js';
import { SEGMENT_NAMES, type SegmentName, STATE_FIELDS } from './state-layout.js';

export interface ProcessorOptions {
  readonly ramBytes: number;
  readonly bus: Bus;
  /** A model or its name; 'memlapse64' unless given. */
  readonly model?: CpuModel | string;
  /** Translate hot code to WebAssembly; true unless given. The guest cannot tell. */
  readonly jit?: boolean;
  /** Code that earlier runs generated; what this one generates is given to it. */
  readonly code?: CodeStore | undefined;
  /** The interpreter's handlers as they were generated ahead of time; it generates its own unless given. */
  readonly handlers?: PreparedHandlers | undefined;
  /** Physical ranges inside RAM that devices own. */
  readonly windows?: readonly DeviceWindow[];
}

/** What inspection tools use besides the machine's interface. */
export interface ProcessorInspection {
  readonly model: CpuModel;
  /** A plain field of the state by name ('rax', 'rip', 'cr3', 'xmm0', …); 'rflags' is EFLAGS as the program sees it. */
  getRegister(name: string): bigint;
  setRegister(name: string, value: bigint): void;
  getSegment(name: SegmentName): SegmentState;
  setSegment(name: SegmentName, value: SegmentState): void;
}

export class MemlapseProcessor implements Processor, ProcessorInspection {
  readonly core: ProcessorCore;
  readonly ram: Uint8Array;

  private readonly jit: Jit | undefined;

  constructor(core: ProcessorCore, jit: Jit | undefined) {
    this.core = core;
    this.jit = jit;
    this.ram = core.state.bytes.subarray(RAM_BASE, RAM_BASE + core.state.ramBytes);
  }

  get model(): CpuModel {
    return this.core.model;
  }

  /** What the second tier did so far; undefined without it. */
  get jitStatistics(): JitStatistics | undefined {
    return this.jit?.stats();
  }

  get events(): EventSource {
    return this.core.events;
  }

  /** The event at which the last `run` stopped, when it came back with 'events'. */
  get stopEvent(): MachineEvent | undefined {
    return this.core.events.stopEvent;
  }

  get icount(): number {
    return this.core.icount;
  }

  set icount(value: number) {
    this.core.icount = value;
  }

  get idleTicks(): number {
    return this.core.clock.idleTicks;
  }

  set idleTicks(value: number) {
    this.core.clock.idleTicks = value;
  }

  spend(ticks: number): void {
    this.core.clock.spend(ticks);
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
      this.core.state.observer.pages?.writtenOutside(frame);
      if (pages.code[frame] === 0) continue;
      const start = Math.max(address, frame * 4096);
      this.core.memory.onCodeWrite(start, Math.min(address + length, (frame + 1) * 4096) - start);
    }
  }

  enter(entry: EntryState): void {
    const { state } = this.core;
    for (const [name, value] of Object.entries({ ...entry.registers, ...entry.control })) {
      this.setRegister(name, value);
    }
    for (const table of ['gdt', 'idt'] as const) {
      const value = entry[table];
      if (value === undefined) continue;
      state.setWide(`${table}Base`, value.base);
      state.set(`${table}Limit`, value.limit);
    }
    for (const [name, value] of Object.entries(entry.segments)) this.setSegment(name as SegmentName, value);
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

  getSegment(name: SegmentName): SegmentState {
    const index = SEGMENT_NAMES.indexOf(name);
    const { state } = this.core;
    return {
      selector: state.selector(index),
      base: state.segmentBase(index),
      limit: state.segmentLimit(index),
      attributes: state.attributes(index),
    };
  }

  setSegment(name: SegmentName, value: SegmentState): void {
    const index = SEGMENT_NAMES.indexOf(name);
    if (index < 0) throw new UserError(`the processor has no segment register '${name}'`);
    this.core.state.setSegment(index, value.selector, value.base, value.limit, value.attributes);
    if (name === 'cs') this.core.blocks.jumps.flush('all');
    updateMode(this.core.state);
  }

  saveState(): SavedProcessor {
    return saveProcessor(this.core);
  }

  restoreState(saved: SavedProcessor): void {
    restoreProcessor(this.core, saved);
  }

  takeDirtyPages(): Uint32Array {
    const { dirty } = this.core.memory.pages;
    const frames: number[] = [];
    for (let frame = dirty.indexOf(1); frame >= 0; frame = dirty.indexOf(1, frame + 1)) frames.push(frame);
    dirty.fill(0);
    this.core.memory.tlb.closeWrites(undefined);
    return Uint32Array.from(frames);
  }
}

export function createProcessor(options: ProcessorOptions): MemlapseProcessor {
  const wanted = options.model ?? 'memlapse64';
  const model = typeof wanted === 'string' ? MODELS[wanted] : wanted;
  if (model === undefined) {
    throw new UserError(`no processor model '${String(wanted)}'`, `use one of ${Object.keys(MODELS).join(', ')}`);
  }
  const { ramBytes, bus, windows = [], jit = true, code, handlers } = options;
  const core = new ProcessorCore({ ramBytes, bus, model, windows, code, handlers });
  return new MemlapseProcessor(core, jit ? new Jit(core, code) : undefined);
}
