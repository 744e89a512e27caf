/**
 * The jump cache: a direct-mapped map from (RIP, mode) to code, probed by generated code at every block end. An entry
 * is only valid while the translation of RIP is: everything that flushes the TLB flushes it.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { JUMP_CACHE_BASE } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';

/** A kernel that boots reaches some 66 thousand places; with 65536 entries two of three misses were conflicts. */
export const JUMP_CACHE_ENTRIES = 262144;
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

const RIP = stateAddress('rip') >> 2;
const MODE_TAG = stateAddress('modeTag') >> 2;

/** What an entry leads to: a block of the interpreter, or a block of a region whose origin is at `base`. */
export type JumpTarget = { readonly header: number } | { readonly reference: number; readonly base: bigint };

/** The host's side: fills and empties entries. */
export class JumpCache {
  private readonly state: CpuState;
  /** Entries of pages that are not global, filled since the last flush. */
  private readonly local = new Int32Array(JUMP_CACHE_ENTRIES);
  private localCount = 0;

  constructor(state: CpuState) {
    this.state = state;
    this.flush('all');
  }

  /** Notes the code at RIP in the mode of now; returns the entry. */
  fill(target: JumpTarget, global: boolean): number {
    const { i32, u64 } = this.state;
    const entry = jumpCacheAddress(i32[RIP] as number);
    const at = entry >> 2;
    i32[at] = (i32[RIP] as number) ^ (i32[MODE_TAG] as number);
    i32[at + 1] = (i32[RIP + 1] as number) ^ (i32[MODE_TAG + 1] as number);
    const isRegion = 'reference' in target;
    i32[at + JUMP_CACHE.header / 4] = isRegion ? 0 : target.header;
    i32[at + JUMP_CACHE.region / 4] = isRegion ? target.reference : 0;
    if (isRegion) u64[(entry + JUMP_CACHE.base) >> 3] = target.base;
    if (!global && this.localCount <= JUMP_CACHE_ENTRIES) this.local[this.localCount++] = entry;
    return entry;
  }

  /** Empties an entry, whatever it leads to now. */
  empty(entry: number): void {
    this.state.i64[entry >> 3] = -1n;
  }

  /** Forgets one address, so that it is looked up anew. */
  forget(rip: bigint): void {
    this.empty(jumpCacheAddress(Number(BigInt.asIntN(32, rip))));
  }

  /** Empties all entries, or all but those of global pages. */
  flush(kind: 'all' | 'nonglobal'): void {
    if (kind === 'all' || this.localCount > JUMP_CACHE_ENTRIES) {
      this.state.i32.fill(-1, JUMP_CACHE_BASE >> 2, (JUMP_CACHE_BASE + JUMP_CACHE_BYTES) >> 2);
    } else for (let i = 0; i < this.localCount; i++) this.empty(this.local[i] as number);
    this.localCount = 0;
  }
}
