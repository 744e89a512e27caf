/**
 * The paging modes as data (SDM volume 3, chapter 4): one walker reads these tables.
 */
import { CR0, CR4, EFER } from '../cpu/control-bits.js';

export interface PagingLevel {
  /** Lowest address bit that selects an entry. */
  readonly shift: number;
  readonly indexBits: number;
  /** PS = 1 makes this entry a page of 2^shift bytes. */
  readonly canBePage: boolean;
  /** Entry has no R/W, U/S or A bits (PAE page-directory pointers). */
  readonly pointerOnly: boolean;
}

export interface PagingMode {
  readonly name: string;
  readonly entryBytes: 4 | 8;
  /** Bits of CR3 that address the first table. */
  readonly rootMask: number;
  readonly levels: readonly PagingLevel[];
}

const level = (shift: number, indexBits: number, canBePage: boolean, pointerOnly = false): PagingLevel => ({
  shift,
  indexBits,
  canBePage,
  pointerOnly,
});

/** 32-bit paging; 4 MiB pages exist with CR4.PSE (and PSE-36 for bits 39:32 of the address). */
export const PAGING_32: PagingMode = {
  name: '32-bit',
  entryBytes: 4,
  rootMask: 0xfffff000,
  levels: [level(22, 10, true), level(12, 10, false)],
};

export const PAGING_PAE: PagingMode = {
  name: 'PAE',
  entryBytes: 8,
  rootMask: 0xffffffe0,
  levels: [level(30, 2, false, true), level(21, 9, true), level(12, 9, false)],
};

export const PAGING_4LEVEL: PagingMode = {
  name: '4-level',
  entryBytes: 8,
  rootMask: 0xfffff000,
  levels: [level(39, 9, false), level(30, 9, true), level(21, 9, true), level(12, 9, false)],
};

/** The mode in force, or undefined when paging is off. */
export function pagingMode(cr0: number, cr4: number, efer: number): PagingMode | undefined {
  if ((cr0 & CR0.PG) === 0) return undefined;
  if ((efer & EFER.LMA) !== 0) return PAGING_4LEVEL;
  return (cr4 & CR4.PAE) !== 0 ? PAGING_PAE : PAGING_32;
}
