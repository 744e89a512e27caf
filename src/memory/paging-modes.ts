/**
 * The paging modes of x86 as records of data; `paged-address-space.ts` is the one walker that serves all of them.
 *
 * Source: Intel SDM volume 3A, chapter 4 (tables 4-4 to 4-20). No code here.
 */

/** One level of tables, top first. An index of `bits` bits is taken from the virtual address at bit `shift`. */
export interface PagingLevel {
  readonly shift: number;
  readonly bits: number;
  /** An entry of this level may map a page itself (PS, bit 7). */
  readonly large: boolean;
}

export interface PagingMode {
  readonly name: '32-bit' | 'PAE' | '4-level' | '5-level';
  readonly pointerSize: 4 | 8;
  /** Bytes of an entry. */
  readonly entrySize: 4 | 8;
  readonly levels: readonly PagingLevel[];
  /** Bits of a canonical virtual address; those above repeat the topmost one (64-bit modes only). */
  readonly virtualBits: number;
  /** Which bits of CR3 (or of an OS's root pointer) hold the table's address. */
  readonly rootMask: number;
  /** Entries of the top level have no R/W, U/S and NX bits (the PDPTEs of PAE). */
  readonly topHasNoRights: boolean;
  /** Large pages of the 4-byte mode carry physical bits 39-32 in bits 20-13 (PSE-36). */
  readonly pse36: boolean;
}

const NINE = 9;

export const PAGING_MODES = {
  '32-bit': {
    name: '32-bit',
    pointerSize: 4,
    entrySize: 4,
    levels: [
      { shift: 22, bits: 10, large: true },
      { shift: 12, bits: 10, large: false },
    ],
    virtualBits: 32,
    rootMask: 0xffff_f000,
    topHasNoRights: false,
    pse36: true,
  },
  PAE: {
    name: 'PAE',
    pointerSize: 4,
    entrySize: 8,
    levels: [
      { shift: 30, bits: 2, large: false },
      { shift: 21, bits: NINE, large: true },
      { shift: 12, bits: NINE, large: false },
    ],
    virtualBits: 32,
    rootMask: 0xffff_ffe0,
    topHasNoRights: true,
    pse36: false,
  },
  '4-level': {
    name: '4-level',
    pointerSize: 8,
    entrySize: 8,
    levels: [
      { shift: 39, bits: NINE, large: false },
      { shift: 30, bits: NINE, large: true },
      { shift: 21, bits: NINE, large: true },
      { shift: 12, bits: NINE, large: false },
    ],
    virtualBits: 48,
    rootMask: 0x000f_ffff_ffff_f000,
    topHasNoRights: false,
    pse36: false,
  },
  '5-level': {
    name: '5-level',
    pointerSize: 8,
    entrySize: 8,
    levels: [
      { shift: 48, bits: NINE, large: false },
      { shift: 39, bits: NINE, large: false },
      { shift: 30, bits: NINE, large: true },
      { shift: 21, bits: NINE, large: true },
      { shift: 12, bits: NINE, large: false },
    ],
    virtualBits: 57,
    rootMask: 0x000f_ffff_ffff_f000,
    topHasNoRights: false,
    pse36: false,
  },
} as const satisfies Record<string, PagingMode>;

export type PagingModeName = keyof typeof PAGING_MODES;

/** Bits of a page-table entry that all modes share. */
export const ENTRY = {
  present: 0x1,
  writable: 0x2,
  user: 0x4,
  accessed: 0x20,
  dirty: 0x40,
  large: 0x80,
  /** Of the upper 32 bits (8-byte entries): no-execute. */
  noExecuteHigh: 0x8000_0000,
  /** Of the upper 32 bits: physical address bits 51-32. */
  frameHigh: 0x000f_ffff,
} as const;
