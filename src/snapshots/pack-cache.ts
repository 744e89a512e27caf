/**
 * Unpacked packs, the least recently used of which leave first. One for all snapshots of a store: neighbours share most
 * of their pages, and a pack's number is never given to another.
 */
import type { PagePack } from './page-pack.js';

/** 64 MiB. */
const CAPACITY = 1024;

export class PackCache {
  /** Least recently used first. */
  readonly #packs = new Map<number, PagePack | undefined>();
  #lastNumber = -1;
  #lastPack: PagePack | undefined;

  /** The pack `number`, by `load` when it is not here. */
  get(number: number, load: () => PagePack | undefined): PagePack | undefined {
    if (number === this.#lastNumber) return this.#lastPack;
    let pack = this.#packs.get(number);
    if (pack !== undefined) this.#packs.delete(number);
    else {
      pack = load();
      if (this.#packs.size >= CAPACITY) this.#packs.delete(this.#packs.keys().next().value as number);
    }
    this.#packs.set(number, pack);
    this.#lastNumber = number;
    this.#lastPack = pack;
    return pack;
  }
}
