/**
 * What Linux puts into page-table entries that the processor ignores (present bit clear).
 *
 * Source: arch/x86/include/asm/pgtable_types.h (_PAGE_BIT_PROTNONE = _PAGE_BIT_GLOBAL), pgtable-invert.h (since 4.18
 * the frame number of such entries is stored inverted against L1TF), pgtable_64.h (swap entry layout).
 */

const GLOBAL = 1n << 8n;
const FRAME_MASK = 0x000f_ffff_ffff_f000n;

/** Physical address of the page behind a PROT_NONE entry (still in memory); undefined for every other entry. */
export function protNonePage(entry: bigint): number | undefined {
  if ((entry & 1n) !== 0n || (entry & GLOBAL) === 0n) return undefined;
  const inverted = (entry & (1n << 51n)) !== 0n;
  return Number((inverted ? ~entry : entry) & FRAME_MASK);
}

/** What a non-present leaf entry stands for. */
export type NonPresentEntry =
  | { readonly kind: 'protnone'; readonly physical: number }
  | { readonly kind: 'swap'; readonly type: number; readonly offset: bigint }
  /** Migration, hardware poison, device and uffd markers: swap types at and above MAX_SWAPFILES. */
  | { readonly kind: 'special'; readonly type: number; readonly offset: bigint };

/** Swap types from here on are markers, not swap files (MAX_SWAPFILES is 32 minus the markers configured: 23 on x86). */
const FIRST_SPECIAL_TYPE = 23;

/**
 * Reads a non-present, non-empty leaf entry of `entrySize` bytes. With 8 (amd64, PAE since 4.18): type in bits 63-59,
 * inverted offset in bits 58-9 (pgtable_64.h). With 4: type in bits 5-1, offset from bit 9 up (pgtable-2level.h).
 */
export function decodeNonPresent(entry: bigint, entrySize: 4 | 8 = 8): NonPresentEntry {
  const physical = protNonePage(entry);
  if (physical !== undefined) return { kind: 'protnone', physical };
  const type = Number(entrySize === 8 ? entry >> 59n : (entry >> 1n) & 31n);
  const offset = entrySize === 8 ? (~entry & ((1n << 59n) - 1n)) >> 9n : entry >> 9n;
  return { kind: type >= FIRST_SPECIAL_TYPE ? 'special' : 'swap', type, offset };
}
