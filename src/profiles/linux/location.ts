/** Where in an image the Linux kernel lies and how it translates addresses. Facts only; how they are found is elsewhere. */
import type { PagingModeName } from '../../memory/paging-modes.js';

export interface LinuxKernelLocation {
  readonly architecture: 'amd64' | 'i386';
  readonly paging: PagingModeName;
  /** Physical address of the kernel's own top-level table (`swapper_pg_dir`). */
  readonly dtb: number;
  /** What KASLR added to link-time virtual addresses; 0n without KASLR. */
  readonly kaslrOffset: bigint;
  /** amd64: `phys_base`; physical = virtual - 0xffffffff80000000 + physBase inside the kernel image. i386: 0. */
  readonly physBase: number;
  /** Run-time address of `_stext`, the first byte of kernel text: what a symbol file's `_stext` is compared with. */
  readonly textStart: bigint;
  /** Keys and values of the VMCOREINFO note, as `SYMBOL(prb)` -> `ffffffff92c64660`; empty when the image has none. */
  readonly vmcoreinfo: ReadonlyMap<string, string>;
  /** `6.1.0-50-amd64` */
  readonly release: string;
  /** The whole `Linux version …` line. */
  readonly banner: string;
}

/** `__START_KERNEL_map` and its gibibyte: where the linker puts an amd64 kernel (arch/x86/include/asm/page_64_types.h). */
export const KERNEL_MAP = { start: 0xffff_ffff_8000_0000n, end: 0xffff_ffff_c000_0000n } as const;
/** PAGE_OFFSET with the usual split of 3 GiB and 1 GiB (arch/x86/Kconfig). */
const I386_PAGE_OFFSET = 0xc000_0000n;
/** CONFIG_PHYSICAL_START is 16 MiB in every distribution's x86 kernel. */
const LINKED_TEXT = { amd64: KERNEL_MAP.start + 0x100_0000n, i386: I386_PAGE_OFFSET + 0x100_0000n } as const;

export function kaslrOffset(architecture: 'amd64' | 'i386', textStart: bigint): bigint {
  return textStart - LINKED_TEXT[architecture];
}

/** Virtual minus physical address inside of the kernel image. */
export function imageSlide(architecture: 'amd64' | 'i386', physBase: number): bigint {
  return architecture === 'amd64' ? KERNEL_MAP.start - BigInt(physBase) : I386_PAGE_OFFSET;
}

/** The reverse of `imageSlide`. */
export function physBaseOf(architecture: 'amd64' | 'i386', slide: bigint): number {
  return architecture === 'amd64' ? Number(KERNEL_MAP.start - slide) : 0;
}

/** Symbols below this address are absolute: per-CPU offsets and constants, which KASLR does not move. */
export function lowestKernelAddress(architecture: 'amd64' | 'i386'): bigint {
  return architecture === 'amd64' ? KERNEL_MAP.start : I386_PAGE_OFFSET;
}

export function pointerSizeOf(architecture: 'amd64' | 'i386'): 4 | 8 {
  return architecture === 'amd64' ? 8 : 4;
}
