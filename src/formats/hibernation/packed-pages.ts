/**
 * Pages that lie packed in sets of a file, as one `ByteSource` of all sets unpacked, one behind the other. Which page of
 * memory is which, extents over it say.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { ByteSource } from '../byte-source.js';
import { xpressDecompress } from '../codecs/xpress.js';
import { xpressHuffmanDecompress } from '../codecs/xpress-huffman.js';
import { lastAtOrBelow } from '../image/extents.js';
import { readBytes } from '../sources/read-bytes.js';

export type Packing = 'stored' | 'xpress' | 'xpress-huffman';

const UNPACK: Readonly<Record<Packing, (input: Uint8Array, output: Uint8Array) => number>> = {
  stored: (input, output) => {
    output.set(input.subarray(0, output.length));
    return Math.min(input.length, output.length);
  },
  xpress: xpressDecompress,
  'xpress-huffman': xpressHuffmanDecompress,
};
const PACKINGS = Object.keys(UNPACK) as Packing[];

/** Unpacked sets that are kept: reads come in runs. */
const KEPT = 32;

export class PackedPages implements ByteSource {
  readonly name: string;
  readonly #source: ByteSource;
  readonly #offsets: number[] = [];
  readonly #sizes: number[] = [];
  readonly #packings: number[] = [];
  /** Where each set begins in all of them unpacked; of the next one at the end. */
  readonly #starts: number[] = [0];
  #lookup: Float64Array | undefined;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(source: ByteSource) {
    this.#source = source;
    this.name = source.name;
  }

  get size(): number {
    return this.#starts.at(-1) as number;
  }

  /** Adds a set of `pages` pages that is packed in `size` bytes at `offset`; where it begins in this source. */
  add(offset: number, size: number, pages: number, packing: Packing): number {
    const start = this.size;
    this.#offsets.push(offset);
    this.#sizes.push(size);
    this.#packings.push(PACKINGS.indexOf(packing));
    this.#starts.push(start + pages * PAGE_SIZE);
    this.#lookup = undefined;
    return start;
  }

  /** Reads up to the first set that is damaged. */
  read(offset: number, target: Uint8Array): number {
    this.#lookup ??= Float64Array.from(this.#starts);
    let done = 0;
    while (done < target.length && offset + done < this.size) {
      const index = lastAtOrBelow(this.#lookup, offset + done);
      const unpacked = this.#set(index);
      const inside = offset + done - (this.#starts[index] as number);
      if (inside >= unpacked.length) break;
      const part = unpacked.subarray(inside, inside + target.length - done);
      target.set(part, done);
      done += part.length;
    }
    return done;
  }

  close(): void {
    this.#kept.clear();
  }

  /** The set unpacked, as far as it can be. */
  #set(index: number): Uint8Array {
    const known = this.#kept.get(index);
    if (known !== undefined) {
      this.#kept.delete(index);
      this.#kept.set(index, known);
      return known;
    }
    const output = new Uint8Array((this.#starts[index + 1] as number) - (this.#starts[index] as number));
    const input = readBytes(this.#source, this.#offsets[index] as number, this.#sizes[index] as number);
    const written = UNPACK[PACKINGS[this.#packings[index] as number] as Packing](input, output);
    // Half of a damaged set may be anything: only whole ones count.
    const unpacked = written === output.length ? output : output.subarray(0, 0);
    this.#kept.set(index, unpacked);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value as number);
    return unpacked;
  }
}
