/**
 * Which blocks of a region make up loops. A loop is a run of blocks from its head, to which some of them branch back, to the
 * last that does; blocks between that belong to no loop do no harm.
 */
import type { RegionBlock } from './region-blocks.js';

type Linked = Pick<RegionBlock, 'number' | 'successors'>;

/**
 * By number of a block: the last block of the loop that it is the head of, or undefined. Loops are nested: of two that
 * overlap the first goes as far as the second. A block that branches to itself alone is none of these.
 */
export function loopEnds(blocks: readonly Linked[]): readonly (number | undefined)[] {
  const ends: (number | undefined)[] = blocks.map(() => undefined);
  for (const { number, successors } of blocks) {
    for (const next of successors) if (next < number) ends[next] = Math.max(ends[next] ?? next, number);
  }
  // From the last head to the first: what lies inside is nested already.
  for (let head = blocks.length - 1; head >= 0; head--) {
    const end = ends[head];
    if (end === undefined) continue;
    let last = end;
    for (let inner = head + 1; inner <= last; inner++) last = Math.max(last, ends[inner] ?? inner);
    ends[head] = last;
  }
  return ends;
}
