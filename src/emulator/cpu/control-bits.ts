/** Bits of the control registers and of EFER (SDM volume 3, 2.5 and 2.2.1; AMD volume 2, 3.1.7). */
export const CR0 = {
  PE: 1, MP: 2, EM: 4, TS: 8, ET: 0x10, NE: 0x20, WP: 0x1_0000, AM: 0x4_0000, NW: 0x2000_0000, CD: 0x4000_0000,
  PG: 0x8000_0000 | 0,
} as const; // biome-ignore format: one register

export const CR4 = {
  VME: 1, PVI: 2, TSD: 4, DE: 8, PSE: 0x10, PAE: 0x20, MCE: 0x40, PGE: 0x80, PCE: 0x100, OSFXSR: 0x200,
  OSXMMEXCPT: 0x400, UMIP: 0x800, FSGSBASE: 0x1_0000, OSXSAVE: 0x4_0000, SMEP: 0x10_0000, SMAP: 0x20_0000,
} as const; // biome-ignore format: one register

export const EFER = { SCE: 1, LME: 0x100, LMA: 0x400, NXE: 0x800, FFXSR: 0x4000 } as const;
