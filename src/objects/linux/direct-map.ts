/**
 * The kernel's linear mapping of physical memory and its array of `struct page`: from page frames to kernel addresses
 * and back.
 *
 * Source: arch/x86/include/asm/{page_64_types,pgtable_64_types,page_32_types}.h. The bases are randomised on amd64
 * (CONFIG_RANDOMIZE_MEMORY) and then stand in variables.
 */
import { readPointer } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

/** Bases where the kernel has no variable for them, by paging mode. `direct` is that of 4.20 and later. */
const DEFAULT_BASES = {
  '32-bit': { direct: 0xc000_0000n, pages: undefined },
  PAE: { direct: 0xc000_0000n, pages: undefined },
  '4-level': { direct: 0xffff_8880_0000_0000n, pages: 0xffff_ea00_0000_0000n },
  '5-level': { direct: 0xff11_0000_0000_0000n, pages: 0xffd4_0000_0000_0000n },
} as const;

const MEMO = Symbol('direct map');

export interface DirectMap {
  /** The kernel address of a physical address. On i386 only the first 896 MiB are mapped there. */
  addressOf(physical: number): bigint;
  /** The address of the `struct page` of a page frame; undefined where their array was not found. */
  pageStruct(frame: number): bigint | undefined;
  /** The page frame that a `struct page` describes; undefined for addresses that are none. */
  frameOfPageStruct(page: bigint): number | undefined;
  /** The page frame of an address in the mapping; undefined for others. */
  frameOf(address: bigint): number | undefined;
}

/** The linear mapping of this kernel. */
export function directMap(kernel: LinuxKernel): DirectMap {
  return kernel.memo(MEMO, () => {
    const defaults = DEFAULT_BASES[kernel.space.mode.name];
    const direct = variable(kernel, 'page_offset_base') ?? defaults.direct;
    // mem_map: one array for all frames (CONFIG_FLATMEM). Sparse memory without vmemmap has none.
    const pages = variable(kernel, 'vmemmap_base') ?? defaults.pages ?? variable(kernel, 'mem_map');
    // Asked for when it is needed: the mapping itself needs no types. Damaged types may say 0.
    const pageSize = () => BigInt(Math.max(kernel.struct('page', 0n).size, 1));
    const end = BigInt(kernel.memory.end);
    return {
      addressOf: (physical) => direct + BigInt(physical),
      pageStruct: (frame) => (pages === undefined ? undefined : pages + BigInt(frame) * pageSize()),
      frameOfPageStruct: (page) => {
        const offset = pages === undefined ? -1n : page - pages;
        const size = pageSize();
        const frame = offset / size;
        return offset < 0n || offset % size !== 0n || frame << 12n >= end ? undefined : Number(frame);
      },
      frameOf: (address) => {
        const offset = address - direct;
        return offset < 0n || offset >= end ? undefined : Number(offset >> 12n);
      },
    };
  });
}

function variable(kernel: LinuxKernel, symbol: string): bigint | undefined {
  const address = kernel.address(symbol);
  const value = address === undefined ? undefined : readPointer(kernel, address);
  return value === 0n ? undefined : value;
}
