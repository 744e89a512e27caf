import { describe, expect, it } from 'vitest';
import { decodeNonPresent, protNonePage } from '../../../src/objects/linux/page-entries.js';

const MASK = (1n << 64n) - 1n;

/** __swp_entry of arch/x86/include/asm/pgtable_64.h: the offset inverted, above the bits that PROT_NONE needs. */
const swapEntry = (type: bigint, offset: bigint) => (((~offset << 14n) & MASK) >> 5n) | (type << 59n);

/** __swp_entry of arch/x86/include/asm/pgtable-2level.h. */
const swapEntry32 = (type: bigint, offset: bigint) => (type << 1n) | (offset << 9n);

describe('non-present page-table entries', () => {
  it.each([
    [0n, 1n],
    [1n, 0x1234n],
    [22n, (1n << 45n) - 1n],
  ])('reads swap file %i, slot %i', (type, offset) => {
    expect(decodeNonPresent(swapEntry(type, offset))).toEqual({ kind: 'swap', type: Number(type), offset });
  });

  it.each([
    [0n, 1n],
    [3n, 0x1234n],
    [7n, (1n << 23n) - 1n],
  ])('reads swap file %i, slot %i of two-level tables', (type, offset) => {
    expect(decodeNonPresent(swapEntry32(type, offset), 4)).toEqual({ kind: 'swap', type: Number(type), offset });
  });

  it('tells migration entries from swap', () => {
    // MAX_SWAPFILES is 23 on these kernels; poison, migration and device entries have the types from there.
    expect(decodeNonPresent(swapEntry(25n, 0x42n))).toEqual({ kind: 'special', type: 25, offset: 0x42n });
  });

  it('finds the page behind PROT_NONE, its frame inverted or not', () => {
    const physical = 0x1234_5000n;
    // pte_modify flips the frame of entries that are not present (pgtable-invert.h).
    const inverted = (~physical & 0x000f_ffff_ffff_f000n) | 0x8000_0000_0000_0120n;
    expect(protNonePage(inverted)).toBe(Number(physical));
    expect(protNonePage(physical | 0x120n)).toBe(Number(physical));
    expect(protNonePage(physical | 0x121n)).toBeUndefined();
    expect(decodeNonPresent(inverted)).toEqual({ kind: 'protnone', physical: Number(physical) });
  });
});
