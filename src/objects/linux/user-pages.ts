/**
 * What stands behind the pages of a memory area: a page of the mapped file, or one that the process has for itself.
 *
 * Told by `page.mapping`, whose lowest bit marks anonymous pages (PAGE_MAPPING_ANON, include/linux/page-flags.h, 4.14
 * to 6.12); of a compound page the head decides.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
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
