/** Everything that the kernel has mapped, in windows of memory, each physical page once: what scanners walk over. */
import { PAGE_SIZE } from '../../core/address.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { WindowsKernel } from './kernel.js';

export const KERNEL_SPACE = {
  4: { start: 0x8000_0000n, end: 0x1_0000_0000n },
  8: { start: 0xffff_8000_0000_0000n, end: 0x1_0000_0000_0000_0000n },
} as const;

/** What is read at once: about what a processor's cache holds. */
const READ = 1024 * 1024;
/** Reading over a gap as long as this is cheaper than a read of its own. */
const GAP = 128 * 1024;

export interface KernelWindow {
  /** Virtual address of the first word. */
  readonly address: bigint;
  /** Valid until the next window is asked for. */
  readonly words: Uint32Array;
}

/** Pages that follow each other in physical memory and in the kernel's address space. */
interface Run {
  readonly physical: number;
  readonly length: number;
  readonly address: bigint;
}

/**
 * What `find` finds in each window, ascending by virtual address. A page that is mapped twice is seen under its first address.
 * Memory is read in its physical order: in the kernel's, neighbours lie everywhere.
 */
export function* inKernelWindows<T>(
  kernel: WindowsKernel,
  find: (window: KernelWindow) => T | undefined,
): Generator<T> {
  const finds: { readonly address: bigint; readonly found: T }[] = [];
  for (const window of kernelWindows(kernel)) {
    const found = find(window);
    if (found !== undefined) finds.push({ address: window.address, found });
  }
  finds.sort((a, b) => (a.address < b.address ? -1 : 1));
  for (const { found } of finds) yield found;
}

function* kernelWindows(kernel: WindowsKernel): Generator<KernelWindow> {
  const runs = kernelRuns(kernel).sort((a, b) => a.physical - b.physical);
  const buffer = new Uint8Array(READ);
  for (let first = 0; first < runs.length; ) {
    const { physical: base } = runs[first] as Run;
    let end = base;
    let next = first;
    for (; next < runs.length; next++) {
      const { physical, length } = runs[next] as Run;
      if (next > first && (physical > end + GAP || physical + length > base + READ)) break;
      end = physical + length;
    }
    const got = kernel.memory.read(base, buffer.subarray(0, end - base));
    for (const { physical, length, address } of runs.slice(first, next)) {
      const at = physical - base;
      // Behind a hole or a damaged page.
      if (at + length > got) kernel.memory.read(physical, buffer.subarray(at, at + length).fill(0));
      yield { address, words: new Uint32Array(buffer.buffer, at, length >> 2) };
    }
    first = next;
  }
}

/** The runs of at most READ bytes, ascending by virtual address. */
function kernelRuns(kernel: WindowsKernel): Run[] {
  const { start, end } = KERNEL_SPACE[kernel.profile.pointerSize];
  const { memory } = kernel;
  const seen = new Uint8Array(Math.ceil(memory.end / PAGE_SIZE));
  const runs: Run[] = [];
  // The tables map themselves, which a space with a fault log takes for a forgery.
  const space = new PagedAddressSpace('kernel', memory, kernel.space.mode, kernel.space.root);
  for (const mapping of space.mappings(start, end)) {
    const length = Number(mapping.end - mapping.start);
    for (let at = 0; at < length; ) {
      const frame = Math.floor((mapping.physical + at) / PAGE_SIZE);
      let pages = 0;
      while (at + pages * PAGE_SIZE < length && pages * PAGE_SIZE < READ && seen[frame + pages] === 0) {
        seen[frame + pages] = 1;
        pages++;
      }
      const physical = mapping.physical + at;
      if (pages > 0) runs.push({ physical, length: pages * PAGE_SIZE, address: mapping.start + BigInt(at) });
      at += Math.max(pages, 1) * PAGE_SIZE;
    }
  }
  return runs;
}
