/** From places in sections to addresses in the loaded image, also for images that were rearranged after they were linked. */

export class AddressMap {
  readonly #sections: readonly number[];
  readonly #moves: readonly { readonly from: number; readonly to: number }[];

  /**
   * @param sections RVA of each section, as symbols count them
   * @param moves where runs of addresses went (OMAP), ascending by `from`; 0 for those that are gone; empty when none moved
   */
  constructor(sections: readonly number[], moves: readonly { readonly from: number; readonly to: number }[]) {
    this.#sections = sections;
    this.#moves = moves;
  }

  /** @param segment counts from 1; undefined for places in no section, and for those that are gone */
  rva(segment: number, offset: number): number | undefined {
    const section = this.#sections[segment - 1];
    if (section === undefined) return undefined;
    const linked = section + offset;
    if (this.#moves.length === 0) return linked;
    let low = 0;
    let high = this.#moves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#moves[middle] as { from: number }).from <= linked) low = middle + 1;
      else high = middle;
    }
    const run = this.#moves[low - 1];
    return run === undefined || run.to === 0 ? undefined : run.to + (linked - run.from);
  }
}
