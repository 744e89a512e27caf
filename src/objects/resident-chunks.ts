/** What of a range of virtual memory is in memory, page by page, by walking the page tables. Of all systems. */
import type { LeafEntry, PagedAddressSpace } from '../memory/paged-address-space.js';

/** A chunk of a range of memory; `offset` counts from the start of the range. */
export interface MemoryChunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const MAX_CHUNK = 4096;

/**
 * What is in memory between `start` and `end`, page by page; pages that are not in memory are left out. Found by
 * walking the page tables, so that a reserved terabyte costs nothing.
 */
export function* residentChunks(space: PagedAddressSpace, start: bigint, end: bigint): Generator<MemoryChunk> {
  const budget = chunkBudget(space);
  for (const leaf of space.leafEntries(start, end)) yield* leafChunks(space, leaf, start, budget);
}

/** How many bytes more a walk may hand out. */
export interface ChunkBudget {
  left: number;
}

/**
 * Forged page tables can map the same memory over and over. No honest range shows more than all of memory, and what is
 * shared within it some times again.
 */
export function chunkBudget({ memory }: PagedAddressSpace): ChunkBudget {
  return { left: 4 * memory.end };
}

/** The same for one entry of the page tables; offsets count from `base`. */
export function* leafChunks(
  space: PagedAddressSpace,
  leaf: LeafEntry,
  base: bigint,
  budget: ChunkBudget,
): Generator<MemoryChunk> {
  // Above the last level an absent entry stands for no page; a present one may map what is no memory (devices).
  if (!leaf.present && leaf.pageSize > MAX_CHUNK) return;
  const backed = BigInt(Math.max(0, space.memory.end - leaf.physical));
  const end = leaf.present && leaf.end - leaf.start > backed ? leaf.start + backed : leaf.end;
  for (let at = leaf.start; at < end && budget.left > 0; ) {
    const length = Math.min(MAX_CHUNK - Number(at % BigInt(MAX_CHUNK)), Number(end - at));
    const bytes = space.view(at, length);
    budget.left -= length;
    if (bytes !== undefined) yield { offset: Number(at - base), bytes };
    at += BigInt(length);
  }
}
