/**
 * One buffer of consecutive page frames and which of them hold what: the unit in which `ImageMemory` caches.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PrefixReader } from './extent-reader.js';
import type { RangeFinder } from './ranges.js';

export class PageRun {
  /** First page frame held; -1 when empty. */
  firstFrame = -1;
  /** One entry a frame: its 4096 bytes, or undefined when it is not wholly there. */
  readonly pages: (Uint8Array | undefined)[];
  /** Set by a lookup, cleared by the cache's hand: recently used. */
  used = false;
  readonly #bytes: Uint8Array;
  readonly #views: Uint8Array[];
  /** Frames that should be there and could not be read. */
  readonly #damaged: Uint8Array;

  /** @param count frames it holds. */
  constructor(count: number) {
    this.#bytes = new Uint8Array(count * PAGE_SIZE);
    this.#views = Array.from({ length: count }, (_, i) => this.#bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE));
    this.#damaged = new Uint8Array(count);
    this.pages = new Array<Uint8Array | undefined>(count).fill(undefined);
  }

  /** Loads the frames from `firstFrame` on: what `ranges` says is there, less what `read` cannot give. */
  fill(firstFrame: number, ranges: RangeFinder, read: PrefixReader): void {
    this.firstFrame = -1;
    this.pages.fill(undefined);
    this.#damaged.fill(0);
    const base = firstFrame * PAGE_SIZE;
    const end = base + this.#bytes.length;
    let at = ranges.nextFrom(base);
    while (at < end) {
      const stop = Math.min(ranges.endFrom(at), end);
      const got = read(at, this.#bytes.subarray(at - base, stop - base));
      this.#markWhole(at - base, at - base + got);
      at += got;
      if (at < stop) {
        const frame = Math.floor((at - base) / PAGE_SIZE);
        this.#damaged[frame] = 1;
        this.pages[frame] = undefined;
        at = base + (frame + 1) * PAGE_SIZE;
      }
      at = ranges.nextFrom(at);
    }
    this.firstFrame = firstFrame;
  }

  /**
   * Copies from byte `offset` of the run into `target`, as far as it goes without a damaged frame; returns the length.
   * The caller has made sure that the ranges cover it.
   */
  copy(offset: number, target: Uint8Array): number {
    const end = Math.min(offset + target.length, this.#bytes.length);
    let stop = offset;
    while (stop < end && this.#damaged[Math.floor(stop / PAGE_SIZE)] === 0)
      stop = Math.min((Math.floor(stop / PAGE_SIZE) + 1) * PAGE_SIZE, end);
    target.set(this.#bytes.subarray(offset, stop));
    return stop - offset;
  }

  #markWhole(from: number, to: number): void {
    const last = Math.floor(to / PAGE_SIZE);
    for (let i = Math.ceil(from / PAGE_SIZE); i < last; i++) this.pages[i] = this.#views[i];
  }
}
