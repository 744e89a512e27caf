/**
 * The jump cache: a direct-mapped map from (RIP, mode) to code, probed by generated code at every block end. An entry
 * is only valid while the translation of RIP is: everything that flushes the TLB flushes it.
 */
import { JUMP_CACHE_BASE } from '../cpu/memory-map.js';

/** A kernel that boots reaches some ten thousand places; with 4096 entries nine of ten misses were conflicts. */
export const JUMP_CACHE_ENTRIES = 16384;
export const JUMP_CACHE_ENTRY_BYTES = 32;
export const JUMP_CACHE_ENTRY_SHIFT = 5;
export const JUMP_CACHE_BYTES = JUMP_CACHE_ENTRIES * JUMP_CACHE_ENTRY_BYTES;

export const JUMP_CACHE = {
  /** RIP xor (mode key << 48): canonical addresses leave that unambiguous. */
  tag: 0,
  /** Address of the interpreter's block header. */
  header: 8,
  /** Region reference, or 0: see `regionReference`. */
  region: 12,
  /** RIP of the region's origin as it is mapped here: blocks know their addresses relative to it. */
  base: 16,
} as const;

/** Byte address of the entry for an instruction address given by its low 32 bits. */
export function jumpCacheAddress(low: number): number {
  return JUMP_CACHE_BASE + ((low ^ (low >>> 12)) & (JUMP_CACHE_ENTRIES - 1)) * JUMP_CACHE_ENTRY_BYTES;
}

/** A region reference: table index << REGION_ENTRY_BITS | entry number, plus 1. */
export const REGION_ENTRY_BITS = 10;

export function regionReference(tableIndex: number, entry: number): number {
  return ((tableIndex << REGION_ENTRY_BITS) | entry) + 1;
}
