/**
 * The jump cache: a direct-mapped map from (RIP, mode) to code, probed by generated code at every block end. An entry
 * is only valid while the translation of RIP is: everything that flushes the TLB flushes it.
 */
import { JUMP_CACHE_BASE } from '../cpu/memory-map.js';

export const JUMP_CACHE_ENTRIES = 4096;
export const JUMP_CACHE_ENTRY_BYTES = 16;
export const JUMP_CACHE_BYTES = JUMP_CACHE_ENTRIES * JUMP_CACHE_ENTRY_BYTES;

export const JUMP_CACHE = {
  /** RIP xor (mode key << 48): canonical addresses leave that unambiguous. */
  tag: 0,
  /** Address of the interpreter's block header. */
  header: 8,
  /** Region entry + 1, or 0: see `jit/region-entry.ts`. */
  region: 12,
} as const;

/** Byte address of the entry for an instruction address given by its low 32 bits. */
export function jumpCacheAddress(low: number): number {
  return JUMP_CACHE_BASE + ((low ^ (low >>> 12)) & (JUMP_CACHE_ENTRIES - 1)) * JUMP_CACHE_ENTRY_BYTES;
}
