/**
 * The TLB's shape in WebAssembly memory, shared by generated code and the page walker.
 *
 * Two direct-mapped arrays, supervisor and user. An access of n bytes at linear address a hits when
 * (a + n - 1) & ~0xfff equals the tag for its kind; then WebAssembly address = (a + addend) mod 2^32. An access that
 * crosses a page never hits, because the next page has another index.
 */
import { TLB_BASE } from '../cpu/memory-map.js';

export const TLB_ENTRIES = 1024;
export const TLB_ENTRY_BYTES = 32;
export const TLB_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;

/** Shift and mask that take a linear address to the byte offset of its entry. */
export const TLB_INDEX_SHIFT = 7;
export const TLB_INDEX_MASK = (TLB_ENTRIES - 1) * TLB_ENTRY_BYTES;

export const TLB_OFFSETS = {
  /** Linear page address, or 1, which no page address is, when reads must take the slow path (device page, invalid). */
  readTag: 0,
  /** The same for writes; empty also for pages that hold translated code or are clean. */
  writeTag: 8,
  /** Linear page address with flags in its low bits: what the walk found, valid even when the tags are empty. */
  page: 16,
  addend: 24,
  /** Physical page number. */
  frame: 28,
} as const;

export const TLB_VALID = 1;
export const TLB_WRITABLE = 2;
export const TLB_GLOBAL = 4;

export const TLB_SUPERVISOR = TLB_BASE;
export const TLB_USER = TLB_BASE + TLB_BYTES;
