/** Hibernation files of Windows XP to 7: which pages lie where, by tables of ranges and the blocks behind them. */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64Number } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { type Extent, MAX_ADDRESS } from '../image/extents.js';
import { readBytes } from '../sources/read-bytes.js';
import type { FoundPages } from './compression-sets.js';
import { BLOCK_HEADER_BYTES, BLOCK_MAGIC, PAGES_IN_BLOCK, type RangeLayout } from './layout.js';
import type { PackedPages } from './packed-pages.js';

/** The first table comes soon behind the header. */
const LAST_FIRST_TABLE = 64;
/** The next block is never further away: blocks are aligned, tables lie between. */
const SEARCHED = 4 * PAGE_SIZE;
const MAX_TABLES = 1_000_000;
/** So many blocks show which layout it is. */
const BLOCKS_TRIED = 64;

interface RangeTable {
  readonly next: number;
  readonly isFull: boolean;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Whether the tables are laid out so: the first one is whole, and behind it are as many blocks as its pages fill. Tables of
 * one layout make sense in another by accident, but not with as many pages.
 * @param head the first page of the file
 */
export function hasTables(source: ByteSource, head: Uint8Array, layout: RangeLayout): boolean {
  const first = firstTable(head, layout);
  const table = first === 0 || first > LAST_FIRST_TABLE ? undefined : readTable(source, first * PAGE_SIZE, layout);
  if (table === undefined || table.ranges.length === 0) return false;
  let at = (first + 1) * PAGE_SIZE;
  if (!isBlock(readBytes(source, at, 8))) return false;
  const blocks = Math.ceil(pagesIn(table) / PAGES_IN_BLOCK);
  for (let index = 0; index < Math.min(blocks, BLOCKS_TRIED); index++) {
    const block = findBlock(source, at);
    if (block === undefined) return false;
    at = block.end;
  }
  if (blocks > BLOCKS_TRIED) return true;
  const further = findBlock(source, at);
  const ends = table.isFull && table.next > 0 ? table.next * PAGE_SIZE : source.size;
  return further === undefined || further.dataAt > ends;
}

const pagesIn = ({ ranges }: RangeTable) => ranges.reduce((sum, { start, end }) => sum + end - start, 0);

/** Adds all blocks to `pages`. */
export function readRangeTables(
  source: ByteSource,
  head: Uint8Array,
  layout: RangeLayout,
  pages: PackedPages,
): FoundPages {
  const extents: Extent[] = [];
  const seen = new Set<number>();
  let missing = 0;
  let tableAt = firstTable(head, layout) * PAGE_SIZE;
  let blockAt = tableAt + PAGE_SIZE;
  while (tableAt > 0 && !seen.has(tableAt) && seen.size < MAX_TABLES) {
    seen.add(tableAt);
    const table = readTable(source, tableAt, layout);
    if (table === undefined) break;
    let left = pagesIn(table);
    let filled = 0;
    let place = 0;
    while (left > 0) {
      const block = findBlock(source, blockAt);
      if (block === undefined) break;
      const count = Math.min(PAGES_IN_BLOCK, left);
      let offset = pages.add(
        block.dataAt,
        block.bytes,
        count,
        block.bytes === PAGES_IN_BLOCK * PAGE_SIZE ? 'stored' : 'xpress',
      );
      // Ranges run across blocks: each takes up the next pages of what is there.
      for (let inBlock = 0; inBlock < count; ) {
        const { start, end } = table.ranges[place] as { start: number; end: number };
        const run = Math.min(end - start - filled, count - inBlock);
        if ((start + filled + run) * PAGE_SIZE <= MAX_ADDRESS) {
          extents.push({ start: (start + filled) * PAGE_SIZE, length: run * PAGE_SIZE, offset });
        }
        offset += run * PAGE_SIZE;
        inBlock += run;
        filled += run;
        if (filled === end - start) [place, filled] = [place + 1, 0];
      }
      left -= count;
      blockAt = block.end;
    }
    missing += left;
    if (left > 0 || !table.isFull || table.next === 0) break;
    tableAt = table.next * PAGE_SIZE;
    blockAt = Math.max(blockAt, tableAt + PAGE_SIZE);
  }
  return { extents, missing };
}

function firstTable(head: Uint8Array, { firstTable: at, wordSize }: RangeLayout): number {
  return wordSize === 8 ? u64Number(head, at) : u32(head, at);
}

/** Undefined when it is no table: too many ranges, or one that ends before it starts. */
function readTable(source: ByteSource, at: number, layout: RangeLayout): RangeTable | undefined {
  const bytes = readBytes(source, at, PAGE_SIZE);
  if (bytes.length < PAGE_SIZE) return undefined;
  const word = (offset: number) => (layout.wordSize === 8 ? u64Number(bytes, offset) : u32(bytes, offset));
  const room = Math.floor((PAGE_SIZE - layout.ranges) / layout.rangeSize);
  const count = u32(bytes, layout.count);
  if (count > room) return undefined;
  const ranges: { start: number; end: number }[] = [];
  for (let index = 0; index < count; index++) {
    const range = layout.ranges + index * layout.rangeSize;
    const [start, end] = [word(range + layout.start), word(range + layout.end)];
    if (end <= start || end * PAGE_SIZE > MAX_ADDRESS) return undefined;
    ranges.push({ start, end });
  }
  return { next: word(layout.nextTable), isFull: count >= room - 1, ranges };
}

function isBlock(bytes: Uint8Array): boolean {
  return BLOCK_MAGIC.every((byte, index) => bytes[index] === byte);
}

/** The next block at or behind `from`: its packed bytes, and where it ends. */
function findBlock(source: ByteSource, from: number): { dataAt: number; bytes: number; end: number } | undefined {
  const bytes = readBytes(source, from, SEARCHED);
  for (let at = 0; at + BLOCK_HEADER_BYTES <= bytes.length; at += 8) {
    if (!isBlock(bytes.subarray(at, at + 8))) continue;
    // 22 bits, one less than the packed bytes; blocks are a multiple of eight long.
    const size = (u32(bytes, at + 8) >>> 10) + 1;
    const dataAt = from + at + BLOCK_HEADER_BYTES;
    const end = dataAt + Math.ceil(size / 8) * 8;
    return dataAt + size > source.size ? undefined : { dataAt, bytes: size, end };
  }
  return undefined;
}
