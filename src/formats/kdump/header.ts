/**
 * Main header and sub-header of a kdump file, both layouts and all header versions, as one record.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { DISKDUMP_SIGNATURE, kdumpLayouts, sinceVersion } from './layout.js';

/** A stretch of the file; offset 0 when there is none. */
interface Piece {
  readonly offset: number;
  readonly size: number;
}

export interface KdumpHeader {
  readonly isDiskdump: boolean;
  readonly status: number;
  /** File offset and length of the bitmaps together. */
  readonly bitmaps: Piece;
  /** File offset of the first page descriptor. */
  readonly descriptors: number;
  /** Frames that the bitmaps cover. */
  readonly maxFrames: number;
  /** Bits of makedumpfile's -d. */
  readonly dumpLevel: number;
  /** The frames whose pages are in this file, when it is one of several. */
  readonly split: { readonly start: number; readonly end: number } | undefined;
  readonly vmcoreinfo: Piece;
  readonly notes: Piece;
}

const NOTHING: Piece = { offset: 0, size: 0 };

/** The header, or undefined when neither layout makes sense. */
export function readKdumpHeader(source: ByteSource): KdumpHeader | undefined {
  const head = readBytes(source, 0, 2 * PAGE_SIZE);
  for (const layout of kdumpLayouts) {
    const main = layout.header.decode(head);
    const sub = layout.subHeader.decode(head, PAGE_SIZE);
    // x86 has 4 KiB pages, and in the other layout this field is part of the time stamp or a count of blocks.
    if (!main || !sub || main.blockSize !== PAGE_SIZE || main.subHeaderBlocks < 1) continue;

    const isDiskdump = main.signature === DISKDUMP_SIGNATURE;
    const has = (version: number) => !isDiskdump && main.version >= version;
    const bitmapOffset = (1 + main.subHeaderBlocks) * PAGE_SIZE;
    const bitmapSize = main.bitmapBlocks * PAGE_SIZE;
    const wide = has(sinceVersion.frames64);
    const start = wide ? sub.startFrame : sub.startFrame32;
    const end = wide ? sub.endFrame : sub.endFrame32;
    return {
      isDiskdump,
      status: main.status,
      bitmaps: { offset: bitmapOffset, size: bitmapSize },
      descriptors: bitmapOffset + bitmapSize,
      maxFrames: wide ? sub.maxFrames : main.maxFrames,
      dumpLevel: has(sinceVersion.dumpLevel) ? sub.dumpLevel : 0,
      split: has(sinceVersion.split) && sub.split !== 0 ? { start, end } : undefined,
      vmcoreinfo: has(sinceVersion.vmcoreinfo) ? { offset: sub.vmcoreinfoOffset, size: sub.vmcoreinfoSize } : NOTHING,
      notes: has(sinceVersion.notes) ? { offset: sub.noteOffset, size: sub.noteSize } : NOTHING,
    };
  }
  return undefined;
}
