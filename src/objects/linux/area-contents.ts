/**
 * What a process would read from its memory areas: the pages that its page tables map, and those that it has not
 * touched yet and the kernel could give it at once: of mapped files from the page cache, of the vDSO from the kernel's image.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { chunkBudget, leafChunks, type MemoryChunk } from '../resident-chunks.js';
import type { LinuxKernel } from './kernel.js';
import type { MemoryArea } from './mm-areas.js';
import { cachedFrames } from './user-pages.js';

const PAGE = BigInt(PAGE_SIZE);

/** A page that the area shows where nothing else is mapped. */
interface BackingPage {
  /** Its address in the area. */
  readonly address: bigint;
  read(): Uint8Array | undefined;
}

/** The contents of an area between two addresses; what cannot be had is left out. Offsets count from `start`. */
export function* areaChunks(
  kernel: LinuxKernel,
  space: PagedAddressSpace,
  area: MemoryArea,
  start: bigint = area.start,
  end: bigint = area.end,
): Generator<MemoryChunk> {
  const backing = backingPages(kernel, area, start, end);
  const budget = chunkBudget(space);
  let next = 0;
  const before = function* (limit: bigint): Generator<MemoryChunk> {
    for (let page = backing[next]; page !== undefined && page.address < limit; page = backing[++next]) {
      const from = page.address < start ? start : page.address;
      const to = page.address + PAGE > end ? end : page.address + PAGE;
      const bytes = page.read();
      if (bytes === undefined) continue;
      yield {
        offset: Number(from - start),
        bytes: bytes.subarray(Number(from - page.address), Number(to - page.address)),
      };
    }
  };
  for (const leaf of space.leafEntries(start, end)) {
    yield* before(leaf.start & ~(PAGE - 1n));
    // Whatever stands in the page tables counts, a swapped-out copy too: the file's page would be another's.
    while ((backing[next]?.address ?? leaf.end) < leaf.end) next++;
    yield* leafChunks(space, leaf, start, budget);
  }
  yield* before(end);
}

/** The same for a range that may span several areas. */
export function* userChunks(
  kernel: LinuxKernel,
  space: PagedAddressSpace,
  areas: readonly MemoryArea[],
  start: bigint,
  end: bigint,
): Generator<MemoryChunk> {
  for (const area of areas) {
    if (area.end <= start || area.start >= end) continue;
    const from = area.start > start ? area.start : start;
    const to = area.end < end ? area.end : end;
    for (const { offset, bytes } of areaChunks(kernel, space, area, from, to)) {
      yield { offset: offset + Number(from - start), bytes };
    }
  }
}

/** Pages behind [start, end) of an area, ascending. */
function backingPages(kernel: LinuxKernel, area: MemoryArea, start: bigint, end: bigint): BackingPage[] {
  if (area.file !== undefined) {
    const indexOf = (address: bigint) => (area.offset + address - area.start) >> 12n;
    const frames = cachedFrames(kernel, area.file, indexOf(start), indexOf(end - 1n));
    return [...frames].map(([index, frame]) => ({
      address: area.start + BigInt(index) * PAGE - area.offset,
      read: () => kernel.memory.page(frame),
    }));
  }
  return area.path === '[vdso]' ? vdsoPages(kernel, area) : [];
}

/** No vDSO is larger; the kernel's have one to four pages. */
const MAX_VDSO = 64 * PAGE_SIZE;

/** The pages of the vDSO in the kernel's image (struct vdso_image, arch/x86/include/asm/vdso.h, since 3.17). */
function vdsoPages(kernel: LinuxKernel, area: MemoryArea): BackingPage[] {
  const context = area.vma.follow('vm_mm');
  const image = context?.has('context.vdso_image') ? context.follow('context.vdso_image') : undefined;
  const data = image?.ptr('data');
  const size = image?.num('size');
  if (data === undefined || size === undefined) return [];
  return Array.from({ length: Math.ceil(Math.min(size, MAX_VDSO) / PAGE_SIZE) }, (_, index) => ({
    address: area.start + BigInt(index) * PAGE,
    read: () => kernel.space.view(data + BigInt(index) * PAGE, PAGE_SIZE),
  }));
}
