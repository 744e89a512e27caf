/** The symbols of a symbol file as a `SymbolSource`, moved to where this boot put the kernel. */
import { SymbolList } from '../symbol-list.js';
import type { KernelSymbol, SymbolSource } from '../types.js';
import type { IsfDocument } from './isf-document.js';

export class IsfSymbols implements SymbolSource {
  readonly #document: IsfDocument;
  readonly #shift: bigint;
  readonly #lowest: bigint;
  #list: SymbolList | undefined;

  /**
   * @param shift run-time minus linked address (KASLR)
   * @param lowest linked addresses below this one are absolute (per-CPU offsets, constants) and are not moved
   */
  constructor(document: IsfDocument, shift: bigint, lowest: bigint) {
    this.#document = document;
    this.#shift = shift;
    this.#lowest = lowest;
  }

  address(name: string): bigint | undefined {
    const symbol = this.#document.symbol(name);
    return symbol && this.#moved(BigInt(symbol.address));
  }

  nearest(address: bigint): { readonly symbol: KernelSymbol; readonly offset: number } | undefined {
    this.#list ??= new SymbolList(this.symbols());
    return this.#list.nearest(address);
  }

  *symbols(): Generator<KernelSymbol> {
    for (const { name, address } of this.#document.addresses()) yield { name, address: this.#moved(address) };
  }

  #moved(address: bigint): bigint {
    return address >= this.#lowest ? address + this.#shift : address;
  }
}
