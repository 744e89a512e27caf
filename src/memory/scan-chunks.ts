/**
 * Walks all of physical memory in large windows, for scanners that look at every byte (strings, banners, YARA).
 *
 * Windows never span a hole. It is the fast way: one system call a window, and nothing goes through the page cache.
 */
import { PAGE_SIZE, type PhysicalAddress } from '../core/address.js';
import type { PhysicalMemory } from './physical-memory.js';

export interface ScanOptions {
  /** New bytes a window, 1 MiB unless told: about what a processor's cache holds. */
  readonly chunk?: number;
  /**
   * Bytes of the previous window that the next one begins with, where memory goes on without a hole: the longest
   * match less one. None unless told.
   */
  readonly overlap?: number;
  /** Only addresses from here (inclusive) … */
  readonly start?: PhysicalAddress;
  /** … to here (exclusive). */
  readonly end?: PhysicalAddress;
}

export interface ScanWindow {
  /** Physical address of `bytes[0]`. */
  readonly address: PhysicalAddress;
  /** Valid until the next window is asked for. */
  readonly bytes: Uint8Array;
  /** How many bytes at the beginning were in the previous window already; 0 after a hole. */
  readonly seen: number;
}

/** Yields every readable byte of `memory` once (and `overlap` bytes twice), ascending. Damaged pages are skipped. */
export function* scanChunks(memory: PhysicalMemory, options: ScanOptions = {}): Generator<ScanWindow, void, undefined> {
  const { chunk = 1024 * 1024, overlap = 0, start = 0, end = Number.POSITIVE_INFINITY } = options;
  const buffer = new Uint8Array(overlap + chunk);
  for (const range of memory.ranges) {
    const stop = Math.min(range.end, end);
    let at = Math.max(range.start, start);
    let seen = 0;
    while (at < stop) {
      const got = memory.read(at, buffer.subarray(seen, seen + Math.min(chunk, stop - at)));
      if (got === 0) {
        at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE;
        seen = 0;
        continue;
      }
      const length = seen + got;
      yield { address: at - seen, bytes: buffer.subarray(0, length), seen };
      at += got;
      seen = Math.min(overlap, length);
      buffer.copyWithin(0, length - seen, length);
    }
  }
}
