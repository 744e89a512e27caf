/**
 * How much of a range of user memory is in memory, swapped out, or nowhere: the `Rss` and `Swap` of /proc/PID/smaps.
 *
 * Counted from the page tables as fs/proc/task_mmu.c does (smaps_pte_entry): the zero page and pages without a
 * `struct page` do not count; pages that are being migrated do. Swapped pages of shared memory are not in the page
 * tables and are not counted here.
 */
import type { LeafEntry, PagedAddressSpace } from '../../memory/paged-address-space.js';
import { decodeNonPresent } from './page-entries.js';

/** Sizes in bytes. */
export interface Residency {
  readonly resident: number;
  readonly swapped: number;
}

/** _PAGE_SPECIAL (software bit 1): the zero page, and device memory that no `struct page` stands for. */
const SPECIAL = 1 << 9;
/** The last swap type: a mark of userfaultfd that no page stands behind (SWP_PTE_MARKER, include/linux/swap.h, 5.19). */
const PTE_MARKER = 31;

/** Counts the pages between `start` and `end`. */
export function residency(space: PagedAddressSpace, start: bigint, end: bigint): Residency {
  let resident = 0;
  let swapped = 0;
  for (const leaf of space.leafEntries(start, end)) {
    const size = Number(leaf.end - leaf.start);
    const absent = leaf.present ? undefined : decodeNonPresent(entryOf(leaf), space.mode.entrySize);
    if (absent?.kind === 'swap') swapped += size;
    else if (absent?.kind === 'special') resident += absent.type === PTE_MARKER ? 0 : size;
    else if ((leaf.low & SPECIAL) === 0) resident += size;
  }
  return { resident, swapped };
}

const entryOf = ({ low, high }: LeafEntry) => BigInt(low) | (BigInt(high) << 32n);
