/**
 * The pages of files that the kernel keeps in memory: for tmpfs and the initial root all there is of a file, for others
 * what was read or written of late.
 *
 * Source: include/linux/pagemap.h, mm/filemap.c, mm/shmem.c (4.0 to 6.12).
 */
import { PAGE_SHIFT, PAGE_SIZE } from '../../core/address.js';
import type { StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { type IndexRange, xarrayEntries } from './xarray.js';

export interface CachedPage {
  /** Position in the file, in pages. */
  readonly index: number;
  readonly frame: number;
}

/** Larger positions are no honest file's (they would make sparse files that no disk holds): 1 TiB. */
const MAX_FILE_SIZE = 2 ** 40;
const MAX_INDEX = BigInt(MAX_FILE_SIZE / PAGE_SIZE);
/** The largest folio: 1 GiB. */
const MAX_SPAN = 1n << 18n;

/** The pages of an `address_space`, ascending; of a range also the rest of large pages that touch it. Pages that were swapped out or dropped have left a value: passed over. */
export function* cachedPages(kernel: LinuxKernel, mapping: StructView, range?: IndexRange): Generator<CachedPage> {
  const { frameOfPageStruct } = directMap(kernel);
  for (const { index, span, entry } of xarrayEntries(kernel, pagesOf(mapping), range)) {
    if ((entry & 3n) !== 0n) continue;
    const frame = frameOfPageStruct(entry);
    if (frame === undefined || index >= MAX_INDEX || span > MAX_SPAN) {
      kernel.faults.note(entry, 'page cache');
      continue;
    }
    const first = frame + distanceFromHead(kernel, entry, index, span);
    for (let page = 0; page < Number(span); page++) yield { index: Number(index) + page, frame: first + page };
  }
}

/** The tree of pages: an XArray since 4.20 (`i_pages`), a radix tree before (until 4.16 named `page_tree`). */
function pagesOf(mapping: StructView): bigint {
  return mapping.addressOf(mapping.has('i_pages') ? 'i_pages' : 'page_tree');
}

/**
 * From 4.20 until large entries (5.17) every slot of a huge page held its head: the page meant lies as far behind it as
 * the slot's index behind the head's.
 */
function distanceFromHead(kernel: LinuxKernel, page: bigint, index: bigint, span: bigint): number {
  if (span !== 1n) return 0;
  const view = kernel.struct('page', page);
  const tail = ((view.ptr('compound_head') ?? 1n) & 1n) === 1n;
  const head = tail || !view.has('index') ? undefined : view.big('index');
  return head === undefined || head >= index || index - head >= MAX_SPAN ? 0 : Number(index - head);
}

/** A run of a file's bytes. */
export interface FileChunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * What memory holds of a file's contents, page by page, up to the file's size; the last chunk may be empty and only say
 * where the file ends. Bytes are valid until the next step.
 */
export function* cachedContents(kernel: LinuxKernel, inode: StructView): Generator<FileChunk> {
  const size = Number(inode.big('i_size') ?? 0n);
  let end = 0;
  for (const { index, frame } of cachedPages(kernel, inode.at('i_data'))) {
    const offset = index * PAGE_SIZE;
    const page = offset < size ? kernel.memory.page(frame) : undefined;
    if (offset < size && page === undefined) kernel.faults.note(BigInt(frame) << BigInt(PAGE_SHIFT), 'physical memory');
    if (page === undefined) continue;
    const bytes = page.subarray(0, Math.min(PAGE_SIZE, size - offset));
    end = offset + bytes.length;
    yield { offset, bytes };
  }
  if (end < size && size <= MAX_FILE_SIZE) yield { offset: size, bytes: new Uint8Array(0) };
}
