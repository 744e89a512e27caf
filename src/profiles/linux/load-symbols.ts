/** The symbols that an image itself has: kallsyms, VMCOREINFO, and the export table. */
import { combineSymbols } from '../combine-symbols.js';
import { SymbolList } from '../symbol-list.js';
import type { SymbolSource } from '../types.js';
import { Kallsyms } from './kallsyms.js';
import { kallsymsLocation, readKallsyms } from './kallsyms-location.js';
import { searchKallsyms } from './kallsyms-search.js';
import type { KernelImage } from './kernel-image.js';
import { readKsymtab } from './ksymtab.js';
import type { LinuxKernelLocation } from './location.js';
import { vmcoreSymbols } from './vmcoreinfo.js';

/** Text and rodata of the largest kernels. */
const IMAGE_REACH = 64 * 1024 * 1024;

export interface LoadedSymbols {
  readonly symbols: SymbolSource;
  /** One line for each part. */
  readonly sources: readonly string[];
}

/** @param kallsyms the kernel's own table, where there is one */
export function loadSymbols(location: LinuxKernelLocation, kallsyms: Kallsyms | undefined): LoadedSymbols {
  const added = vmcoreinfoSymbols(location, kallsyms);
  if (kallsyms === undefined)
    return { symbols: added, sources: ['symbols: VMCOREINFO only; no kallsyms in the image'] };
  const source = `symbols: kallsyms in the image (${kallsyms.size} symbols)`;
  return { symbols: combineSymbols(kallsyms, added), sources: [source] };
}

/** Kallsyms by VMCOREINFO's word, which kernels before 6.0 don't give, or else by content. */
export function loadKallsyms(image: KernelImage, { vmcoreinfo, textStart }: LinuxKernelLocation): Kallsyms | undefined {
  const named = kallsymsLocation(vmcoreinfo);
  const tables = named && readKallsyms(image, named);
  if (tables !== undefined) return new Kallsyms(tables);
  const found = searchKallsyms(image.bytes(textStart, IMAGE_REACH), textStart);
  const searched = found && readKallsyms(image, found);
  return searched && new Kallsyms(searched);
}

/** The symbols that `known` lacks and modules can link to: data symbols, where kallsyms has functions only. */
export function loadExports(image: KernelImage, location: LinuxKernelLocation, known: SymbolSource): LoadedSymbols {
  const added = readKsymtab(image, location.textStart).filter(({ name }) => known.address(name) === undefined);
  const source = `symbols: export table in the image (${added.length} more symbols)`;
  return { symbols: new SymbolList(added), sources: added.length === 0 ? [] : [source] };
}

/**
 * What VMCOREINFO adds to `known`. Its `mem_section` is left out: SYMBOL_ARRAY prints what that pointer holds, not
 * where it is.
 */
function vmcoreinfoSymbols({ vmcoreinfo }: LinuxKernelLocation, known: SymbolSource | undefined): SymbolSource {
  const added = [...vmcoreSymbols(vmcoreinfo)].filter(
    ({ name }) => name !== 'mem_section' && known?.address(name) === undefined,
  );
  return new SymbolList(added);
}
