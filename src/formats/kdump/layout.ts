/**
 * The kdump-compressed format (makedumpfile, QEMU) and its ancestor diskdump, as data.
 * Sources: makedumpfile's IMPLEMENTATION and diskdump_mod.h; crash's diskdump.h (header versions, page flags).
 *
 * File: header block, sub-header blocks, two bitmaps (frames that exist, frames that are dumped), one descriptor for
 * each dumped frame, page data. The C structures follow the dumped machine's alignment, hence two layouts.
 */
import { i32, pad, struct, text, u32, u64n } from '../struct-layout.js';

export const KDUMP_SIGNATURE = 'KDUMP   ';
export const DISKDUMP_SIGNATURE = 'DISKDUMP';

/** `struct new_utsname`: six fields of 65 bytes. */
const UTSNAME_FIELD = 65;

const head = {
  signature: text(8),
  version: i32,
  _sysname: pad(UTSNAME_FIELD),
  nodename: text(UTSNAME_FIELD),
  release: text(UTSNAME_FIELD),
  _osVersion: pad(UTSNAME_FIELD),
  machine: text(UTSNAME_FIELD),
  _domain: pad(UTSNAME_FIELD),
} as const;

const tail = {
  status: u32,
  blockSize: i32,
  subHeaderBlocks: i32,
  bitmapBlocks: u32,
  maxFrames: u32,
  totalRamBlocks: u32,
  deviceBlocks: u32,
  writtenBlocks: u32,
  currentProcessor: u32,
  processors: i32,
} as const;

/** `kdump_sub_header`; what the header version does not have reads as whatever the block holds. */
const subHeader64 = struct({
  physicalBase: u64n,
  dumpLevel: i32,
  split: i32,
  startFrame32: u64n,
  endFrame32: u64n,
  vmcoreinfoOffset: u64n,
  vmcoreinfoSize: u64n,
  noteOffset: u64n,
  noteSize: u64n,
  eraseOffset: u64n,
  eraseSize: u64n,
  startFrame: u64n,
  endFrame: u64n,
  maxFrames: u64n,
});

const subHeader32 = struct({
  physicalBase: u32,
  dumpLevel: i32,
  split: i32,
  startFrame32: u32,
  endFrame32: u32,
  vmcoreinfoOffset: u64n,
  vmcoreinfoSize: u32,
  noteOffset: u64n,
  noteSize: u32,
  eraseOffset: u64n,
  eraseSize: u32,
  startFrame: u64n,
  endFrame: u64n,
  maxFrames: u64n,
});

/** The two layouts; they differ in `struct timeval` and the padding before it, and in the width of `long`. */
export const kdumpLayouts = [
  { header: struct({ ...head, _timestamp: pad(6 + 16), ...tail }), subHeader: subHeader64 },
  { header: struct({ ...head, _timestamp: pad(2 + 8), ...tail }), subHeader: subHeader32 },
] as const;

/** Header versions from which on the sub-header has a field. */
export const sinceVersion = { dumpLevel: 1, split: 2, vmcoreinfo: 3, notes: 4, frames64: 6 } as const;

/** Bits of `status`: how pages are compressed (also in each descriptor's flags), and whether the disk was full. */
export const pageFlag = { zlib: 0x1, lzo: 0x2, snappy: 0x4, incomplete: 0x8, zstd: 0x20 } as const;

/** Bit of `dumpLevel` that leaves pages of zeros out. */
export const DUMP_LEVEL_ZERO = 1;

export const pageDescriptor = struct({ offset: u64n, size: u32, flags: u32, pageFlags: u64n });
