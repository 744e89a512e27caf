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

/** Appends `extent`, growing the last one instead where it continues it in both target and source. */
export function appendExtent(list: Extent[], extent: Extent): void {
  const last = list.at(-1);
  if (last && last.start + last.length === extent.start && last.offset + last.length === extent.offset)
    list[list.length - 1] = { ...last, length: last.length + extent.length };
  else list.push(extent);
}

interface Ranked extends Extent {
  readonly rank: number;
}

/** A binary heap of extents, the winning one on top. */
class Claims {
  readonly #heap: Ranked[] = [];

  get top(): Ranked | undefined {
    return this.#heap[0];
  }

  push(item: Ranked): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as Ranked).rank <= item.rank) break;
      heap[at] = heap[parent] as Ranked;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Ranked).rank < (heap[child] as Ranked).rank) child++;
      if ((heap[child] as Ranked).rank >= item.rank) break;
      heap[at] = heap[child] as Ranked;
      at = child;
    }
    heap[at] = item;
  }
}

/**
 * The extents ascending, disjoint and merged where neighbours continue each other.
 * Costs n log n, also for hostile lists in which everything overlaps everything.
 */
export function orderExtents(extents: readonly Extent[], rule: OverlapRule): Extent[] {
  const sorted: Ranked[] = extents
    .filter((extent) => extent.length > 0)
    .map((extent, i) => ({ ...extent, rank: rule === 'first' ? i : -i }))
    .sort((a, b) => a.start - b.start || a.rank - b.rank);
  const out: Extent[] = [];
  const claims = new Claims();
  let position = 0;
  let next = 0;

  /** Emits what the top claims hold between `position` and `limit`. */
  const emitUntil = (limit: number): void => {
    for (let top = claims.top; top && position < limit; top = claims.top) {
      const topEnd = top.start + top.length;
      if (topEnd <= position) {
        claims.pop();
        continue;
      }
      const stop = Math.min(topEnd, limit);
      appendExtent(out, { start: position, length: stop - position, offset: top.offset + (position - top.start) });
      position = stop;
    }
  };

  while (next < sorted.length) {
    const start = (sorted[next] as Ranked).start;
    emitUntil(start);
    position = start;
    while (next < sorted.length && (sorted[next] as Ranked).start === start) claims.push(sorted[next++] as Ranked);
  }
  emitUntil(Number.POSITIVE_INFINITY);
  return out;
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
