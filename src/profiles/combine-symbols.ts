/**
 * Several symbol sources as one: the kernel's, its modules', what VMCOREINFO adds.
 */
import type { KernelSymbol, SymbolSource } from './types.js';

/** For names the first source that knows one wins; for addresses the nearest symbol of all. */
export function combineSymbols(...sources: readonly SymbolSource[]): SymbolSource {
  return {
    address(name) {
      for (const source of sources) {
        const address = source.address(name);
        if (address !== undefined) return address;
      }
      return undefined;
    },
    nearest(address) {
      let best: { readonly symbol: KernelSymbol; readonly offset: number } | undefined;
      for (const source of sources) {
        const found = source.nearest(address);
        if (found !== undefined && (best === undefined || found.offset < best.offset)) best = found;
      }
      return best;
    },
    *symbols() {
      for (const source of sources) yield* source.symbols();
    },
  };
}
