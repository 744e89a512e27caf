/**
 * A `SymbolSource` over a plain list: System.map, ISF, `__ksymtab`, a module's own table.
 *
 * Meant for lists that exist anyway; the kernel's 100,000 compressed names are `linux/kallsyms.ts`.
 */
import type { KernelSymbol, SymbolSource } from './types.js';

/** A symbol claims at most this much behind it, so that far addresses are not named after the last symbol. */
const REACH = 0x100_0000n;

export class SymbolList implements SymbolSource {
  readonly #byName = new Map<string, KernelSymbol>();
  readonly #all: readonly KernelSymbol[];
  #sorted: readonly KernelSymbol[] | undefined;

  /** Of two symbols with one name the first counts. */
  constructor(symbols: Iterable<KernelSymbol>) {
    this.#all = [...symbols];
    for (const symbol of this.#all) if (!this.#byName.has(symbol.name)) this.#byName.set(symbol.name, symbol);
  }

  address(name: string): bigint | undefined {
    return this.#byName.get(name)?.address;
  }

  nearest(address: bigint): { readonly symbol: KernelSymbol; readonly offset: number } | undefined {
    this.#sorted ??= this.#all.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as KernelSymbol).address <= address) low = middle + 1;
      else high = middle;
    }
    let index = low - 1;
    const found = sorted[index];
    if (found === undefined || address - found.address > REACH) return undefined;
    while (index > 0 && sorted[index - 1]?.address === found.address) index--;
    return { symbol: sorted[index] as KernelSymbol, offset: Number(address - found.address) };
  }

  symbols(): Iterable<KernelSymbol> {
    return this.#all;
  }
}
