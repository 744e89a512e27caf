/**
 * Small reads from a `ByteSource` without a system call each and without a copy: for formats that interleave headers
 * with data or keep pages compressed. One reader follows one stream of accesses; interleaved streams take one each.
 */
import type { ByteSource } from '../byte-source.js';

const SMALLEST = 16 * 1024;
const LARGEST = 1024 * 1024;

export class WindowReader {
  readonly #source: ByteSource;
  #buffer = new Uint8Array(SMALLEST);
  /** The part of the buffer that holds the bytes from file offset `#start` on. */
  #bytes = this.#buffer.subarray(0, 0);
  #start = 0;
  #size = SMALLEST;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * The bytes from `offset`, fewer than `length` only where the source ends. Valid until the next call. `length` must
   * have been checked against some bound: that much memory is allocated.
   */
  view(offset: number, length: number): Uint8Array {
    const end = this.#start + this.#bytes.length;
    if (offset < this.#start || offset + length > end)
      this.#move(offset, length, offset >= this.#start && offset <= end);
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }

  /** Reads a window at `offset`; windows double while accesses go on from the last one. */
  #move(offset: number, length: number, onward: boolean): void {
    this.#size = onward ? Math.min(this.#size * 2, LARGEST) : SMALLEST;
    const size = Math.max(0, Math.min(Math.max(this.#size, length), this.#source.size - offset));
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    this.#bytes = this.#buffer.subarray(0, 0);
    this.#start = offset;
    const got = size > 0 ? this.#source.read(offset, this.#buffer.subarray(0, size)) : 0;
    this.#bytes = this.#buffer.subarray(0, got);
  }
}
