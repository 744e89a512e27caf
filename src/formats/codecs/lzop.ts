/** The lzop container around LZO1X blocks, as `lzop -9` writes kernels (Linux, lib/decompress_unlzo.c names its fields). */
import { lzo1xDecompress } from './lzo1x.js';

const MAGIC = [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a];
const FLAG = { adler32: 1, adler32Packed: 2, crc32: 0x100, crc32Packed: 0x200, filter: 0x800 } as const;
/** Versions from here on carry a level and the upper half of the time. */
const VERSION_940 = 0x0940;

/** Unpacks an .lzo file into `output`; returns the bytes written, or -1 when it is damaged or does not fit. */
export function lzopDecompress(input: Uint8Array, output: Uint8Array): number {
  if (input.length < 40 || !MAGIC.every((byte, i) => input[i] === byte)) return -1;
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const version = view.getUint16(9);
  // Version, library version, version needed, method, level.
  let at = version >= VERSION_940 ? 17 : 14;
  const flags = view.getUint32(at);
  at += 4;
  if ((flags & FLAG.filter) !== 0) at += 4;
  // Mode, time, name, header checksum.
  at += version >= VERSION_940 ? 12 : 8;
  at += 1 + (input[at] ?? 0) + 4;
  const checksums = (flags & FLAG.adler32 ? 4 : 0) + (flags & FLAG.crc32 ? 4 : 0);
  const packedChecksums = (flags & FLAG.adler32Packed ? 4 : 0) + (flags & FLAG.crc32Packed ? 4 : 0);
  let written = 0;
  for (;;) {
    if (at + 4 > input.length) return -1;
    const size = view.getUint32(at);
    if (size === 0) return written;
    if (at + 8 > input.length) return -1;
    const packed = view.getUint32(at + 4);
    // A block that did not shrink is stored, without a checksum of its packed form.
    at += 8 + checksums + (packed < size ? packedChecksums : 0);
    if (at + packed > input.length || written + size > output.length) return -1;
    const data = input.subarray(at, at + packed);
    const target = output.subarray(written, written + size);
    if (packed === size) target.set(data);
    else if (lzo1xDecompress(data, target) !== size) return -1;
    written += size;
    at += packed;
  }
}
