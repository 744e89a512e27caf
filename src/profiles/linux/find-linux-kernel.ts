/**
 * Finds the Linux kernel of an image: the ways to do it, in the order in which they are tried.
 *
 * Everything comes from guest memory, so a location only counts when the page tables at its root map the kernel's text
 * to where the location says it is.
 */
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { SearchEffort } from '../search-effort.js';
import type { Kallsyms } from './kallsyms.js';
import { locateByContent, locateByRoots } from './locate-by-content.js';
import { locateByVmcoreinfo } from './locate-by-vmcoreinfo.js';
import type { LinuxKernelLocation } from './location.js';
import { findVmcoreInfo, parseVmcoreInfo } from './vmcoreinfo.js';

export interface FoundKernel {
  readonly location: LinuxKernelLocation;
  /** When it was found on the way. */
  readonly kallsyms?: Kallsyms | undefined;
}

/** The thorough ways read the whole image. */
const WAYS: Readonly<Record<SearchEffort, readonly ((memory: PhysicalMemory) => FoundKernel | undefined)[]>> = {
  quick: [locateByContainer, locateByRoots],
  thorough: [findRecordedKernel, (memory) => locateByContent(memory)],
};

/** The kernel in `memory`; undefined when this is no Linux image, or too damaged to tell. Both efforts unless told. */
export function findKernel(memory: PhysicalMemory, effort?: SearchEffort): FoundKernel | undefined {
  const ways = effort === undefined ? [...WAYS.quick, ...WAYS.thorough] : WAYS[effort];
  for (const way of ways) {
    const found = way(memory);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same without what was found on the way. */
export function findLinuxKernel(memory: PhysicalMemory): LinuxKernelLocation | undefined {
  return findKernel(memory)?.location;
}

/** By the VMCOREINFO that a dump's own header carries. */
function locateByContainer(memory: PhysicalMemory): FoundKernel | undefined {
  const info = memory.vmcoreinfo === undefined ? undefined : parseVmcoreInfo(memory.vmcoreinfo);
  const location = info && locateByVmcoreinfo(memory, info);
  return location && { location };
}

/** By the VMCOREINFO in guest memory; stale copies and forgeries don't agree with the page tables. */
export function findRecordedKernel(memory: PhysicalMemory): FoundKernel | undefined {
  for (const info of findVmcoreInfo(memory)) {
    const location = locateByVmcoreinfo(memory, info);
    if (location !== undefined) return { location };
  }
  return undefined;
}
