/**
 * What of a file ReactOS has in memory: pages of its segments (as data, as an image) and views of the cache.
 *
 * Source: ReactOS 0.4.13, ntoskrnl/include/internal/cc.h (views of 256 KiB, VACB_MAPPING_GRANULARITY), mm.h (segments), and
 * ntoskrnl/cache/section/sptab.c (tables of 244 pages in a generic table); facts only.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64Number } from '../../core/bytes.js';
import { readBytes, type StructView } from '../struct-view.js';
import type { FileCache, FilePart } from './file-contents.js';
import type { WindowsKernel } from './kernel.js';
import { listEntries } from './lists.js';

const VIEW_SIZE = 256 * 1024;
/** A node of a generic table: links of the tree, then of the list in order of insertion; what it holds is aligned to 8 bytes. */
const NODE = { list: 12, contents: 24 } as const;
/** What a node of a segment's table holds: the offset of its first page, the segment, a count, and the entries. */
const TABLE = { offset: 0, segment: 8, entries: 16, count: 244 } as const;
/** An entry with this bit is a slot of the page file. */
const SWAPPED = 1;
const FRAME = 0xffff_f000;
/** A program has a segment a section, of which there are at most 96 (the loader's limit), and one for its headers. */
const MAX_SEGMENTS = 97;

/** The parts of the file that are in a cache, in the order in which the cache has them. */
export function* rosCachedParts(kernel: WindowsKernel, address: bigint, cache: FileCache): Generator<FilePart> {
  if (cache === 'cache') yield* viewParts(kernel, kernel.struct('_ROS_SHARED_CACHE_MAP', address));
  else if (cache === 'data') yield* segmentParts(kernel, kernel.struct('_MM_SECTION_SEGMENT', address), 0);
  else {
    const image = kernel.struct('_MM_IMAGE_SECTION_OBJECT', address);
    const first = image.follow('Segments', '_MM_SECTION_SEGMENT');
    const count = Math.min(image.num('NrSegments') ?? 0, MAX_SEGMENTS);
    for (let index = 0; first !== undefined && index < count; index++) {
      const segment = first.sibling(index);
      yield* segmentParts(kernel, segment, segment.num('Image.FileOffset') ?? 0);
    }
  }
}

/** Bytes of the file as the cache knows it. */
export function rosFileSize(kernel: WindowsKernel, cacheMap: bigint): number | undefined {
  return kernel.struct('_ROS_SHARED_CACHE_MAP', cacheMap).num('FileSize.QuadPart');
}

function* viewParts(kernel: WindowsKernel, map: StructView): Generator<FilePart> {
  const size = map.num('FileSize.QuadPart') ?? 0;
  const views = listEntries(kernel, map.addressOf('CacheMapVacbListHead'), '_ROS_VACB', 'CacheMapVacbListEntry');
  for (const view of views) {
    const base = view.ptr('BaseAddress');
    const start = view.num('FileOffset.QuadPart');
    // What is not valid has not been read yet.
    if (base === undefined || start === undefined || start < 0 || view.num('Valid') !== 1) continue;
    if (view.ptr('SharedCacheMap') !== map.address) continue;
    for (let at = 0; at < VIEW_SIZE && start + at < size; at += PAGE_SIZE) {
      const bytes = kernel.space.view(base + BigInt(at), PAGE_SIZE);
      const length = Math.min(PAGE_SIZE, size - start - at);
      if (bytes !== undefined) yield { offset: start + at, bytes: bytes.subarray(0, length) };
    }
  }
}

/** The pages of a segment that begins at `start` in the file; what is behind its bytes in the file is zeroes or other data. */
function* segmentParts(kernel: WindowsKernel, segment: StructView, start: number): Generator<FilePart> {
  const size = segment.num('RawLength.QuadPart') ?? 0;
  const list = segment.addressOf('PageTable.InsertOrderList');
  for (const link of listEntries(kernel, list, '_LIST_ENTRY', 'Flink')) {
    const contents = link.address + BigInt(NODE.contents - NODE.list);
    const table = readBytes(kernel, contents, TABLE.entries + TABLE.count * 4)?.slice();
    if (table === undefined || BigInt(u32(table, TABLE.segment)) !== segment.address) continue;
    const first = u64Number(table, TABLE.offset);
    for (let index = 0; index < TABLE.count; index++) {
      const offset = first + index * PAGE_SIZE;
      const entry = u32(table, TABLE.entries + index * 4);
      if (offset >= size) break;
      if (entry === 0 || (entry & SWAPPED) !== 0) continue;
      const bytes = kernel.memory.page((entry & FRAME) >>> 12);
      const length = Math.min(PAGE_SIZE, size - offset);
      if (bytes !== undefined) yield { offset: start + offset, bytes: bytes.subarray(0, length) };
    }
  }
}
