/**
 * QEMU's migration stream (`migrate exec:`, `migrate file:`, savevm, virsh save) as data. Big-endian.
 * Sources: QEMU docs/devel/migration, migration/savevm.c (`QEMU_VM_*`), migration/ram.c (`RAM_SAVE_FLAG_*`).
 */
import { struct, u32 } from '../struct-layout.js';

/** "QEVM" */
export const STREAM_MAGIC = 0x5145564d;
export const STREAM_VERSION = 3;

export const streamHeader = struct({ magic: u32, version: u32 }, 'big');

/** The byte that begins each section. */
export const section = {
  eof: 0x00,
  start: 0x01,
  part: 0x02,
  end: 0x03,
  full: 0x04,
  subsection: 0x05,
  description: 0x06,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const;

/** Section id, then the footer byte's copy of it. */
export const FOOTER_SIZE = 5;

/** Low bits of each record of a RAM section; the rest of the 64 bits is an offset into a RAM block. */
export const ramFlag = {
  /** One byte follows, with which the page is filled (always 0 today). */
  fill: 0x002,
  /** The offset is the sum of the lengths of the blocks, whose list follows. */
  memorySize: 0x004,
  /** 4096 bytes follow. */
  page: 0x008,
  /** Nothing follows: the section's records are over. */
  end: 0x010,
  /** The block is that of the record before; otherwise its name follows (length byte, text). */
  sameBlock: 0x020,
  /** A difference to the page that was sent before follows. */
  xbzrle: 0x040,
  /** RDMA. */
  hook: 0x080,
  /** Length (32 bits) and zlib data follow; QEMU 2.4 to 9.0. */
  zlib: 0x100,
  /** Pages travel in other streams; nothing follows. */
  multifdFlush: 0x200,
} as const;

/** Offsets are multiples of the page size; the flags are below. */
export const RAM_FLAGS_MASK = 0xfff;

/** Header of an XBZRLE page: encoding byte (1) and length of the difference. */
export const XBZRLE_HEADER_SIZE = 3;
