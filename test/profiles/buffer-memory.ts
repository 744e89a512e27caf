/** Physical memory in one buffer, for tests that build or damage images. */
import { PAGE_SIZE } from '../../src/core/address.js';
import type { PhysicalMemory, ProcessorRegisters } from '../../src/memory/physical-memory.js';

export function bufferMemory(
  bytes: Uint8Array,
  extra: { readonly registers?: readonly ProcessorRegisters[]; readonly vmcoreinfo?: string } = {},
): PhysicalMemory {
  return {
    format: 'test buffer',
    ranges: [{ start: 0, end: bytes.length }],
    end: bytes.length,
    registers: extra.registers ?? [],
    vmcoreinfo: extra.vmcoreinfo,
    notes: [],
    read(address, target) {
      if (address < 0 || address >= bytes.length) return 0;
      const part = bytes.subarray(address, address + target.length);
      target.set(part);
      return part.length;
    },
    page(frame) {
      const at = frame * PAGE_SIZE;
      return at >= 0 && at + PAGE_SIZE <= bytes.length ? bytes.subarray(at, at + PAGE_SIZE) : undefined;
    },
    close() {},
  };
}
