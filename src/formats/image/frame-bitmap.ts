/**
 * A set of page frames as a bitmap, bit n of byte n/8 for frame n: which pages a dump holds, and the how-manieth each is.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PhysicalRange } from '../../memory/physical-memory.js';
import { lastAtOrBelow } from './extents.js';

/** Bytes of bitmap between two entries of the running count. */
const BLOCK = 64;

function countBits(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 0x0f;
}

const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => countBits(byte));

export class FrameBitmap {
  readonly #bits: Uint8Array;
  /** Frames in the set before each block. */
  readonly #before: Float64Array;
  /** Frames in the set. */
  readonly count: number;

  /** @param bits is kept, not copied. */
  constructor(bits: Uint8Array) {
    this.#bits = bits;
    this.#before = new Float64Array(Math.ceil(bits.length / BLOCK));
    let count = 0;
    for (let i = 0; i < bits.length; i++) {
      if (i % BLOCK === 0) this.#before[i / BLOCK] = count;
      count += bitsOf[bits[i] as number] as number;
    }
    this.count = count;
  }

  has(frame: number): boolean {
    return (((this.#bits[Math.floor(frame / 8)] ?? 0) >> (frame % 8)) & 1) === 1;
  }

  /** How many frames of the set are below `frame`, which must be inside the bitmap. */
  rank(frame: number): number {
    const byte = Math.floor(frame / 8);
    const block = Math.floor(byte / BLOCK);
    let count = this.#before[block] as number;
    for (let i = block * BLOCK; i < byte; i++) count += bitsOf[this.#bits[i] as number] as number;
    return count + (bitsOf[(this.#bits[byte] as number) & ((1 << (frame % 8)) - 1)] as number);
  }

  /** The frame that has `rank` frames of the set below it; `rank` must be less than `count`. */
  select(rank: number): number {
    let byte = lastAtOrBelow(this.#before, rank) * BLOCK;
    let left = rank - (this.#before[byte / BLOCK] as number);
    for (; left >= (bitsOf[this.#bits[byte] as number] as number); byte++)
      left -= bitsOf[this.#bits[byte] as number] as number;
    for (let frame = byte * 8; ; frame++) if (this.has(frame) && left-- === 0) return frame;
  }

  /** The set as ranges of physical addresses. */
  ranges(): PhysicalRange[] {
    const out: PhysicalRange[] = [];
    let start = -1;
    const close = (frame: number) => {
      if (start >= 0) out.push({ start: start * PAGE_SIZE, end: frame * PAGE_SIZE });
      start = -1;
    };
    for (let i = 0; i < this.#bits.length; i++) {
      const byte = this.#bits[i] as number;
      if (byte === 0) close(i * 8);
      else if (byte !== 0xff || start < 0) {
        for (let bit = 0; bit < 8; bit++) {
          if (((byte >> bit) & 1) === 0) close(i * 8 + bit);
          else if (start < 0) start = i * 8 + bit;
        }
      }
    }
    close(this.#bits.length * 8);
    return out;
  }
}
