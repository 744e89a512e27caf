/**
 * What stands behind the pages of a memory area: a page of the mapped file, or one that the process has for itself.
 *
 * Told by `page.mapping`, whose lowest bit marks anonymous pages (PAGE_MAPPING_ANON, include/linux/page-flags.h, 4.14
 * to 6.12); of a compound page the head decides.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import type { MemoryArea } from './mm-areas.js';
import { cachedPages } from './page-cache.js';
import { leafChunks, type MemoryChunk } from './user-memory.js';

/** True for a page of the process's own, false for one of a file; undefined when its structure is unreadable. */
export function isAnonymousPage(kernel: LinuxKernel, physical: number): boolean | undefined {
  const address = directMap(kernel).pageStruct(Math.floor(physical / PAGE_SIZE));
  if (address === undefined) return undefined;
  const head = kernel.struct('page', address).ptr('compound_head');
  if (head === undefined) return undefined;
  const mapping = kernel.struct('page', (head & 1n) === 1n ? head - 1n : address).ptr('mapping');
  return mapping === undefined ? undefined : (mapping & 1n) === 1n;
}

/** Frames of the cached pages of a file by their place in it, in pages: those from `first` to `last`. */
export function cachedFrames(kernel: LinuxKernel, file: StructView, first: bigint, last: bigint): Map<number, number> {
  const frames = new Map<number, number>();
  const mapping = file.follow('f_mapping');
  if (mapping === undefined) return frames;
  for (const { index, frame } of cachedPages(kernel, mapping)) {
    if (index >= first && index <= last) frames.set(index, frame);
  }
  return frames;
}

/**
 * The contents of an area between two addresses, as the process itself would read it: what its page tables map, and
 * of a mapped file also the pages that it has not touched yet and the kernel has in its cache.
 */
export function* areaChunks(
  kernel: LinuxKernel,
  space: PagedAddressSpace,
  area: MemoryArea,
  start: bigint = area.start,
  end: bigint = area.end,
): Generator<MemoryChunk> {
  const cache = area.file === undefined ? [] : cachedAddresses(kernel, area.file, area, start, end);
  let next = 0;
  const before = function* (limit: bigint): Generator<MemoryChunk> {
    for (let page = cache[next]; page !== undefined && page.address < limit; page = cache[++next]) {
      const from = page.address < start ? start : page.address;
      const to = page.address + PAGE > end ? end : page.address + PAGE;
      const bytes = kernel.memory.page(page.frame);
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
    while ((cache[next]?.address ?? leaf.end) < leaf.end) next++;
    yield* leafChunks(space, leaf, start);
  }
  yield* before(end);
}

/** The same for a range that may span several areas; offsets count from `start`. */
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

const PAGE = BigInt(PAGE_SIZE);

/** The cached pages of the file by the address they have in the area, ascending. */
function cachedAddresses(kernel: LinuxKernel, file: StructView, area: MemoryArea, start: bigint, end: bigint) {
  const indexOf = (address: bigint) => (area.offset + address - area.start) >> 12n;
  const frames = cachedFrames(kernel, file, indexOf(start), indexOf(end - 1n));
  return [...frames].map(([index, frame]) => ({ address: area.start + BigInt(index) * PAGE - area.offset, frame }));
}
