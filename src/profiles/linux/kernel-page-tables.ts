/**
 * A minimal page-table walk, enough to tell whether a supposed kernel page-table root maps the kernel's text where it
 * is supposed to lie.
 *
 * Not an address space (`memory/`): no permissions, no reasons, one lookup. It stands here because the paging mode is
 * what is being found out.
 */
import type { PhysicalAddress } from '../../core/address.js';
import { u32, u64 } from '../../core/bytes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';

/** Paging modes of x86 (Intel SDM vol. 3, 4.1.1). */
export type PagingMode = '32-bit' | 'pae' | '4-level' | '5-level';

interface Level {
  /** Lowest bit of the index into this level's table, and how many bits it has. */
  readonly shift: number;
  readonly bits: number;
  /** Whether bit 7 of an entry makes it a leaf. */
  readonly large: boolean;
}

interface Mode {
  readonly entrySize: 4 | 8;
  readonly levels: readonly Level[];
}

const pageTable = { shift: 12, bits: 9, large: false };
const directory = { shift: 21, bits: 9, large: true };
const pdpt = { shift: 30, bits: 9, large: true };
const pml4 = { shift: 39, bits: 9, large: false };

export const MODES: Readonly<Record<PagingMode, Mode>> = {
  '32-bit': {
    entrySize: 4,
    levels: [
      { shift: 22, bits: 10, large: true },
      { shift: 12, bits: 10, large: false },
    ],
  },
  pae: { entrySize: 8, levels: [{ shift: 30, bits: 2, large: false }, directory, pageTable] },
  '4-level': { entrySize: 8, levels: [pml4, pdpt, directory, pageTable] },
  '5-level': { entrySize: 8, levels: [{ shift: 48, bits: 9, large: false }, pml4, pdpt, directory, pageTable] },
};

const PRESENT = 1n;
const LARGE = 0x80n;
const FRAME = 0x000f_ffff_ffff_f000n;

/** Physical address that `virtual` has under the tables at `root`; undefined when they don't map it. */
export function walkPageTables(
  memory: PhysicalMemory,
  mode: PagingMode,
  root: PhysicalAddress,
  virtual: bigint,
): PhysicalAddress | undefined {
  const { entrySize, levels } = MODES[mode];
  const bytes = new Uint8Array(entrySize);
  let table = root;
  for (const level of levels) {
    const index = Number((virtual >> BigInt(level.shift)) & ((1n << BigInt(level.bits)) - 1n));
    if (memory.read(table + index * entrySize, bytes) < entrySize) return undefined;
    const entry = entrySize === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0));
    if ((entry & PRESENT) === 0n) return undefined;
    const low = (1n << BigInt(level.shift)) - 1n;
    if (level.shift === 12 || (level.large && (entry & LARGE) !== 0n)) {
      return Number((entry & FRAME & ~low) | (virtual & low));
    }
    table = Number(entry & FRAME);
  }
  return undefined;
}
