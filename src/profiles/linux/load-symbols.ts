/** The symbols that an image itself has: kallsyms, VMCOREINFO, and the export table. */
import { combineSymbols } from '../combine-symbols.js';
import { SymbolList } from '../symbol-list.js';
import type { SymbolSource } from '../types.js';
import { Kallsyms } from './kallsyms.js';
import { kallsymsLocation, readKallsyms } from './kallsyms-location.js';
import type { KernelImage } from './kernel-image.js';
import { readKsymtab } from './ksymtab.js';
import type { LinuxKernelLocation } from './location.js';
import { vmcoreSymbols } from './vmcoreinfo.js';

export interface LoadedSymbols {
  readonly symbols: SymbolSource;
  /** One line for each part. */
  readonly sources: readonly string[];
}

export function loadSymbols(image: KernelImage, location: LinuxKernelLocation): LoadedSymbols {
  const parts: SymbolSource[] = [];
  const sources: string[] = [];
  const where = kallsymsLocation(location.vmcoreinfo);
  const tables = where && readKallsyms(image, where);
  if (tables !== undefined) {
    const kallsyms = new Kallsyms(tables);
    parts.push(kallsyms);
    sources.push(`symbols: kallsyms in the image (${kallsyms.size} symbols)`);
  }
  parts.push(vmcoreinfoSymbols(location, combineSymbols(...parts)));
  return { symbols: combineSymbols(...parts), sources };
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
function vmcoreinfoSymbols({ vmcoreinfo }: LinuxKernelLocation, known: SymbolSource): SymbolSource {
  const added = [...vmcoreSymbols(vmcoreinfo)].filter(
    ({ name }) => name !== 'mem_section' && known.address(name) === undefined,
  );
  return new SymbolList(added);
}
