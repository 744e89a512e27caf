/**
 * LZO1X decompression, bitstream version 0 (what `lzo1x_1_compress` writes into kdump pages).
 *
 * Our own because the packages that exist are abandoned or need a compiler; written from the description in Linux
 * Documentation/staging/lzo.rst. No compression, no lzop container, not the RLE extension of zram.
 */

/** State after an instruction that copied a run of four and more literals; below it is the number of literals copied. */
const AFTER_LONG_RUN = 4;
/** The distance that only the end marker encodes. */
const END_DISTANCE = 16384;

/**
 * Decompresses `input` into `output`.
 * @returns the number of bytes written, or -1 when the data is damaged or does not fit.
 */
export function lzo1xDecompress(input: Uint8Array, output: Uint8Array): number {
  let read = 0;
  let written = 0;
  let state = 0;

  /** A length whose bits in the instruction were all zero: 255 for each zero byte, then the first other byte. */
  const extended = (base: number): number => {
    let length = base;
    while (input[read] === 0) {
      length += 255;
      read++;
    }
    return length + (input[read++] ?? Number.NaN);
  };
  const literals = (count: number): boolean => {
    // Also false for NaN, which stands for an instruction that the input's end cut off.
    if (!(read + count <= input.length && written + count <= output.length)) return false;
    for (let i = 0; i < count; i++) output[written++] = input[read++] as number;
    return true;
  };

  const first = input[0] ?? 0;
  if (first > 17) {
    read = 1;
    if (!literals(first - 17)) return -1;
    state = Math.min(first - 17, AFTER_LONG_RUN);
  }

  while (read < input.length) {
    const op = input[read++] as number;
    let length: number;
    let distance: number;
    let trailing = op & 3;
    if (op < 16 && state === 0) {
      if (!literals(op === 0 ? extended(15) + 3 : op + 3)) return -1;
      state = AFTER_LONG_RUN;
      continue;
    }
    if (op < 16) {
      length = state === AFTER_LONG_RUN ? 3 : 2;
      distance = ((input[read++] as number) << 2) + (op >> 2) + (state === AFTER_LONG_RUN ? 2049 : 1);
    } else if (op < 64) {
      const isFar = op < 32;
      const lengthMask = isFar ? 7 : 31;
      length = 2 + ((op & lengthMask) === 0 ? extended(lengthMask) : op & lengthMask);
      const word = (input[read] as number) | ((input[read + 1] as number) << 8);
      read += 2;
      trailing = word & 3;
      distance = isFar ? END_DISTANCE + ((op & 8) << 11) + (word >> 2) : (word >> 2) + 1;
      if (distance === END_DISTANCE && isFar) return read <= input.length ? written : -1;
    } else {
      length = op < 128 ? 3 + ((op >> 5) & 1) : 5 + ((op >> 5) & 3);
      distance = ((input[read++] as number) << 3) + ((op >> 2) & 7) + 1;
    }
    if (!(read <= input.length && distance <= written && written + length <= output.length)) return -1;
    for (let i = 0; i < length; i++, written++) output[written] = output[written - distance] as number;
    if (!literals(trailing)) return -1;
    state = trailing;
  }
  return -1;
}
