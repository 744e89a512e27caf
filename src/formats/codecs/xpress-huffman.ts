/**
 * Xpress with Huffman codes: what hibernation files since Windows 8 are packed with (and WIM archives).
 * Source: [MS-XCA] Xpress Compression Algorithm, section 2.2 (learn.microsoft.com).
 */
import { u16, u32 } from '../../core/bytes.js';

const SYMBOLS = 512;
const TABLE_BYTES = SYMBOLS / 2;
const LONGEST_CODE = 15;
const SHORTEST_MATCH = 3;
/** A new table of codes comes after so many bytes of output. */
const BLOCK = 65_536;
/** From here on symbols are matches: 4 bits for the length, 4 for the bits of the distance. */
const FIRST_MATCH = 256;

/** Symbol and length of each code, by the 15 bits that begin with it. */
const decodeSymbols = new Uint16Array(1 << LONGEST_CODE);
const decodeLengths = new Uint8Array(1 << LONGEST_CODE);

/** Fills the tables from the code lengths at `at`; false when they make no code. */
function readCodes(input: Uint8Array, at: number): boolean {
  let next = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    const span = 1 << (LONGEST_CODE - length);
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const pair = input[at + (symbol >> 1)] as number;
      if ((symbol % 2 === 0 ? pair & 15 : pair >> 4) !== length) continue;
      if (next + span > 1 << LONGEST_CODE) return false;
      decodeSymbols.fill(symbol, next, next + span);
      decodeLengths.fill(length, next, next + span);
      next += span;
    }
  }
  return next === 1 << LONGEST_CODE;
}

/** Unpacks `input` into all of `output`; returns the bytes written, or -1 when it is damaged. */
export function xpressHuffmanDecompress(input: Uint8Array, output: Uint8Array): number {
  let read = 0;
  let written = 0;
  while (written < output.length) {
    if (read + TABLE_BYTES + 4 > input.length || !readCodes(input, read)) return -1;
    read += TABLE_BYTES;
    // Two words of 16 bits, the first in the upper half; what follows is read word by word as bits are used up.
    let bits = ((u16(input, read) << 16) | u16(input, read + 2)) >>> 0;
    read += 4;
    let spare = 16;
    const use = (count: number) => {
      bits = count === 0 ? bits : (bits << count) >>> 0;
      spare -= count;
      if (spare >= 0) return;
      const word = read + 2 <= input.length ? u16(input, read) : 0;
      read += 2;
      bits = (bits | (word << -spare)) >>> 0;
      spare += 16;
    };
    const blockEnd = Math.min(written + BLOCK, output.length);
    while (written < blockEnd) {
      // Words behind the end read as zeros; more than are in flight means that the data ended early.
      if (read > input.length + 4) return -1;
      const code = bits >>> (32 - LONGEST_CODE);
      const symbol = decodeSymbols[code] as number;
      use(decodeLengths[code] as number);
      if (symbol < FIRST_MATCH) {
        output[written++] = symbol;
        continue;
      }
      const distanceBits = (symbol - FIRST_MATCH) >> 4;
      let length = symbol & 15;
      if (length === 15) {
        if (read >= input.length) return -1;
        length = input[read++] as number;
        if (length === 255) {
          if (read + 2 > input.length) return -1;
          length = u16(input, read);
          read += 2;
          if (length === 0) {
            if (read + 4 > input.length) return -1;
            length = u32(input, read);
            read += 4;
          }
          if (length < 15) return -1;
          length -= 15;
        }
        length += 15;
      }
      length += SHORTEST_MATCH;
      const distance = distanceBits === 0 ? 1 : (bits >>> (32 - distanceBits)) + (1 << distanceBits);
      use(distanceBits);
      if (distance > written) return -1;
      const end = Math.min(written + length, output.length);
      for (; written < end; written++) output[written] = output[written - distance] as number;
    }
  }
  return written;
}
