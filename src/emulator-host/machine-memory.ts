/**
 * The RAM of a machine as forensics sees any memory: what is there now, without a copy. Valid while the machine stands;
 * reading during a run gives a torn picture.
 */
import { PAGE_SIZE } from '../core/address.js';
import type { Machine } from '../emulator/machine/machine.js';
import type { PhysicalMemory, ProcessorRegisters } from '../memory/physical-memory.js';

export function machineMemory(machine: Machine): PhysicalMemory {
  const { ram } = machine.processor;
  return {
    format: 'running machine',
    ranges: [{ start: 0, end: ram.length }],
    end: ram.length,
    get registers() {
      return [registersOf(machine)];
    },
    vmcoreinfo: undefined,
    notes: [],
    read(address, target) {
      const part = ram.subarray(address, address + target.length);
      target.set(part);
      return part.length;
    },
    page(frame) {
      const start = frame * PAGE_SIZE;
      return start + PAGE_SIZE <= ram.length ? ram.subarray(start, start + PAGE_SIZE) : undefined;
    },
    close() {},
  };
}

function registersOf({ processor }: Machine): ProcessorRegisters {
  const register = (name: string): bigint => processor.getRegister(name);
  return {
    cr3: register('cr3'),
    rip: register('rip'),
    cr0: register('cr0'),
    cr4: register('cr4'),
    idt: register('idtBase'),
    kernelGsBase: register('kernelGsBase'),
  };
}
