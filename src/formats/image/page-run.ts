/**
 * One buffer of consecutive page frames and which of them hold what: the unit in which `ImageMemory` caches.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PrefixReader } from './extent-reader.js';
import type { RangeFinder } from './ranges.js';

export class PageRun {
  /** First page frame held; -1 when empty. */
  firstFrame = -1;
  /** How many frames it can hold. */
  readonly count: number;
  /** Set by a lookup, cleared by the cache's hand: recently used. */
  used = false;
  readonly #bytes: Uint8Array;
  /** One entry a frame, made when it is first asked for. */
  readonly #views: (Uint8Array | undefined)[];
  /** 1 for frames that are wholly there. */
  readonly #whole: Uint8Array;
  /** Frames that should be there and could not be read. */
  readonly #damaged: Uint8Array;

  /** @param count frames it holds. */
  constructor(count: number) {
    this.count = count;
    this.#bytes = new Uint8Array(count * PAGE_SIZE);
    this.#views = new Array<Uint8Array | undefined>(count);
    this.#damaged = new Uint8Array(count);
    this.#whole = new Uint8Array(count);
  }

  /** The 4096 bytes of its frame `index`, or undefined when they are not wholly there. */
  page(index: number): Uint8Array | undefined {
    if (this.#whole[index] !== 1) return undefined;
    const view = this.#views[index];
    if (view !== undefined) return view;
    const made = this.#bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
    this.#views[index] = made;
    return made;
  }

  /** Loads the frames from `firstFrame` on: what `ranges` says is there, less what `read` cannot give. */
  fill(firstFrame: number, ranges: RangeFinder, read: PrefixReader): void {
    this.firstFrame = -1;
    this.#whole.fill(0);
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
        this.#whole[frame] = 0;
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
    for (let i = Math.ceil(from / PAGE_SIZE); i < last; i++) this.#whole[i] = 1;
  }
}
