/**
 * Unpacks an .xz file whose unpacked size is known, at once and in memory, with the x86 filter (The .xz File Format,
 * version 1.1.0). One stream; for kernels and their modules.
 *
 * `containers/xz.ts` streams images of any size, without filters. CRC32 is verified; other checks are passed over.
 */
import { u32 } from '../../core/bytes.js';
import { unfilterX86 } from './bcj-x86.js';
import { crc32 } from './crc32.js';
import { lzma2Decompress } from './lzma2.js';

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const STREAM_HEADER_BYTES = 12;
const FILTER = { x86: 0x04, lzma2: 0x21 } as const;
const CHECK_CRC32 = 1;
/** Bytes of a check by its id (2.1.1.2). */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const;

/**
 * Fills `output`.
 * @returns the bytes written, or -1 when the data is damaged, uses another filter, or does not fit.
 */
export function xzDecompress(input: Uint8Array, output: Uint8Array): number {
  if (!MAGIC.every((byte, i) => input[i] === byte)) return -1;
  const check = (input[7] ?? 0) & 15;
  let at = STREAM_HEADER_BYTES;
  let written = 0;
  // A block header of size 0 is the index: all blocks are done.
  while (input[at] !== 0) {
    const headerBytes = ((input[at] ?? 0) + 1) * 4;
    const filters = readFilters(input.subarray(at, at + headerBytes));
    if (filters === undefined) return -1;
    const block = output.subarray(written);
    const result = lzma2Decompress(input, at + headerBytes, block);
    if (result === undefined) return -1;
    const data = block.subarray(0, result.written);
    if (filters.includes(FILTER.x86)) unfilterX86(data);
    const checkAt = at + headerBytes + ((result.read + 3) & ~3);
    if (check === CHECK_CRC32 && (checkAt + 4 > input.length || u32(input, checkAt) !== crc32(data))) return -1;
    written += result.written;
    at = checkAt + (CHECK_BYTES[check] as number);
    if (at >= input.length) return -1;
  }
  return written;
}

/** The filter ids of a block header, ending in LZMA2; undefined when it has others. */
function readFilters(header: Uint8Array): readonly number[] | undefined {
  const flags = header[1] ?? 0;
  let at = 2;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = header[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  if ((flags & 0x40) !== 0) next();
  if ((flags & 0x80) !== 0) next();
  const filters: number[] = [];
  for (let i = 0; i <= (flags & 3); i++) {
    const id = next();
    const propertyBytes = next();
    // The x86 filter may carry a start offset; nobody but test files does.
    const isKnown = (id === FILTER.x86 && propertyBytes === 0) || id === FILTER.lzma2;
    if (!isKnown) return undefined;
    filters.push(id);
    at += propertyBytes;
  }
  return filters.at(-1) === FILTER.lzma2 ? filters : undefined;
}
