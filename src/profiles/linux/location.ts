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

/** `__START_KERNEL_map`: where the linker puts an amd64 kernel (arch/x86/include/asm/page_64_types.h). */
const AMD64_KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** PAGE_OFFSET with the usual split of 3 GiB and 1 GiB (arch/x86/Kconfig). */
const I386_PAGE_OFFSET = 0xc000_0000n;

/** Virtual minus physical address inside of the kernel image. */
export function imageSlide(architecture: 'amd64' | 'i386', physBase: number): bigint {
  return architecture === 'amd64' ? AMD64_KERNEL_MAP - BigInt(physBase) : I386_PAGE_OFFSET;
}

export function pointerSizeOf(architecture: 'amd64' | 'i386'): 4 | 8 {
  return architecture === 'amd64' ? 8 : 4;
}
