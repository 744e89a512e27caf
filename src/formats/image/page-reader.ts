/**
 * Reads memory that is stored page by page: cuts what is asked for into pages and puts them together.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PrefixReader } from './extent-reader.js';

/** Fills `target` (4096 bytes) with page `frame`; false when that page cannot be had. */
export type PageLoader = (frame: number, target: Uint8Array) => boolean;

/** A reader over whole pages; parts of pages take a detour through a buffer. */
export function pageReader(load: PageLoader): PrefixReader {
  const partial = new Uint8Array(PAGE_SIZE);
  return (start, target) => {
    let done = 0;
    while (done < target.length) {
      const address = start + done;
      const inside = address % PAGE_SIZE;
      const length = Math.min(PAGE_SIZE - inside, target.length - done);
      const isWhole = length === PAGE_SIZE;
      const page = isWhole ? target.subarray(done, done + PAGE_SIZE) : partial;
      if (!load(Math.floor(address / PAGE_SIZE), page)) break;
      if (!isWhole) target.set(partial.subarray(inside, inside + length), done);
      done += length;
    }
    return done;
  };
}
