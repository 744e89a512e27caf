/**
 * Lists of backed physical ranges: merging and looking up.
 */
import type { PhysicalRange } from '../../memory/physical-memory.js';
import { type Extent, lastAtOrBelow } from './extents.js';

/** The ranges that ordered extents cover, neighbours merged. */
export function rangesOf(extents: readonly Extent[]): PhysicalRange[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, length } of extents) {
    const last = out.at(-1);
    if (last && last.end === start) last.end = start + length;
    else out.push({ start, end: start + length });
  }
  return out;
}

/** Answers how far memory is backed from an address on. Remembers the last range: neighbours are asked for together. */
export class RangeFinder {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  #last = 0;

  constructor(ranges: readonly PhysicalRange[]) {
    this.#starts = Float64Array.from(ranges, (range) => range.start);
    this.#ends = Float64Array.from(ranges, (range) => range.end);
  }

  /** The end of the range that holds `address`, or `address` itself when none does. */
  endFrom(address: number): number {
    if (!this.#holds(this.#last, address)) this.#last = lastAtOrBelow(this.#starts, address);
    return this.#holds(this.#last, address) ? (this.#ends[this.#last] as number) : address;
  }

  /** The first backed address >= `address`, or Infinity. */
  nextFrom(address: number): number {
    if (this.endFrom(address) > address) return address;
    return this.#starts[lastAtOrBelow(this.#starts, address) + 1] ?? Number.POSITIVE_INFINITY;
  }

  #holds(index: number, address: number): boolean {
    // Comparisons with undefined (index outside) are false.
    return address >= (this.#starts[index] as number) && address < (this.#ends[index] as number);
  }
}
