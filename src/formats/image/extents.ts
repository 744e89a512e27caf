/**
 * Which bytes of a file are which bytes of memory: lists of extents, put in order whatever the file said.
 *
 * The same lists describe flattened files (target = offset in the rebuilt file). Nothing here reads anything.
 */

/** `length` bytes at `offset` in the source are the bytes at `start` (an address, or an offset) in the target. */
export interface Extent {
  readonly start: number;
  readonly length: number;
  readonly offset: number;
}

/** Where two extents claim the same target bytes: the one listed earlier wins, or the one listed later. */
export type OverlapRule = 'first' | 'last';

/** Largest address an x86 processor can have (52 bits); what lies beyond is a damaged header. */
export const MAX_ADDRESS = 2 ** 52;

/** A list of extents that grows at its end; what continues the last one in both target and source becomes one with it. */
export class ExtentList {
  readonly #done: Extent[] = [];
  #start = 0;
  #length = 0;
  #offset = 0;

  push(start: number, length: number, offset: number): void {
    if (this.#start + this.#length === start && this.#offset + this.#length === offset) {
      this.#length += length;
      return;
    }
    this.#settle();
    this.#start = start;
    this.#length = length;
    this.#offset = offset;
  }

  /** The extents so far. */
  all(): Extent[] {
    this.#settle();
    this.#length = 0;
    return this.#done;
  }

  #settle(): void {
    if (this.#length > 0) this.#done.push({ start: this.#start, length: this.#length, offset: this.#offset });
  }
}

/** A binary heap of ranks, the smallest on top. */
class Claims {
  readonly #heap: number[] = [];

  get top(): number | undefined {
    return this.#heap[0];
  }

  push(rank: number): void {
    const heap = this.#heap;
    let at = heap.push(rank) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= rank) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = rank;
  }

  pop(): void {
    const heap = this.#heap;
    const rank = heap.pop();
    if (rank === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= rank) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = rank;
  }
}

/**
 * The extents ascending, disjoint and merged where neighbours continue each other.
 * Costs n log n, also for hostile lists in which everything overlaps everything.
 */
export function orderExtents(extents: readonly Extent[], rule: OverlapRule): Extent[] {
  /** By rank: the smaller one wins. */
  const ranked = rule === 'first' ? extents : [...extents].reverse();
  const starts = Float64Array.from(ranked, (extent) => extent.start);
  const order = Uint32Array.from(ranked.keys()).sort((a, b) => (starts[a] as number) - (starts[b] as number));
  const out = new ExtentList();
  const claims = new Claims();
  let position = 0;

  /** Emits what the claims hold between `position` and `limit`. */
  const emitUntil = (limit: number): void => {
    for (let top = claims.top; top !== undefined && position < limit; top = claims.top) {
      const { start, length, offset } = ranked[top] as Extent;
      if (start + length <= position) {
        claims.pop();
        continue;
      }
      const stop = Math.min(start + length, limit);
      out.push(position, stop - position, offset + (position - start));
      position = stop;
    }
  };

  for (const rank of order) {
    const start = starts[rank] as number;
    emitUntil(start);
    position = start;
    claims.push(rank);
  }
  emitUntil(Number.POSITIVE_INFINITY);
  return out.all();
}

/** Index of the last element of ascending `starts` that is <= `position`, or -1. */
export function lastAtOrBelow(starts: Float64Array, position: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
