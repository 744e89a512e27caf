/**
 * The memory of an emulated machine as analysis sees it: physical memory that is read in place, between two runs.
 *
 * Reading disturbs nothing. The bytes change when the machine runs on, so an `Image` over it holds for one moment.
 */
import { PAGE_SIZE, type PhysicalAddress } from '../core/address.js';
import type { Machine } from '../emulator/machine/machine.js';
import type { PhysicalMemory, PhysicalRange, ProcessorRegisters } from '../memory/physical-memory.js';

export class MachineMemory implements PhysicalMemory {
  readonly format = 'running machine';
  readonly ranges: readonly PhysicalRange[];
  readonly end: PhysicalAddress;
  readonly vmcoreinfo = undefined;
  readonly notes: readonly string[] = [];
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.end = machine.ramBytes;
    this.ranges = [{ start: 0, end: machine.ramBytes }];
  }

  get registers(): readonly ProcessorRegisters[] {
    const { processor } = this.#machine;
    return [
      {
        cr3: processor.getRegister('cr3'),
        rip: processor.getRegister('rip'),
        cr0: processor.getRegister('cr0'),
        cr4: processor.getRegister('cr4'),
      },
    ];
  }

  read(address: PhysicalAddress, target: Uint8Array): number {
    const bytes = this.#machine.processor.ram.subarray(address, Math.min(address + target.length, this.end));
    target.set(bytes);
    return bytes.length;
  }

  page(frame: number): Uint8Array | undefined {
    const start = frame * PAGE_SIZE;
    if (frame < 0 || start + PAGE_SIZE > this.end) return undefined;
    return this.#machine.processor.ram.subarray(start, start + PAGE_SIZE);
  }

  /** The machine is its owner's to close. */
  close(): void {}
}
