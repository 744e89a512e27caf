/**
 * What of a file is in memory: pages of its sections (as data, as an image) and views of the cache.
 *
 * A section's pages are listed by prototype entries, each as the processor would have it, or in transition to the disk.
 * Source: _SECTION_OBJECT_POINTERS, _CONTROL_AREA, _SUBSECTION, _SHARED_CACHE_MAP and _VACB in Microsoft's public symbols;
 * M. Russinovich et al., "Windows Internals" (section objects, cache manager). ReactOS's are in `ros-file-contents.ts`.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64 } from '../../core/bytes.js';
import { chain } from '../chain.js';
import { readBytes, readPointer, type StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { transitionPage } from './page-entries.js';
import { rosCachedParts, rosFileSize } from './ros-file-contents.js';

export const FILE_CACHES = {
  /** Pages of a section that maps the file as it is. */
  data: 'DataSectionObject',
  /** Pages of a section that maps it as a program: at the places of the file that they come from. */
  image: 'ImageSectionObject',
  /** Views of 256 KiB that the cache manager has in kernel space. */
  cache: 'SharedCacheMap',
} as const;
export type FileCache = keyof typeof FILE_CACHES;

export interface FilePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const VIEW_SIZE = 256 * 1024;
const SECTOR = { data: PAGE_SIZE, image: 512 } as const;
/** Forged counts end here: 16 GiB of pages, 1 TiB of views. */
const MAX_PAGES = 1 << 22;
const MAX_SIZE = 2 ** 40;
const MAX_SUBSECTIONS = 65_536;
const PRESENT = 1n;
const FRAME = 0x0000_ffff_ffff_f000n;

/** Address of one of a file object's caches; undefined when it has none. */
export function fileCache(file: StructView, cache: FileCache): bigint | undefined {
  const address = file.follow('SectionObjectPointer', '_SECTION_OBJECT_POINTERS')?.ptr(FILE_CACHES[cache]);
  return address === 0n ? undefined : address;
}

/** The parts of the file that are in a cache, in the order in which the cache has them. */
export function* cachedParts(kernel: WindowsKernel, address: bigint, cache: FileCache): Generator<FilePart> {
  if (kernel.isReactOS) yield* rosCachedParts(kernel, address, cache);
  else if (cache === 'cache') yield* viewParts(kernel, kernel.struct('_SHARED_CACHE_MAP', address));
  else yield* sectionParts(kernel, kernel.struct('_CONTROL_AREA', address), SECTOR[cache]);
}

function* sectionParts(kernel: WindowsKernel, area: StructView, sector: number): Generator<FilePart> {
  // The first subsection stands right behind the control area.
  const first = area.address + BigInt(area.size);
  const at = (address: bigint) => kernel.struct('_SUBSECTION', address);
  let count = 0;
  let pages = 0;
  for (const address of chain(
    kernel,
    first,
    (node) => at(node).ptr('NextSubsection'),
    (node) => node === 0n,
  )) {
    if (++count > MAX_SUBSECTIONS) return;
    const subsection = at(address);
    const entries = subsection.ptr('SubsectionBase');
    const length = subsection.num('PtesInSubsection') ?? 0;
    const start = (subsection.num('StartingSector') ?? 0) * sector;
    if (entries === undefined || entries === 0n) continue;
    pages += length;
    if (pages > MAX_PAGES) {
      kernel.faults.note(address, 'a file section without an end');
      return;
    }
    for (let index = 0; index < length; index++) {
      const frame = prototypePage(kernel, entries, index);
      const bytes = frame === undefined ? undefined : kernel.memory.page(frame);
      if (bytes !== undefined) yield { offset: start + index * PAGE_SIZE, bytes };
    }
  }
}

/** Page frame that the prototype entry leads to; undefined where the page is on disk. */
function prototypePage(kernel: WindowsKernel, entries: bigint, index: number): number | undefined {
  const size = kernel.space.mode.entrySize;
  const bytes = kernel.space.view(entries + BigInt(index * size), size);
  if (bytes === undefined) return undefined;
  const entry = size === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0));
  const physical = (entry & PRESENT) === PRESENT ? Number(entry & FRAME) : transitionPage(entry);
  return physical === undefined ? undefined : physical / PAGE_SIZE;
}

function* viewParts(kernel: WindowsKernel, map: StructView): Generator<FilePart> {
  const size = Math.min(map.num('FileSize.QuadPart') ?? 0, MAX_SIZE);
  const table = map.ptr('Vacbs');
  if (table === undefined || table === 0n) return;
  const { pointerSize } = kernel.profile;
  // Files of up to 1 MiB have their four places in the map itself; above 32 MiB tables of 128 lead to further ones.
  const slots = Math.ceil(size / VIEW_SIZE);
  for (let slot = 0; slot < slots; slot++) {
    const view = vacbAt(kernel, table, slot, slots);
    if (view === undefined || view === 0n) continue;
    const block = kernel.struct('_VACB', view);
    const base = block.ptr('BaseAddress');
    if (base === undefined || base === 0n || block.ptr('SharedCacheMap') !== map.address) continue;
    for (let at = 0; at < VIEW_SIZE && slot * VIEW_SIZE + at < size; at += PAGE_SIZE) {
      const bytes = kernel.space.view(base + BigInt(at), PAGE_SIZE);
      const left = size - slot * VIEW_SIZE - at;
      if (bytes !== undefined)
        yield { offset: slot * VIEW_SIZE + at, bytes: bytes.subarray(0, Math.min(PAGE_SIZE, left)) };
    }
  }

  function vacbAt(owner: WindowsKernel, first: bigint, slot: number, count: number): bigint | undefined {
    let place = first;
    // How many slots one entry of the uppermost level stands for.
    let below = 1;
    while (below * SLOTS < count) below *= SLOTS;
    if (count <= SLOTS) below = 1;
    for (let index = slot; ; index %= below, below /= SLOTS) {
      const entry = readPointer(owner, place + BigInt(Math.floor(index / below) * pointerSize));
      if (below === 1 || entry === undefined || entry === 0n) return entry;
      place = entry;
    }
  }
}

/** Entries of one level of the index of views. */
const SLOTS = 128;

/** Bytes of the file as the cache manager knows it; undefined without a cache. */
export function cachedFileSize(kernel: WindowsKernel, file: StructView): number | undefined {
  const address = fileCache(file, 'cache');
  if (address === undefined) return undefined;
  if (kernel.isReactOS) return rosFileSize(kernel, address);
  const map = kernel.struct('_SHARED_CACHE_MAP', address);
  return readBytes(kernel, address, 2) === undefined ? undefined : map.num('FileSize.QuadPart');
}
