/**
 * Walks over the kernel's resizable hash tables (`struct rhashtable`), during a resize over both tables.
 *
 * Source: include/linux/rhashtable.h, lib/rhashtable.c (4.0 to 6.12). Since 5.2 bit 0 of a bucket is its lock; chains end
 * with an odd marker. Nested bucket tables (made when memory was short) are walked as trees.
 */
import { occupiedSlots } from '../pointer-table.js';
import { readPointer, type StructView, type ViewContext } from '../struct-view.js';
import { hlistNullsEntries } from './lists.js';

/** A table being resized may be followed by a future one, and that by another. */
const MAX_TABLES = 8;
/** union nested_table: one page of pointers. */
const NESTED_BYTES = 4096;
const MAX_NESTING = 4;

/** The structures of type `type` linked through their `rhash_head` member `member`. */
export function* rhashtableEntries(
  context: ViewContext,
  table: StructView,
  type: string,
  member: string,
): Generator<StructView> {
  let buckets = table.follow('tbl');
  const seen = new Set<bigint>();
  for (let tables = 0; buckets !== undefined && tables < MAX_TABLES; tables++) {
    for (const head of bucketHeads(context, buckets)) yield* hlistNullsEntries(context, head, type, member, seen);
    buckets = buckets.follow('future_tbl');
  }
}

/** Addresses of the non-empty buckets' head pointers. A locked bucket is odd, and not held during an orderly stop. */
function* bucketHeads(context: ViewContext, table: StructView): Generator<bigint> {
  const count = table.num('size');
  if (count === undefined) return;
  const base = table.addressOf('buckets');
  const nest = table.has('nest') ? table.num('nest') : 0;
  if (nest === 0) {
    for (const slot of occupiedSlots(context, { base, count })) yield slot.address;
    return;
  }
  const root = readPointer(context, base);
  if (root !== undefined && root !== 0n && nest !== undefined) {
    yield* nestedHeads(context, root, 1 << Math.min(nest, 16), count, MAX_NESTING);
  }
}

/** The first level has 1 << nest slots; tables of a page each follow until they hold all buckets. */
function* nestedHeads(
  context: ViewContext,
  base: bigint,
  slots: number,
  buckets: number,
  depth: number,
): Generator<bigint> {
  const perPage = NESTED_BYTES / context.space.pointerSize;
  const leaf = buckets <= slots || depth === 0;
  for (const slot of occupiedSlots(context, { base, count: Math.min(slots, perPage) })) {
    if (leaf) yield slot.address;
    else yield* nestedHeads(context, slot.value, perPage, Math.ceil(buckets / slots), depth - 1);
  }
}
