/**
 * Entries of an XArray: page caches, and inside an IDR the process ids of a namespace.
 *
 * Source: include/linux/xarray.h, 4.20 to 6.12, and include/linux/radix-tree.h before (the same nodes, another mark
 * for internal pointers). Values (shadow entries, swap slots) are handed out like pointers: their lowest bit is set.
 */
import { StructView, type ViewContext } from '../struct-view.js';

export interface XArrayEntry {
  readonly index: bigint;
  /** Number of indices that it stands for: 1, or the pages of a large folio. */
  readonly span: bigint;
  /** A pointer, or a value when its lowest bit is set. */
  readonly entry: bigint;
}

/** Names and pointer marks of the structure over its two lives. */
interface Shape {
  readonly root: string;
  readonly head: string;
  readonly node: string;
  /** The two lowest bits of a pointer to a node. */
  readonly nodeTag: bigint;
}

const SHAPES: readonly Shape[] = [
  { root: 'xarray', head: 'xa_head', node: 'xa_node', nodeTag: 2n },
  { root: 'radix_tree_root', head: 'rnode', node: 'radix_tree_node', nodeTag: 1n },
];

/** Node pointers are beyond the values that stand for siblings, retries and errors. */
const MAX_RESERVED = 4096n;
/** 64-bit indices, 4 bits a level at the least (CONFIG_BASE_SMALL). */
const MAX_DEPTH = 16;

/** Indices to look at, both inclusive. */
export interface IndexRange {
  readonly first: bigint;
  readonly last: bigint;
}

const EVERYTHING: IndexRange = { first: 0n, last: (1n << 64n) - 1n };

/** The entries of the XArray (or radix tree) at `address`, ascending; of a range those that touch it. */
export function* xarrayEntries(
  context: ViewContext,
  address: bigint,
  range: IndexRange = EVERYTHING,
): Generator<XArrayEntry> {
  const shape = SHAPES.find(({ root, head }) => context.field(root, head) !== undefined) ?? SHAPES[0]!;
  const head = new StructView(context, shape.root, address).ptr(shape.head);
  if (head === undefined || head === 0n) return;
  if (isNode(head, shape)) yield* nodeEntries({ context, shape, range, seen: new Set() }, head, 0n, 0);
  else if (range.first === 0n) yield { index: 0n, span: 1n, entry: head };
}

function isNode(entry: bigint, { nodeTag }: Shape): boolean {
  return (entry & 3n) === nodeTag && entry > MAX_RESERVED;
}

interface Walk {
  readonly context: ViewContext;
  readonly shape: Shape;
  readonly range: IndexRange;
  readonly seen: Set<bigint>;
}

function* nodeEntries(walk: Walk, tagged: bigint, base: bigint, depth: number): Generator<XArrayEntry> {
  const { context, shape, range, seen } = walk;
  const node = new StructView(context, shape.node, tagged & ~3n);
  if (depth > MAX_DEPTH || seen.has(node.address)) {
    context.faults.note(node.address, 'damaged xarray');
    return;
  }
  seen.add(node.address);
  const shift = node.num('shift');
  const slots = node.pointers('slots');
  if (shift === undefined || slots === undefined) return;
  for (const [slot, entry] of slots.entries()) {
    if (entry === 0n) continue;
    const index = base + (BigInt(slot) << BigInt(shift));
    if (index > range.last) return;
    if (shift > 0 && isNode(entry, shape)) {
      if (index + (1n << BigInt(shift)) > range.first) yield* nodeEntries(walk, entry, index, depth + 1);
    }
    // What is left of the internal entries are siblings of a large entry, retries and zero entries: nothing is stored there.
    else if ((entry & 3n) !== shape.nodeTag) {
      const span = BigInt(1 + siblings(slots, slot)) << BigInt(shift);
      if (index + span > range.first) yield { index, span, entry };
    }
  }
}

/** How many slots after `slot` only repeat it: each holds an internal entry with the number of the slot it belongs to. */
function siblings(slots: readonly bigint[], slot: number): number {
  const mark = (BigInt(slot) << 2n) | 2n;
  let count = 0;
  while (slots[slot + 1 + count] === mark) count++;
  return count;
}
