/**
 * Kernel space of the versions of NT that divide it once and for all, before it was given out as it is needed: x86 up to 2003
 * (and ReactOS, which has the same layout), amd64 of Windows 7.
 *
 * Source: Windows Internals, 4th and 5th edition, chapter "Memory Management" (x86 and x64 system address space layouts); for
 * ReactOS ntoskrnl/mm/ARM3/miarm.h. Names are those of _MI_SYSTEM_VA_TYPE where there is one.
 */
import type { PagingModeName } from '../../../memory/paging-modes.js';

export interface FixedRegion {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

interface FixedLayout {
  readonly paging: PagingModeName;
  readonly builds: { readonly from: number; readonly to: number };
  readonly regions: readonly FixedRegion[];
}

const region = (name: string, start: bigint, end: bigint): FixedRegion => ({ name, start, end });

/** What lies below page tables and hyperspace in 32-bit kernels, and above, however wide their entries. */
const LOWER_X86: readonly FixedRegion[] = [
  region('BootLoaded', 0x8000_0000n, 0xa000_0000n),
  region('ViewsAndSystemPtes', 0xa000_0000n, 0xc000_0000n),
];
const UPPER_X86: readonly FixedRegion[] = [
  region('SystemWorkingSet', 0xc0c0_0000n, 0xc100_0000n),
  region('SystemCache', 0xc100_0000n, 0xe100_0000n),
  region('PagedPool', 0xe100_0000n, 0xeb00_0000n),
  region('SystemPtes', 0xeb00_0000n, 0xffbe_0000n),
  region('CrashDump', 0xffbe_0000n, 0xffc0_0000n),
  region('Hal', 0xffc0_0000n, 0x1_0000_0000n),
];
const BUILDS_5 = { from: 2600, to: 3790 } as const;

/** The tables map themselves from 0xc0000000 on; hyperspace lies behind them. */
const layoutX86 = (paging: PagingModeName, hyperSpace: bigint, end: bigint): FixedLayout => ({
  paging,
  builds: BUILDS_5,
  regions: [
    ...LOWER_X86,
    region('PageTables', 0xc000_0000n, hyperSpace),
    region('HyperSpace', hyperSpace, end),
    ...UPPER_X86,
  ],
});

const LAYOUTS: readonly FixedLayout[] = [
  layoutX86('32-bit', 0xc040_0000n, 0xc080_0000n),
  layoutX86('PAE', 0xc080_0000n, 0xc0c0_0000n),
  {
    paging: '4-level',
    builds: { from: 7600, to: 7601 },
    regions: [
      region('PageTables', 0xffff_f680_0000_0000n, 0xffff_f700_0000_0000n),
      region('HyperSpace', 0xffff_f700_0000_0000n, 0xffff_f780_0000_0000n),
      region('SharedData', 0xffff_f780_0000_0000n, 0xffff_f780_0000_1000n),
      region('SystemWorkingSet', 0xffff_f780_0000_1000n, 0xffff_f800_0000_0000n),
      region('BootLoaded', 0xffff_f800_0000_0000n, 0xffff_f880_0000_0000n),
      region('SystemPtes', 0xffff_f880_0000_0000n, 0xffff_f8a0_0000_0000n),
      region('PagedPool', 0xffff_f8a0_0000_0000n, 0xffff_f8c0_0000_0000n),
      region('SessionSpace', 0xffff_f900_0000_0000n, 0xffff_f980_0000_0000n),
      region('SystemCache', 0xffff_f980_0000_0000n, 0xffff_fa80_0000_0000n),
      region('PfnDatabaseAndNonPagedPool', 0xffff_fa80_0000_0000n, 0xffff_fffe_0000_0000n),
      region('Hal', 0xffff_ffff_ffc0_0000n, 0x1_0000_0000_0000_0000n),
    ],
  },
];

/** Ascending; undefined for kernels that divide their space as they need it. */
export function fixedRegions(paging: PagingModeName, build: number): readonly FixedRegion[] | undefined {
  return LAYOUTS.find((layout) => layout.paging === paging && build >= layout.builds.from && build <= layout.builds.to)
    ?.regions;
}
