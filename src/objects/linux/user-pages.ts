/**
 * The pages behind memory areas: whether one is the mapped file's or the process's own, and what the cache has of a file.
 *
 * Told by `page.mapping`, whose lowest bit marks anonymous pages (PAGE_MAPPING_ANON, include/linux/page-flags.h, 4.14
 * to 6.12); of a compound page the head decides.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { cachedPages } from './page-cache.js';

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
  for (const { index, frame } of cachedPages(kernel, mapping, { first, last })) {
    if (index >= first && index <= last) frames.set(index, frame);
  }
  return frames;
}
