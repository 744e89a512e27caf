/**
 * Xpress, Microsoft's plain LZ77: what hibernation files of Windows XP to 7 are packed with, and part of newer ones.
 * Source: [MS-XCA] Xpress Compression Algorithm, section 2.4 (learn.microsoft.com).
 */
import { u16, u32 } from '../../core/bytes.js';

const SHORTEST_MATCH = 3;
/** Lengths that do not fit into 3 bits, then into 4, then into 8, go on in the next part. */
const [FITS_THREE, FITS_FOUR, FITS_EIGHT] = [7, 15, 255] as const;

/** Unpacks `input` into `output`; returns the bytes written, or -1 when it is damaged. What does not fit is left out. */
export function xpressDecompress(input: Uint8Array, output: Uint8Array): number {
  let read = 0;
  let written = 0;
  let flags = 0;
  let flagsLeft = 0;
  /** Place of the byte whose upper half is the next length of 4 bits; 0 when there is none. */
  let half = 0;
  while (written < output.length) {
    if (flagsLeft === 0) {
      if (read + 4 > input.length) return read === input.length ? written : -1;
      flags = u32(input, read);
      read += 4;
      flagsLeft = 32;
    }
    flagsLeft--;
    if (((flags >>> flagsLeft) & 1) === 0) {
      if (read >= input.length) return written;
      output[written++] = input[read++] as number;
      continue;
    }
    // The flags end with ones: a match where the data ends is the end.
    if (read === input.length) return written;
    if (read + 2 > input.length) return -1;
    const match = u16(input, read);
    read += 2;
    let length = match & 7;
    const distance = (match >> 3) + 1;
    if (length === FITS_THREE) {
      if (half === 0) {
        if (read >= input.length) return -1;
        half = read;
        length = (input[read++] as number) & 15;
      } else {
        length = (input[half] as number) >> 4;
        half = 0;
      }
      if (length === FITS_FOUR) {
        if (read >= input.length) return -1;
        length = input[read++] as number;
        if (length === FITS_EIGHT) {
          if (read + 2 > input.length) return -1;
          length = u16(input, read);
          read += 2;
          if (length === 0) {
            if (read + 4 > input.length) return -1;
            length = u32(input, read);
            read += 4;
          }
          if (length < FITS_FOUR + FITS_THREE) return -1;
          length -= FITS_FOUR + FITS_THREE;
        }
        length += FITS_FOUR;
      }
      length += FITS_THREE;
    }
    length += SHORTEST_MATCH;
    if (distance > written) return -1;
    const end = Math.min(written + length, output.length);
    for (; written < end; written++) output[written] = output[written - distance] as number;
  }
  return written;
}
