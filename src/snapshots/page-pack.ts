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

/** Page ids that stand for no pack: a page of zeros, and one that the source of the snapshot could not give. */
export const ZERO_PAGE = 0;
export const MISSING_PAGE = 1;

export interface HashedPage {
  readonly digest: Buffer;
  readonly bytes: Uint8Array;
}

export function pageId(pack: number, slot: number): number {
  return pack * PACK_PAGES + slot;
}

export function packOf(id: number): number {
  return Math.floor(id / PACK_PAGES);
}

/** The record for at most `PACK_PAGES` pages. */
export function encodePack(pages: readonly HashedPage[]): Buffer {
  return Buffer.concat([...pages.map((page) => page.digest), ...pages.map((page) => page.bytes)]);
}

export class PagePack {
  readonly #record: Uint8Array;
  /** How many pages are in it. */
  readonly count: number;

  constructor(record: Uint8Array) {
    this.#record = record;
    this.count = Math.floor(record.length / (DIGEST_BYTES + PAGE_SIZE));
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
