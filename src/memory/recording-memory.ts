/**
 * Memory that notes which page frames are read through it, so that a result can be kept for as long as those pages stay
 * what they are. Reading is otherwise unchanged.
 */
import { PAGE_SIZE, type PhysicalAddress } from '../core/address.js';
import type { PhysicalMemory, PhysicalRange, ProcessorRegisters } from './physical-memory.js';

export interface RecordingOptions {
  /** Shows no registers: what is found without them holds for moments with others. */
  readonly hideRegisters?: boolean;
}

export class RecordingMemory implements PhysicalMemory {
  readonly format: string;
  readonly ranges: readonly PhysicalRange[];
  readonly end: PhysicalAddress;
  readonly vmcoreinfo: string | undefined;
  readonly notes: readonly string[];
  readonly #memory: PhysicalMemory;
  readonly #hideRegisters: boolean;
  /** A bit a frame: a series makes one of these for each run. */
  readonly #seen: Uint8Array;
  readonly #frames: number[] = [];
  #readRegisters = false;

  constructor(memory: PhysicalMemory, { hideRegisters = false }: RecordingOptions = {}) {
    this.#memory = memory;
    this.#hideRegisters = hideRegisters;
    this.format = memory.format;
    this.ranges = memory.ranges;
    this.end = memory.end;
    this.vmcoreinfo = memory.vmcoreinfo;
    this.notes = memory.notes;
    this.#seen = new Uint8Array(Math.ceil(memory.end / PAGE_SIZE / 8));
  }

  /** Frames read so far, each once, in no order. Those outside the memory are not noted: there is never anything. */
  get frames(): readonly number[] {
    return this.#frames;
  }

  /** Whether somebody looked at the registers, which no page stands for. */
  get hasReadRegisters(): boolean {
    return this.#readRegisters;
  }

  get registers(): readonly ProcessorRegisters[] {
    if (this.#hideRegisters) return [];
    this.#readRegisters = true;
    return this.#memory.registers;
  }

  page(frame: number): Uint8Array | undefined {
    this.#note(frame);
    return this.#memory.page(frame);
  }

  read(address: PhysicalAddress, target: Uint8Array): number {
    const last = Math.floor((address + target.length - 1) / PAGE_SIZE);
    for (let frame = Math.floor(address / PAGE_SIZE); frame <= last; frame++) this.#note(frame);
    return this.#memory.read(address, target);
  }

  /** The memory itself is closed by whoever opened it. */
  close(): void {}

  #note(frame: number): void {
    const index = Math.floor(frame / 8);
    const bits = this.#seen[index];
    const bit = 1 << (frame % 8);
    // Outside the array there are none.
    if (bits === undefined || (bits & bit) !== 0) return;
    this.#seen[index] = bits | bit;
    this.#frames.push(frame);
  }
}
