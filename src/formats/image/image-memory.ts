/**
 * `PhysicalMemory` over whatever can read a stretch of memory: every file format ends here.
 *
 * It caches 64 KiB runs of pages for random access (least recently used leave first) and, when misses turn
 * sequential, reads 4 MiB ahead into a window of its own, so that a scan does not push the random working set out.
 * Reads of 256 KiB and more go straight from the file into the caller's array. It knows no format.
 */
import { PAGE_SIZE, type PhysicalAddress } from '../../core/address.js';
import type { PhysicalMemory, PhysicalRange, ProcessorRegisters } from '../../memory/physical-memory.js';
import type { WindowsDump } from '../../memory/windows-dump.js';
import type { PrefixReader } from './extent-reader.js';
import { PageRun } from './page-run.js';
import { RangeFinder } from './ranges.js';

/** Frames in a cached run (64 KiB) and in the read-ahead window (4 MiB). */
const RUN_FRAMES = 16;
const WINDOW_FRAMES = 1024;
/** Misses on consecutive runs after which access counts as sequential. */
const SEQUENTIAL_MISSES = 3;
/** A read this long bypasses the cache. */
const DIRECT_BYTES = 256 * 1024;

const NOTHING = new PageRun(0);

export const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;

/** What a format reader knows after it has understood the file. */
export interface ImageParts {
  readonly format: string;
  /** Ascending and disjoint. */
  readonly ranges: readonly PhysicalRange[];
  /** Reads memory inside one of the ranges; a shorter prefix means that the next page is damaged. */
  readonly read: PrefixReader;
  readonly registers?: readonly ProcessorRegisters[];
  readonly vmcoreinfo?: string | undefined;
  readonly windowsDump?: WindowsDump | undefined;
  readonly notes?: readonly string[];
  /** Gives back what the reader holds beside the source it was opened on. */
  close?(): void;
}

export class ImageMemory implements PhysicalMemory {
  readonly format: string;
  readonly ranges: readonly PhysicalRange[];
  readonly end: PhysicalAddress;
  readonly registers: readonly ProcessorRegisters[];
  readonly vmcoreinfo: string | undefined;
  readonly windowsDump: WindowsDump | undefined;
  readonly notes: readonly string[];
  readonly #parts: ImageParts;
  readonly #finder: RangeFinder;
  readonly #capacity: number;
  /** Cached runs by first frame / RUN_FRAMES; `#ring` holds the same ones in the order of the replacement hand. */
  readonly #runs = new Map<number, PageRun>();
  readonly #ring: PageRun[] = [];
  #hand = 0;
  #window: PageRun | undefined;
  #current = NOTHING;
  #lastMiss = -2;
  #streak = 0;

  /** @param cacheBytes upper bound of the page cache; the 4 MiB window comes on top. */
  constructor(parts: ImageParts, cacheBytes = DEFAULT_CACHE_BYTES) {
    this.#parts = parts;
    this.format = parts.format;
    this.ranges = parts.ranges;
    this.end = parts.ranges.at(-1)?.end ?? 0;
    this.registers = parts.registers ?? [];
    this.vmcoreinfo = parts.vmcoreinfo;
    this.windowsDump = parts.windowsDump;
    this.notes = parts.notes ?? [];
    this.#finder = new RangeFinder(parts.ranges);
    this.#capacity = Math.max(4, Math.floor(cacheBytes / (RUN_FRAMES * PAGE_SIZE)));
  }

  page(frame: number): Uint8Array | undefined {
    const current = this.#current;
    const index = frame - current.firstFrame;
    if (index >= 0 && index < current.count) return current.page(index);
    const run = this.#runOf(frame);
    return run?.page(frame - run.firstFrame);
  }

  read(address: PhysicalAddress, target: Uint8Array): number {
    const length = Math.min(target.length, this.#finder.endFrom(address) - address);
    if (length >= DIRECT_BYTES) return this.#parts.read(address, target.subarray(0, length));
    let done = 0;
    while (done < length) {
      const run = this.#runOf(Math.floor((address + done) / PAGE_SIZE));
      if (!run) break;
      const offset = address + done - run.firstFrame * PAGE_SIZE;
      const got = run.copy(offset, target.subarray(done, length));
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  close(): void {
    this.#runs.clear();
    this.#ring.length = 0;
    this.#window = undefined;
    this.#current = NOTHING;
    this.#parts.close?.();
  }

  /** The run that holds `frame`, loaded if need be; undefined beyond the end. */
  #runOf(frame: number): PageRun | undefined {
    const window = this.#window;
    if (window && frame >= window.firstFrame && frame < window.firstFrame + WINDOW_FRAMES) {
      this.#current = window;
      return window;
    }
    const key = Math.floor(frame / RUN_FRAMES);
    let run = this.#runs.get(key);
    if (!run) {
      if (!(frame >= 0 && frame * PAGE_SIZE < this.end)) return undefined;
      if (this.#isSequential(key)) return this.#fillWindow(key);
      // Should the system fail to read (an exception), nothing may still point at the half-filled run.
      this.#current = NOTHING;
      run = this.#freeRun();
      run.fill(key * RUN_FRAMES, this.#finder, this.#parts.read);
      this.#runs.set(key, run);
    }
    run.used = true;
    this.#current = run;
    return run;
  }

  /** Notes a miss on run `key` and says whether misses have been running upwards. */
  #isSequential(key: number): boolean {
    this.#streak = key === this.#lastMiss + 1 ? this.#streak + 1 : 0;
    this.#lastMiss = key;
    return this.#streak >= SEQUENTIAL_MISSES;
  }

  #fillWindow(key: number): PageRun {
    const window = this.#window ?? new PageRun(WINDOW_FRAMES);
    this.#window = undefined;
    this.#current = NOTHING;
    window.fill(key * RUN_FRAMES, this.#finder, this.#parts.read);
    // The next miss of a scan comes one past the window.
    this.#lastMiss = key + WINDOW_FRAMES / RUN_FRAMES - 1;
    this.#window = window;
    this.#current = window;
    return window;
  }

  /** A new run while there is room, then the first one that the hand meets unused since its last round. */
  #freeRun(): PageRun {
    if (this.#ring.length < this.#capacity) {
      const run = new PageRun(RUN_FRAMES);
      this.#ring.push(run);
      return run;
    }
    for (;;) {
      const run = this.#ring[this.#hand] as PageRun;
      this.#hand = (this.#hand + 1) % this.#ring.length;
      if (!run.used) {
        this.#runs.delete(run.firstFrame / RUN_FRAMES);
        return run;
      }
      run.used = false;
    }
  }
}
