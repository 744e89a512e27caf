/** Everything that the kernel has mapped, in windows of memory, each physical page once: what scanners walk over. */
import { PAGE_SIZE } from '../../core/address.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { WindowsKernel } from './kernel.js';

export const KERNEL_SPACE = {
  4: { start: 0x8000_0000n, end: 0x1_0000_0000n },
  8: { start: 0xffff_8000_0000_0000n, end: 0x1_0000_0000_0000_0000n },
} as const;

const WINDOW = 256 * PAGE_SIZE;

export interface KernelWindow {
  /** Virtual address of the first word. */
  readonly address: bigint;
  /** Valid until the next window is asked for. */
  readonly words: Uint32Array;
}

/** The windows, ascending by virtual address. A page that is mapped twice is seen under its first address. */
export function* kernelWindows(kernel: WindowsKernel): Generator<KernelWindow> {
  const { start, end } = KERNEL_SPACE[kernel.profile.pointerSize];
  const { memory } = kernel;
  const seen = new Uint8Array(Math.ceil(memory.end / PAGE_SIZE));
  const buffer = new Uint8Array(WINDOW);
  // The tables map themselves, which a space with a fault log takes for a forgery.
  const space = new PagedAddressSpace('kernel', memory, kernel.space.mode, kernel.space.root);
  for (const run of space.mappings(start, end)) {
    const length = Number(run.end - run.start);
    for (let at = 0; at < length; ) {
      const frame = Math.floor((run.physical + at) / PAGE_SIZE);
      let pages = 0;
      while (at + pages * PAGE_SIZE < length && pages * PAGE_SIZE < WINDOW && seen[frame + pages] === 0) {
        seen[frame + pages] = 1;
        pages++;
      }
      if (pages === 0) {
        at += PAGE_SIZE;
        continue;
      }
      const got = memory.read(run.physical + at, buffer.subarray(0, pages * PAGE_SIZE));
      yield { address: run.start + BigInt(at), words: new Uint32Array(buffer.buffer, 0, got >> 2) };
      at += pages * PAGE_SIZE;
    }
  }
}
