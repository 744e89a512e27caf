/**
 * Decompression of snappy blocks (snappy format_description.txt). No frames, no compression.
 *
 * Our own because the pure JavaScript package loops for ever on some damaged data (a literal whose 32-bit length is
 * negative), and an image is exactly what may be damaged on purpose.
 */

/** Bytes that the length before a block takes at most (32 bits, 7 a byte). */
export const MAX_LENGTH_BYTES = 5;

/** The uncompressed length that begins a block, and how many bytes it takes; undefined when it is damaged. */
export function snappyLength(input: Uint8Array): { readonly length: number; readonly size: number } | undefined {
  let length = 0;
  for (let i = 0; i < MAX_LENGTH_BYTES; i++) {
    const byte = input[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length < 2 ** 32 ? { length, size: i + 1 } : undefined;
  }
  return undefined;
}

/** `count` bytes, little-endian; NaN where the input ends before, which fails every comparison that follows. */
function littleEndian(input: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value += (input[at + i] ?? Number.NaN) * 2 ** (8 * i);
  return value;
}

/**
 * Decompresses the block `input` into `output`.
 * @returns the number of bytes written, or -1 when the data is damaged or does not fit.
 */
export function snappyDecompress(input: Uint8Array, output: Uint8Array): number {
  const claimed = snappyLength(input);
  if (!claimed || claimed.length > output.length) return -1;
  const end = claimed.length;
  let read = claimed.size;
  let written = 0;
  while (read < input.length) {
    const tag = input[read++] as number;
    const kind = tag & 3;
    const upper = tag >> 2;
    if (kind === 0) {
      const extra = Math.max(0, upper - 59);
      const length = (extra > 0 ? littleEndian(input, read, extra) : upper) + 1;
      read += extra;
      if (!(read + length <= input.length && written + length <= end)) return -1;
      output.set(input.subarray(read, read + length), written);
      read += length;
      written += length;
      continue;
    }
    const offsetBytes = kind === 3 ? 4 : kind;
    const length = kind === 1 ? (upper & 7) + 4 : upper + 1;
    const offset = littleEndian(input, read, offsetBytes) + (kind === 1 ? (tag >> 5) << 8 : 0);
    read += offsetBytes;
    if (!(offset > 0 && offset <= written && written + length <= end)) return -1;
    // Byte by byte: a copy may overlap itself, which repeats.
    for (let i = 0; i < length; i++, written++) output[written] = output[written - offset] as number;
  }
  return written === end ? written : -1;
}
