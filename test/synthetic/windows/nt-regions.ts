/** What a synthetic NT guest of Windows 10 or 11 says about its address space (MiVisibleState). */
import type { NtGuest } from './nt-guest.js';

export interface RegionTruth {
  readonly name: string;
  readonly start: bigint;
  readonly size: bigint;
}

/** By the number of _MI_ASSIGNED_REGION_TYPES, which was changed between releases: the names of public symbols, in order. */
const NUMBERS: readonly (readonly [firstBuild: number, names: string])[] = [
  [20348, 'PfnDatabase NonPagedPool PagedPool SystemCache SystemPtes UltraZero Cfg HyperSpace KernelStacks PageTables'],
  [17763, 'NonPagedPool PagedPool SystemCache SystemPtes UltraZero PfnDatabase Cfg HyperSpace KernelStacks PageTables'],
  [14393, 'NonPagedPool PagedPool SystemCache SystemPtes UltraZero PfnDatabase Cfg HyperSpace PageTables'],
];

/** Ascending. The pool is that of `nt-guest.ts`, the page tables where `nt-memory.ts` maps them. */
export const REGIONS: readonly RegionTruth[] = [
  { name: 'PagedPool', start: 0xffff_9b80_0000_0000n, size: 0x10_0000_0000n },
  { name: 'NonPagedPool', start: 0xffff_c10a_0000_0000n, size: 0x100_0000_0000n },
  { name: 'SystemCache', start: 0xffff_d280_0000_0000n, size: 0x80_0000_0000n },
  { name: 'PageTables', start: 0xffff_fb80_0000_0000n, size: 0x80_0000_0000n },
];

/** Writes the regions where the build keeps them. Those that are on record: none in builds before 14393. */
export function writeRegions(guest: NtGuest): readonly RegionTruth[] {
  const { memory, pool, types } = guest;
  const names = NUMBERS.find(([build]) => types.buildNumber >= build)?.[1].split(' ');
  if (names === undefined) return [];
  const state = pool.allocate('MmVs', types.size('_MI_VISIBLE_STATE'));
  memory.pointer(guest.symbol('MiVisibleState'), state);
  for (const { name, start, size } of REGIONS) {
    const path = `SystemVaRegions[${names.indexOf(name)}]`;
    memory.set(state, '_MI_VISIBLE_STATE', { [`${path}.BaseAddress`]: start, [`${path}.NumberOfBytes`]: size });
  }
  return REGIONS;
}
