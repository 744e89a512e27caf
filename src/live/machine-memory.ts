/**
 * The memory of an emulated machine as analysis sees it: physical memory that is read in place, between two runs.
 *
 * Reading disturbs nothing. The bytes change when the machine runs on, so an `Image` over it holds for one moment.
 */
import { hex, PAGE_SIZE, type PhysicalAddress } from '../core/address.js';
import { UserError } from '../core/errors.js';
import type { Machine } from '../emulator/machine/machine.js';
import type { PhysicalMemory, PhysicalRange, ProcessorRegisters } from '../memory/physical-memory.js';

const ZEROS = Buffer.alloc(PAGE_SIZE);

/** Registers that debuggers show. */
const GENERAL = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'],
  ...Array.from({ length: 8 }, (_, index) => `r${index + 8}`),
  ...['rip', 'rflags'],
];

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
        idt: processor.getRegister('idtBase'),
        general: Object.fromEntries(GENERAL.map((name) => [name, processor.getRegister(name)])),
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

/** Gives a fresh machine the memory that `source` has. @throws UserError when a part of that is missing */
export function copyMemory(source: PhysicalMemory, machine: Machine): void {
  for (let frame = 0; frame < machine.ramBytes / PAGE_SIZE; frame++) {
    const page = source.page(frame);
    if (page === undefined) {
      throw new UserError(
        `the page at ${hex(frame * PAGE_SIZE)} is missing, so the machine cannot go on`,
        'take another snapshot',
      );
    }
    if (ZEROS.compare(page) !== 0) machine.writeRam(frame * PAGE_SIZE, page);
  }
}
