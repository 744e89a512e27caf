/**
 * Memory of a Linux guest together with the VMCOREINFO that lies in it, for files that carry that beside memory: crash and
 * makedumpfile take KASLR's offset and `phys_base` from there when there are no registers to find them by.
 */
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { findRecordedKernel } from './find-linux-kernel.js';

/**
 * The same memory; `vmcoreinfo` is what its kernel wrote, unless its container said that already. Memory without a Linux
 * kernel, or whose kernel has no such record, is returned as it is.
 */
export function withVmcoreinfo(memory: PhysicalMemory): PhysicalMemory {
  if (memory.vmcoreinfo !== undefined) return memory;
  const found = findRecordedKernel(memory)?.location.vmcoreinfo;
  if (found === undefined) return memory;
  const { format, ranges, end, registers, notes, windowsDump } = memory;
  return {
    ...{ format, ranges, end, registers, notes, windowsDump },
    vmcoreinfo: [...found].map(([key, value]) => `${key}=${value}\n`).join(''),
    read: (address, target) => memory.read(address, target),
    page: (frame) => memory.page(frame),
    close: () => memory.close(),
  };
}
