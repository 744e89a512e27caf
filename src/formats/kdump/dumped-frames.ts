/**
 * Which page frames a kdump file holds, from its bitmaps.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PhysicalRange } from '../../memory/physical-memory.js';
import type { ByteSource } from '../byte-source.js';
import { FrameBitmap } from '../image/frame-bitmap.js';
import { readBytes } from '../sources/read-bytes.js';
import type { KdumpHeader } from './header.js';
import { DUMP_LEVEL_ZERO, pageDescriptor } from './layout.js';

export interface DumpedFrames {
  /** Frames with a page descriptor, which come in this order. */
  readonly frames: FrameBitmap;
  /** What can be read: those, and left-out pages that are known to be zeros. */
  readonly ranges: PhysicalRange[];
  readonly notes: string[];
}

/** Clears the bits of the frames outside [start, end). */
function keepFrames(bits: Uint8Array, start: number, end: number): void {
  const keepsBit = (frame: number) => frame >= start && frame < end;
  for (let i = 0; i < bits.length; i++) {
    if (i * 8 >= start && i * 8 + 8 <= end) continue;
    for (let bit = 0; bit < 8; bit++) if (!keepsBit(i * 8 + bit)) bits[i] = (bits[i] as number) & ~(1 << bit);
  }
}

/** The frames of `dumped` whose descriptors are in the file: a bitmap costs little, and could promise anything. */
function describedFrames(source: ByteSource, header: KdumpHeader, dumped: Uint8Array, notes: string[]): FrameBitmap {
  const frames = new FrameBitmap(dumped);
  const described = Math.max(0, Math.floor((source.size - header.descriptors) / pageDescriptor.size));
  if (frames.count <= described) return frames;
  notes.push(`the file is truncated: ${frames.count - described} of ${frames.count} page descriptors are missing`);
  keepFrames(dumped, 0, frames.select(described));
  return new FrameBitmap(dumped);
}

export function dumpedFrames(source: ByteSource, header: KdumpHeader): DumpedFrames {
  const notes: string[] = [];
  const half = header.bitmaps.size / 2;
  // Old diskdumps have one bitmap only; with two, the second says what was dumped (crash, diskdump.c).
  const hasTwo = half >= Math.ceil(header.maxFrames / 8 / PAGE_SIZE) * PAGE_SIZE;
  const size = hasTwo ? half : header.bitmaps.size;
  const bitmapBytes = Math.min(size, Math.ceil(header.maxFrames / 8));
  const existing = readBytes(source, header.bitmaps.offset, bitmapBytes);
  const dumped = hasTwo ? readBytes(source, header.bitmaps.offset + half, bitmapBytes) : existing;
  if (dumped.length < bitmapBytes) notes.push('the file is truncated: it ends inside the page bitmaps');

  const { start, end } = header.split ?? { start: 0, end: header.maxFrames };
  if (header.split) notes.push('this is one part of a split dump: the pages of the other parts are missing');
  keepFrames(dumped, start, Math.min(end, header.maxFrames));
  const frames = describedFrames(source, header, dumped, notes);
  // At this level nothing but zeros was left out, so what is left out is zeros.
  if (header.dumpLevel !== DUMP_LEVEL_ZERO || header.split) return { frames, ranges: frames.ranges(), notes };
  keepFrames(existing, 0, header.maxFrames);
  return { frames, ranges: new FrameBitmap(existing).ranges(), notes };
}
