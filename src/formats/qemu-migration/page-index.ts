/**
 * Where in the stream each page of a RAM block is: the last time that it was sent counts.
 */

/** How a page is stored; the stored number of an entry is 4 * place + kind. */
export const pageKind = { stored: 0, fill: 1, zlib: 2, lost: 3 } as const;

export interface PagePlace {
  /** One of `pageKind`. */
  readonly kind: number;
  /** File offset of the data; for `fill` the byte. */
  readonly place: number;
}

const CHUNK_FRAMES = 4096;
/** Chunks (32 KiB each) that may be nearly empty, and pages that must then have been seen for each further one. */
const FREE_CHUNKS = 1024;
const PAGES_A_CHUNK = 1024;

export class PageIndex {
  readonly #chunks = new Map<number, Float64Array>();
  #pages = 0;

  /**
   * Notes where page `frame` is.
   * @returns false when pages lie so thinly that the offsets must be nonsense: memory for the index stays in proportion.
   */
  set(frame: number, kind: number, place: number): boolean {
    const key = Math.floor(frame / CHUNK_FRAMES);
    let chunk = this.#chunks.get(key);
    if (!chunk) {
      if (this.#chunks.size > FREE_CHUNKS + this.#pages / PAGES_A_CHUNK) return false;
      chunk = new Float64Array(CHUNK_FRAMES).fill(-1);
      this.#chunks.set(key, chunk);
    }
    this.#pages++;
    chunk[frame % CHUNK_FRAMES] = place * 4 + kind;
    return true;
  }

  get(frame: number): PagePlace | undefined {
    const entry = this.#chunks.get(Math.floor(frame / CHUNK_FRAMES))?.[frame % CHUNK_FRAMES] ?? -1;
    return entry < 0 ? undefined : { kind: entry % 4, place: Math.floor(entry / 4) };
  }

  /** Runs of frames that can be read, ascending: [first, one past the last]. */
  *runs(): Generator<readonly [number, number], void, undefined> {
    let start = -1;
    let next = -1;
    for (const key of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.#chunks.get(key) as Float64Array;
      for (let i = 0; i < CHUNK_FRAMES; i++) {
        const frame = key * CHUNK_FRAMES + i;
        const entry = chunk[i] as number;
        const isThere = entry >= 0 && entry % 4 !== pageKind.lost;
        if (start >= 0 && (!isThere || frame !== next)) {
          yield [start, next];
          start = -1;
        }
        if (isThere && start < 0) start = frame;
        if (isThere) next = frame + 1;
      }
    }
    if (start >= 0) yield [start, next];
  }
}
