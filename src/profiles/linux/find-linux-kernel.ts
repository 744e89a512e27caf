/**
 * Where the Linux kernel of an image lies: architecture, paging, both KASLR slides, page-table root, version.
 *
 * Everything comes from guest memory, so a location is only returned when the page tables at its root map the
 * kernel's text to where the location says it is.
 */
import type { PhysicalAddress } from '../../core/address.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { findBanner } from './banner.js';
import { KernelImage } from './kernel-image.js';
import { type PagingMode, walkPageTables } from './kernel-page-tables.js';
import { findVmcoreInfo, type VmcoreInfo } from './vmcoreinfo.js';

export interface LinuxKernelLocation {
  readonly architecture: 'amd64' | 'i386';
  readonly pointerSize: 4 | 8;
  readonly pagingMode: PagingMode;
  /** The kernel's own page-table root (swapper_pg_dir, init_top_pgt). */
  readonly dtb: PhysicalAddress;
  /** Run-time address of `_stext`: what a symbol file's `_stext` is compared with. */
  readonly textStart: bigint;
  /** How far the run-time addresses are from the linked ones; 0 without KASLR. */
  readonly kaslrOffset: bigint;
  /** Virtual minus physical address inside of the kernel image. */
  readonly imageSlide: bigint;
  /** `uname -r`. */
  readonly release: string;
  /** `Linux version …`, without the newline; empty when the image has no readable copy of it. */
  readonly banner: string;
  readonly vmcoreinfo: VmcoreInfo | undefined;
}

/** `__START_KERNEL_map`: where the linker puts an amd64 kernel (arch/x86/include/asm/page_64_types.h). */
const AMD64_KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** CONFIG_PHYSICAL_START is 16 MiB in every distribution's x86 kernel. */
const LINKED_TEXT = { amd64: 0xffff_ffff_8100_0000n, i386: 0xc100_0000n } as const;
/** PAGE_OFFSET with the usual 3 GiB/1 GiB split. */
const I386_PAGE_OFFSET = 0xc000_0000n;

/** The first location in `memory` that proves itself; undefined when this is no Linux image, or too damaged to tell. */
export function findLinuxKernel(memory: PhysicalMemory): LinuxKernelLocation | undefined {
  for (const info of findVmcoreInfo(memory)) {
    const location = locate(memory, info);
    if (location !== undefined) return location;
  }
  return undefined;
}

function locate(memory: PhysicalMemory, info: VmcoreInfo): LinuxKernelLocation | undefined {
  const textStart = info.symbols.get('_stext');
  const rootSymbol = ROOT_SYMBOLS.map((name) => info.symbols.get(name)).find((address) => address !== undefined);
  if (textStart === undefined || rootSymbol === undefined) return undefined;
  const architecture = textStart >= 1n << 32n ? 'amd64' : 'i386';
  const pointerSize = architecture === 'amd64' ? 8 : 4;
  for (const imageSlide of slides(architecture, info)) {
    const image = new KernelImage(memory, pointerSize, imageSlide);
    const dtb = image.physical(rootSymbol);
    const text = image.physical(textStart);
    if (dtb === undefined || text === undefined) continue;
    const pagingMode = pagingModes(architecture, info).find(
      (mode) => walkPageTables(memory, mode, dtb, textStart) === text,
    );
    if (pagingMode === undefined) continue;
    return {
      architecture,
      pointerSize,
      pagingMode,
      dtb,
      textStart,
      kaslrOffset: textStart - LINKED_TEXT[architecture],
      imageSlide,
      release: info.release,
      banner: findBanner(image, textStart, info.release),
      vmcoreinfo: info,
    };
  }
  return undefined;
}

/** The top-level table's symbol, newest name first; i386 has only the first. */
const ROOT_SYMBOLS = ['swapper_pg_dir', 'init_top_pgt', 'init_level4_pgt'] as const;

/** Candidates for virtual minus physical. `phys_base` can be negative. */
function slides(architecture: 'amd64' | 'i386', info: VmcoreInfo): bigint[] {
  if (architecture === 'i386') return [I386_PAGE_OFFSET];
  const physBase = info.numbers.get('phys_base');
  return physBase === undefined ? [] : [AMD64_KERNEL_MAP - physBase];
}

/** The mode that VMCOREINFO names first; its word is not needed where the tables themselves tell. */
function pagingModes(architecture: 'amd64' | 'i386', info: VmcoreInfo): PagingMode[] {
  if (architecture === 'i386') return info.values.get('CONFIG_X86_PAE') === 'y' ? ['pae', '32-bit'] : ['32-bit', 'pae'];
  return info.numbers.get('pgtable_l5_enabled') === 1n ? ['5-level', '4-level'] : ['4-level', '5-level'];
}
