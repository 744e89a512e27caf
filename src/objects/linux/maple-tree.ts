/**
 * Entries of a maple tree, the range map that holds a process's memory areas since 6.1 (and interrupt descriptors
 * since 6.5).
 *
 * Source: include/linux/maple_tree.h and lib/maple_tree.c, 6.1 to 6.12. Gaps, locks and the dense node type (which the
 * kernel never builds) are not read.
 */
import { StructView, type ViewContext } from '../struct-view.js';

export interface MapleEntry {
  /** First and last index of the range, both inclusive. */
  readonly first: bigint;
  readonly last: bigint;
  /** What is stored: a pointer for memory areas. */
  readonly entry: bigint;
}

/** `xa_is_node`: internal (low bits 10, MAPLE_ROOT_NODE) and above the values reserved for errors and markers. */
const isRootNode = (entry: bigint) => (entry & 3n) === 2n && entry > 4096n;
/** Below the root, nodes carry MAPLE_ENODE_NULL (4) instead of the root's mark. */
const isNode = (entry: bigint) => (entry & 3n) === 0n && entry > 4096n;
/** MAPLE_NODE_MASK: nodes are 256-byte aligned, the bits below carry type and flags. */
const NODE_MASK = 0xffn;
/** MAPLE_NODE_TYPE_SHIFT and _MASK; enum maple_type: 1 leaf_64, 2 range_64, 3 arange_64. */
const typeOf = (node: bigint) => Number((node >> 3n) & 0xfn);
const LEAF = 1;
const STRUCT_BY_TYPE: Readonly<Record<number, string>> = {
  1: 'maple_range_64',
  2: 'maple_range_64',
  3: 'maple_arange_64',
};
/** A tree of this height would hold more entries than an address space has pages. */
const MAX_DEPTH = 16;

/** The non-empty ranges of the `maple_tree` at `address`, ascending. */
export function* mapleEntries(context: ViewContext, address: bigint): Generator<MapleEntry> {
  const root = new StructView(context, 'maple_tree', address).ptr('ma_root');
  const last = (1n << BigInt(context.space.pointerSize * 8)) - 1n;
  if (root === undefined || root === 0n) return;
  if (isRootNode(root)) yield* nodeEntries(context, root, 0n, last, 0, new Set());
  else yield { first: 0n, last: 0n, entry: root };
}

function* nodeEntries(
  context: ViewContext,
  encoded: bigint,
  first: bigint,
  last: bigint,
  depth: number,
  seen: Set<bigint>,
): Generator<MapleEntry> {
  const address = encoded & ~NODE_MASK;
  const type = typeOf(encoded);
  const struct = STRUCT_BY_TYPE[type];
  if (struct === undefined || depth > MAX_DEPTH || seen.has(address)) {
    context.faults.note(address, 'damaged maple tree');
    return;
  }
  seen.add(address);
  const node = new StructView(context, struct, address);
  const pivots = node.pointers('pivot');
  const slots = node.pointers('slot');
  if (pivots === undefined || slots === undefined) return;
  let from = first;
  for (const [index, entry] of slots.entries()) {
    const pivot = pivots[index] ?? last;
    // A zero pivot after the first slot marks the end: the slot before it reaches to the end of the node's range.
    const to = (pivot === 0n && index > 0) || pivot > last ? last : pivot;
    if (entry !== 0n) {
      if (type === LEAF) yield { first: from, last: to, entry };
      else if (isNode(entry)) yield* nodeEntries(context, entry, from, to, depth + 1, seen);
    }
    if (to >= last) return;
    from = to + 1n;
  }
}
