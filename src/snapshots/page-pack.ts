/**
 * Packs: up to 16 pages in one record of the database, each with its digest in front of them all. A page is known by
 * its pack and its place there.
 *
 * One record a page would waste half of the file (a record beyond 2 KiB takes whole 4 KiB pages of it), and LZ4, which
 * the database applies, finds more to share in 64 KiB.
 */
import { PAGE_SIZE } from '../core/address.js';
import { DIGEST_BYTES } from './seal.js';

export const PACK_PAGES = 16;
/** What a page takes in a pack. */
export const PACKED_PAGE_BYTES = DIGEST_BYTES + PAGE_SIZE;

/** Page ids that stand for no pack: a page of zeros, and one that the source of the snapshot could not give. */
export const ZERO_PAGE = 0;
export const MISSING_PAGE = 1;

export function pageId(pack: number, slot: number): number {
  return pack * PACK_PAGES + slot;
}

export function packOf(id: number): number {
  return Math.floor(id / PACK_PAGES);
}

/** Takes in up to `PACK_PAGES` pages. To be used again and again: each is copied once, to its place in the record. */
export class PackBuilder {
  readonly #record = Buffer.allocUnsafe(PACK_PAGES * PACKED_PAGE_BYTES);
  #count = 0;

  get isFull(): boolean {
    return this.#count === PACK_PAGES;
  }

  clear(): void {
    this.#count = 0;
  }

  add(digest: Buffer, bytes: Uint8Array): void {
    this.#record.set(digest, this.#count * DIGEST_BYTES);
    this.#record.set(bytes, PACK_PAGES * DIGEST_BYTES + this.#count * PAGE_SIZE);
    this.#count++;
  }

  /** The record; it holds until something is added. */
  encode(): Buffer {
    if (this.isFull) return this.#record;
    const pages = PACK_PAGES * DIGEST_BYTES;
    return Buffer.concat([
      this.#record.subarray(0, this.#count * DIGEST_BYTES),
      this.#record.subarray(pages, pages + this.#count * PAGE_SIZE),
    ]);
  }
}

export class PagePack {
  readonly #record: Uint8Array;
  /** How many pages are in it. */
  readonly count: number;

  constructor(record: Uint8Array) {
    // Views of a plain array are made several times as fast as a Buffer's.
    this.#record = new Uint8Array(record.buffer, record.byteOffset, record.length);
    this.count = Math.floor(record.length / PACKED_PAGE_BYTES);
  }

  /** The same, in memory of its own. */
  copy(): PagePack {
    return new PagePack(Buffer.from(this.#record));
  }

  /** The page in `slot`, not a copy; undefined when the pack is shorter. */
  page(slot: number): Uint8Array | undefined {
    if (slot >= this.count) return undefined;
    const start = this.count * DIGEST_BYTES + slot * PAGE_SIZE;
    return this.#record.subarray(start, start + PAGE_SIZE);
  }

  /** The digest that the page in `slot` had when it was stored. */
  digest(slot: number): Uint8Array {
    return this.#record.subarray(slot * DIGEST_BYTES, (slot + 1) * DIGEST_BYTES);
  }
}
