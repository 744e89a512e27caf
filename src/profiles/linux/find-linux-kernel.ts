/**
 * Where the Linux kernel of an image lies: architecture, paging, both KASLR slides, page-table root, version.
 *
 * Everything comes from guest memory, so a location is only returned when the page tables at its root map the
 * kernel's text to where the location says it is.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES, type PagingModeName } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { findBanner } from './banner.js';
import { KernelImage } from './kernel-image.js';
import { imageSlide, type LinuxKernelLocation, pointerSizeOf } from './location.js';
import { findVmcoreInfo, type VmcoreInfo, vmcoreNumber, vmcoreSymbol } from './vmcoreinfo.js';

/** CONFIG_PHYSICAL_START is 16 MiB in every distribution's x86 kernel. */
const LINKED_TEXT = { amd64: 0xffff_ffff_8100_0000n, i386: 0xc100_0000n } as const;

/** The first location in `memory` that proves itself; undefined when this is no Linux image, or too damaged to tell. */
export function findLinuxKernel(memory: PhysicalMemory): LinuxKernelLocation | undefined {
  for (const info of findVmcoreInfo(memory)) {
    const location = locate(memory, info);
    if (location !== undefined) return location;
  }
  return undefined;
}

/** The top-level table's symbol, newest name first; i386 has only the first. */
const ROOT_SYMBOLS = ['swapper_pg_dir', 'init_top_pgt', 'init_level4_pgt'] as const;

function locate(memory: PhysicalMemory, info: VmcoreInfo): LinuxKernelLocation | undefined {
  const textStart = vmcoreSymbol(info, '_stext');
  const rootSymbol = ROOT_SYMBOLS.map((name) => vmcoreSymbol(info, name)).find((address) => address !== undefined);
  if (textStart === undefined || rootSymbol === undefined) return undefined;
  const architecture = textStart >= 1n << 32n ? 'amd64' : 'i386';
  const physBase = architecture === 'i386' ? 0n : vmcoreNumber(info, 'phys_base');
  if (physBase === undefined) return undefined;
  const image = new KernelImage(memory, pointerSizeOf(architecture), imageSlide(architecture, Number(physBase)));
  const dtb = image.physical(rootSymbol);
  const text = image.physical(textStart);
  if (dtb === undefined || text === undefined) return undefined;
  const paging = pagingModes(architecture, info).find((mode) => mapsTo(memory, mode, dtb, textStart) === text);
  if (paging === undefined) return undefined;
  const release = info.get('OSRELEASE') ?? '';
  return {
    architecture,
    paging,
    dtb,
    textStart,
    kaslrOffset: textStart - LINKED_TEXT[architecture],
    physBase: Number(physBase),
    release,
    banner: findBanner(image, textStart, release),
    vmcoreinfo: info,
  };
}

/** The mode that VMCOREINFO names comes first; it is believed when the tables bear it out. */
function pagingModes(architecture: 'amd64' | 'i386', info: VmcoreInfo): PagingModeName[] {
  if (architecture === 'i386') return info.get('CONFIG_X86_PAE') === 'y' ? ['PAE', '32-bit'] : ['32-bit', 'PAE'];
  return vmcoreNumber(info, 'pgtable_l5_enabled') === 1n ? ['5-level', '4-level'] : ['4-level', '5-level'];
}

/** Physical address of `virtual` under the tables at `root`; undefined when they don't map it. */
function mapsTo(memory: PhysicalMemory, mode: PagingModeName, root: number, virtual: bigint): number | undefined {
  const translation = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root).translate(virtual);
  return translation.kind === 'mapped' ? translation.physical : undefined;
}
