/** Hibernation files of Windows 8 and later: which pages lie where, by the runs of compression sets. */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64, u64Number } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { type Extent, MAX_ADDRESS } from '../image/extents.js';
import { readBytes } from '../sources/read-bytes.js';
import { type SetLayout, setDescriptor, setHeader } from './layout.js';
import type { PackedPages } from './packed-pages.js';

/** A set's word and its descriptors, which are never more than these. */
const HEAD_BYTES = 4 + 255 * 8;

export interface FoundPages {
  /** From addresses of memory to offsets in the unpacked pages; of pages that are there twice the last one counts. */
  readonly extents: readonly Extent[];
  /** Pages that the header says there are and that no set has. */
  readonly missing: number;
}

/** Adds all sets to `pages`. @param head the first page of the file */
export function readCompressionSets(
  source: ByteSource,
  head: Uint8Array,
  layout: SetLayout,
  pages: PackedPages,
): FoundPages {
  const word = (at: number) => (layout.wordSize === 8 ? u64Number(head, at) : u32(head, at));
  const extents: Extent[] = [];
  const runs = [
    { first: word(layout.firstBootSet), count: u64Number(head, layout.loaderPages) },
    { first: word(layout.firstKernelSet), count: u64Number(head, layout.kernelPages) },
  ];
  let missing = 0;
  for (const { first, count } of runs) {
    if (first > 0)
      missing += Math.max(0, count - readRun(source, first * PAGE_SIZE, count, layout.wordSize, pages, extents));
  }
  return { extents, missing };
}

/** How many pages the run has, up to `count` of them. */
function readRun(
  source: ByteSource,
  start: number,
  count: number,
  wordSize: 4 | 8,
  pages: PackedPages,
  extents: Extent[],
): number {
  let at = start;
  let found = 0;
  while (found < count) {
    const head = readBytes(source, at, HEAD_BYTES);
    const word = head.length < 4 ? 0 : u32(head, 0);
    const descriptors = setHeader.descriptors(word);
    const bytes = setHeader.bytes(word);
    const dataAt = at + 4 + descriptors * wordSize;
    if (descriptors === 0 || bytes === 0 || dataAt + bytes > source.size) break;
    const members: { frame: number; pages: number }[] = [];
    let inSet = 0;
    for (let index = 0; index < descriptors; index++) {
      const place = 4 + index * wordSize;
      const value = wordSize === 8 ? u64(head, place) : BigInt(u32(head, place));
      const run = setDescriptor.pages(value);
      members.push({ frame: setDescriptor.frame(value), pages: run });
      inSet += run;
    }
    const packing = bytes === inSet * PAGE_SIZE ? 'stored' : setHeader.isHuffman(word) ? 'xpress-huffman' : 'xpress';
    let offset = pages.add(dataAt, bytes, inSet, packing);
    for (const { frame, pages: run } of members) {
      const length = run * PAGE_SIZE;
      if (frame * PAGE_SIZE + length <= MAX_ADDRESS) extents.push({ start: frame * PAGE_SIZE, length, offset });
      offset += length;
    }
    found += inSet;
    at = dataAt + bytes;
  }
  return found;
}
