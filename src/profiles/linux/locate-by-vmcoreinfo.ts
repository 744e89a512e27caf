/** From a VMCOREINFO record to the kernel's location; the page tables have to bear it out. */
import type { PagingModeName } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { findBanner } from './banner.js';
import { KernelImage } from './kernel-image.js';
import { imageSlide, kaslrOffset, type LinuxKernelLocation, pointerSizeOf } from './location.js';
import { translateFrom } from './page-table-roots.js';
import { type VmcoreInfo, vmcoreNumber, vmcoreSymbol } from './vmcoreinfo.js';

/** The top-level table's symbol, newest name first; i386 has only the first. */
const ROOT_SYMBOLS = ['swapper_pg_dir', 'init_top_pgt', 'init_level4_pgt'] as const;

/** The location that `info` describes; undefined when it lacks something or describes another kernel than is there. */
export function locateByVmcoreinfo(memory: PhysicalMemory, info: VmcoreInfo): LinuxKernelLocation | undefined {
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
  const modes = pagingModes(architecture, info);
  const paging = modes.find((mode) => translateFrom(memory, { root: dtb, mode }, textStart) === text);
  if (paging === undefined) return undefined;
  const release = info.get('OSRELEASE') ?? '';
  return {
    architecture,
    paging,
    dtb,
    textStart,
    kaslrOffset: kaslrOffset(architecture, textStart),
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
