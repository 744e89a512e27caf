/**
 * Builds kdump-compressed and diskdump files from makedumpfile's description of the format, and their flattened form.
 */
import { ByteWriter } from './byte-writer.js';
import type { GuestRange } from './guest.js';

export interface KdumpOptions {
  readonly bits?: 32 | 64;
  readonly signature?: 'KDUMP   ' | 'DISKDUMP';
  readonly version?: number;
  /** Flag of the descriptors and the header, and how a page is compressed; stored when it does not shrink. */
  readonly flag?: number;
  readonly compress?: (page: Buffer) => Uint8Array;
  readonly status?: number;
  readonly dumpLevel?: number;
  readonly notes?: Buffer;
  readonly vmcoreinfo?: string;
  /** Existing frames that are left out. */
  readonly leaveOut?: (frame: number, page: Buffer) => boolean;
  /** Frames [start, end) of a split dump. */
  readonly split?: readonly [number, number];
  /** One bitmap only, as the first diskdumps. */
  readonly singleBitmap?: boolean;
}

const BLOCK = 4096;
const ZERO = Buffer.alloc(BLOCK);

function mainHeader(options: KdumpOptions, bitmapBlocks: number, frames: number): Buffer {
  const { bits = 64, signature = 'KDUMP   ', version = 6, flag = 0, status = flag } = options;
  const out = new ByteWriter().text(signature).u32(version);
  out.text('Linux', 65).text('guest', 65).text('6.1.0', 65).text('#1 SMP', 65);
  out.text(bits === 64 ? 'x86_64' : 'i686', 65).text('(none)', 65);
  // struct timeval, aligned to a long.
  out.align(bits / 8).zeros((bits / 8) * 2);
  out.u32(status, BLOCK, 1, bitmapBlocks, frames, 0, 0, 0, 0, 1);
  return out.to(BLOCK).done();
}

function subHeader(options: KdumpOptions, frames: number, notesAt: number, infoAt: number): Buffer {
  const { bits = 64, dumpLevel = 0, split, notes = Buffer.alloc(0), vmcoreinfo = '' } = options;
  const out = new ByteWriter();
  const long = (value: number) => (bits === 64 ? out.u64(value) : out.u32(value));
  const [start, end] = split ?? [0, 0];
  long(0x1000000);
  out.u32(dumpLevel, split ? 1 : 0);
  long(start);
  long(end);
  out.u64(vmcoreinfo === '' ? 0 : infoAt);
  long(vmcoreinfo.length);
  out.u64(notes.length === 0 ? 0 : notesAt);
  long(notes.length);
  out.u64(0);
  long(0);
  return out.u64(start, end, frames).to(BLOCK).done();
}

export function buildKdump(ranges: readonly GuestRange[], options: KdumpOptions = {}): Buffer {
  const { notes = Buffer.alloc(0), vmcoreinfo = '', leaveOut = () => false, split } = options;
  const pages = new Map<number, Buffer>();
  for (const { start, bytes } of ranges)
    for (let at = 0; at < bytes.length; at += BLOCK)
      pages.set((start + at) / BLOCK, Buffer.from(bytes.subarray(at, at + BLOCK)));
  const frames = Math.max(...pages.keys()) + 1;
  const half = Math.ceil(frames / 8 / BLOCK);
  const existing = Buffer.alloc(half * BLOCK);
  const dumped = Buffer.alloc(half * BLOCK);
  const kept: [number, Buffer][] = [];
  for (const [frame, page] of [...pages].sort(([a], [b]) => a - b)) {
    existing[frame >> 3]! |= 1 << (frame & 7);
    if (leaveOut(frame, page)) continue;
    dumped[frame >> 3]! |= 1 << (frame & 7);
    if (!split || (frame >= split[0] && frame < split[1])) kept.push([frame, page]);
  }
  const bitmaps = options.singleBitmap ? [dumped] : [existing, dumped];
  const bitmapBlocks = half * bitmaps.length;

  // Notes and vmcoreinfo lie between the header fields and the end of the sub-header's block in these files.
  const notesAt = BLOCK + 512;
  const infoAt = notesAt + notes.length;
  const sub = subHeader(options, frames, notesAt, infoAt);
  notes.copy(sub, notesAt - BLOCK);
  sub.write(vmcoreinfo, infoAt - BLOCK, 'latin1');

  const out = new ByteWriter().bytes(mainHeader(options, bitmapBlocks, frames)).bytes(sub);
  for (const bitmap of bitmaps) out.bytes(bitmap);
  const data = new ByteWriter();
  const dataAt = out.length + kept.length * 24;
  const zeroAt = dataAt;
  data.bytes(ZERO);
  for (const [, page] of kept) {
    const packed = options.compress?.(page);
    const isSmaller = packed !== undefined && packed.length < BLOCK;
    if (page.equals(ZERO)) out.u64(zeroAt).u32(BLOCK, 0).u64(0);
    else {
      out
        .u64(dataAt + data.length)
        .u32(isSmaller ? packed.length : BLOCK, isSmaller ? (options.flag ?? 0) : 0)
        .u64(0);
      data.bytes(isSmaller ? packed : page);
    }
  }
  return out.bytes(data.done()).done();
}

/** The flattened form of a file: pieces of `step` bytes in the order that `order` gives, the header piece sent twice. */
export function flatten(file: Buffer, step = 10_000, order = (pieces: number[]) => pieces): Buffer {
  const out = new ByteWriter('big').text('makedumpfile', 16).u64(1, 1).to(4096);
  const count = Math.ceil(file.length / step);
  const piece = (offset: number, bytes: Uint8Array) => out.u64(offset, bytes.length).bytes(bytes);
  // Overwritten by what comes later.
  piece(0, Buffer.alloc(100, 0xee));
  for (const i of order(Array.from({ length: count }, (_, n) => n)))
    piece(i * step, file.subarray(i * step, (i + 1) * step));
  return out.u64(-1n, -1n).done();
}
