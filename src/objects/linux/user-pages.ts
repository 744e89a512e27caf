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
import { leafChunks, type MemoryChunk } from './user-memory.js';
import { xarrayEntries } from './xarray.js';

/** True for a page of the process's own, false for one of a file; undefined when its structure is unreadable. */
export function isAnonymousPage(kernel: LinuxKernel, physical: number): boolean | undefined {
  const address = directMap(kernel).pageStruct(Math.floor(physical / PAGE_SIZE));
  if (address === undefined) return undefined;
  const head = kernel.struct('page', address).ptr('compound_head');
  if (head === undefined) return undefined;
  const mapping = kernel.struct('page', (head & 1n) === 1n ? head - 1n : address).ptr('mapping');
  return mapping === undefined ? undefined : (mapping & 1n) === 1n;
}

/** Physical addresses of the cached pages of a file by page index, those from `first` to `last`. */
export function cachedPages(kernel: LinuxKernel, file: StructView, first: bigint, last: bigint): Map<bigint, number> {
  const pages = new Map<bigint, number>();
  const mapping = file.follow('f_mapping');
  const base = directMap(kernel).pageStruct(0);
  if (mapping === undefined || base === undefined) return pages;
  const size = BigInt(kernel.struct('page', 0n).size);
  const tree = mapping.has('i_pages') ? 'i_pages' : 'page_tree';
  for (const { index, entry } of xarrayEntries(kernel, mapping.addressOf(tree))) {
    // Values (odd) stand for pages that were evicted or swapped out.
    if (index < first || index > last || (entry & 1n) === 1n || entry < base) continue;
    pages.set(index, Number((entry - base) / size) * PAGE_SIZE);
  }
  return pages;
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
      const bytes = kernel.memory.page(page.physical / PAGE_SIZE);
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

const PAGE = BigInt(PAGE_SIZE);

/** The cached pages of the file by the address they have in the area, ascending. */
function cachedAddresses(kernel: LinuxKernel, file: StructView, area: MemoryArea, start: bigint, end: bigint) {
  const indexOf = (address: bigint) => (area.offset + address - area.start) >> 12n;
  const pages = cachedPages(kernel, file, indexOf(start), indexOf(end - 1n));
  return [...pages].map(([index, physical]) => ({ address: area.start + (index << 12n) - area.offset, physical }));
}
