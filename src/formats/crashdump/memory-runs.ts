/** Which memory a full or bitmap dump holds, and where in the file. */
import { PAGE_SIZE } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { type Extent, ExtentList, MAX_ADDRESS } from '../image/extents.js';
import { FrameBitmap } from '../image/frame-bitmap.js';
import { readBytes } from '../sources/read-bytes.js';
import type { DumpHeader } from './header.js';
import { BITMAP_SIGNATURES, bitmapHeader, HEADER_BYTES, runList } from './layout.js';

export interface DumpedMemory {
  /** Ascending and disjoint. */
  readonly extents: readonly Extent[];
  readonly notes: readonly string[];
}

/** The runs of the header: memory lies behind it, run after run. */
export function fullMemory(source: ByteSource, { pointerSize, fields }: DumpHeader): DumpedMemory {
  const { head, run } = runList[pointerSize];
  const list = head.decode(fields.runs);
  const room = Math.floor((fields.runs.length - head.size) / run.size);
  if (list === undefined || list.count === 0 || list.count > room) throw damaged(source, 'its list of memory runs');
  const extents = new ExtentList();
  const notes: string[] = [];
  let offset: number = HEADER_BYTES[pointerSize];
  let missing = 0;
  let last = 0;
  for (let index = 0; index < list.count; index++) {
    const { base, pages } = run.decode(fields.runs, head.size + index * run.size) as { base: number; pages: number };
    const start = base * PAGE_SIZE;
    const length = pages * PAGE_SIZE;
    if (start < last || start + length > MAX_ADDRESS) {
      notes.push(`memory run ${index} of the header is impossible: it and what follows are not read`);
      break;
    }
    const there = Math.max(0, Math.min(length, source.size - offset));
    extents.push(start, there, offset);
    missing += length - there;
    offset += length;
    last = start + length;
  }
  if (missing > 0) notes.push(`the file is truncated: ${missing} bytes of memory are missing`);
  return { extents: extents.all(), notes };
}

/** True when a bitmap says which pages follow (since Windows 8, whatever the header calls the dump). */
export function hasBitmap(source: ByteSource, { pointerSize }: DumpHeader): boolean {
  const head = bitmapHeader.decode(readBytes(source, HEADER_BYTES[pointerSize], bitmapHeader.size));
  return head !== undefined && BITMAP_SIGNATURES.includes(head.signature) && head.validDump === 'DUMP';
}

/** The pages of the bitmap, in its order. */
export function bitmapMemory(source: ByteSource, { pointerSize }: DumpHeader): DumpedMemory {
  const at = HEADER_BYTES[pointerSize];
  const head = bitmapHeader.decode(readBytes(source, at, bitmapHeader.size));
  const bitmapAt = at + bitmapHeader.size;
  const bytes = head && Math.ceil(head.bits / 8);
  if (
    head === undefined ||
    bytes === undefined ||
    bytes > source.size - bitmapAt ||
    head.firstPage < bitmapAt + bytes
  ) {
    throw damaged(source, 'its bitmap of pages');
  }
  const frames = new FrameBitmap(readBytes(source, bitmapAt, bytes).slice());
  const extents = new ExtentList();
  let offset = head.firstPage;
  let missing = 0;
  for (const { start, end } of frames.ranges()) {
    const there = Math.max(0, Math.min(end - start, source.size - offset));
    extents.push(start, there, offset);
    missing += end - start - there;
    offset += end - start;
  }
  const notes: string[] = [];
  if (missing > 0) notes.push(`the file is truncated: ${missing} bytes of memory are missing`);
  if (frames.count !== head.presentPages) {
    notes.push(`the header counts ${head.presentPages} pages, the bitmap has ${frames.count}`);
  }
  return { extents: extents.all(), notes };
}

function damaged(source: ByteSource, what: string): UserError {
  return new UserError(`${source.name}: a crash dump whose header is damaged (${what})`, 'try a copy that is whole');
}
