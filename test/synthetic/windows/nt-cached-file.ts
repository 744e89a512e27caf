/** A file in the caches of a synthetic NT guest: pages of a data section (valid, in transition, on disk) and a view. */
import type { NtGuest } from './nt-guest.js';

const PAGE = 4096;
const VALID = 1n;
const TRANSITION = 0x800n;

export const CACHED_FILE = {
  path: '\\Users\\ann\\secret plan.txt',
  size: 5000,
  /** First letters of its first two pages; the third is on disk. */
  pages: ['meet at noon', 'bring the key'],
} as const;

/** Returns the address of the _FILE_OBJECT. */
export function writeCachedFile(guest: NtGuest): bigint {
  const { memory, pool, types } = guest;
  const file = guest.file(CACHED_FILE.path);
  const data = pool.allocate('Cont', 2 * PAGE);
  for (const [index, text] of CACHED_FILE.pages.entries()) memory.write(data + BigInt(index * PAGE), Buffer.from(text));
  const physical = (index: number) => BigInt(memory.page(memory.kernel, data + BigInt(index * PAGE)));
  const area = pool.allocate('MmCa', types.size('_CONTROL_AREA') + types.size('_SUBSECTION'));
  const entries = pool.allocate('MmSt', 3 * 8, true);
  memory.pointer(entries, physical(0) | VALID);
  memory.pointer(entries + 8n, physical(1) | TRANSITION);
  const subsection = area + BigInt(types.size('_CONTROL_AREA'));
  memory.set(subsection, '_SUBSECTION', { ControlArea: area, SubsectionBase: entries, PtesInSubsection: 3 });
  const map = pool.allocate('CcSc', types.size('_SHARED_CACHE_MAP'));
  const views = pool.allocate('CcVa', 4 * 8);
  const view = pool.allocate('CcVl', types.size('_VACB'));
  memory.set(view, '_VACB', { BaseAddress: data, SharedCacheMap: map });
  memory.pointer(views, view);
  memory.set(map, '_SHARED_CACHE_MAP', { 'FileSize.QuadPart': CACHED_FILE.size, Vacbs: views });
  const pointers = pool.allocate('MmSp', types.size('_SECTION_OBJECT_POINTERS'));
  memory.set(pointers, '_SECTION_OBJECT_POINTERS', { DataSectionObject: area, SharedCacheMap: map });
  memory.set(file, '_FILE_OBJECT', { SectionObjectPointer: pointers });
  return file;
}
