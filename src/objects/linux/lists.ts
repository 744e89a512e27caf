/**
 * Walks over the kernel's list types: `list_head`, `hlist`, `hlist_nulls`, `llist`, red-black trees.
 *
 * Every walk is bounded and notices cycles: a forged or torn list ends with a fault in the log, never with a hang.
 * Source: include/linux/{list,rculist_nulls,llist,rbtree}.h, unchanged from Linux 4.0 to 6.12.
 */
import { chain, MAX_ENTRIES } from '../chain.js';
import { readPointer, StructView, type ViewContext } from '../struct-view.js';

function memberOffset(context: ViewContext, type: string, member: string): bigint {
  return BigInt(new StructView(context, type, 0n).field(member).offset);
}

/**
 * The structures of type `type` that are linked through their `list_head` member `member`, from the head at address
 * `head` (itself not an entry).
 */
export function* listEntries(context: ViewContext, head: bigint, type: string, member: string): Generator<StructView> {
  const offset = memberOffset(context, type, member);
  const next = (node: bigint) => readPointer(context, node);
  for (const node of chain(context, next(head), next, (at) => at === head || at === 0n)) {
    yield new StructView(context, type, node - offset);
  }
}

/**
 * The same for an `hlist_head` at address `head` (`first`, then `next`, NULL ends it).
 *
 * @param seen nodes met in other chains of the same table: an honest node is in one only, and forged chains that run
 *   into each other would multiply
 */
export function* hlistEntries(
  context: ViewContext,
  head: bigint,
  type: string,
  member: string,
  seen?: Set<bigint>,
): Generator<StructView> {
  const offset = memberOffset(context, type, member);
  const next = (node: bigint) => readPointer(context, node);
  for (const node of chain(context, next(head), next, (at) => at === 0n, seen)) {
    yield new StructView(context, type, node - offset);
  }
}

/** The same for an `hlist_nulls_head`: the end is marked by an odd pointer. */
export function* hlistNullsEntries(
  context: ViewContext,
  head: bigint,
  type: string,
  member: string,
  seen?: Set<bigint>,
): Generator<StructView> {
  const offset = memberOffset(context, type, member);
  const next = (node: bigint) => readPointer(context, node);
  for (const node of chain(context, next(head), next, (at) => at === 0n || (at & 1n) === 1n, seen)) {
    yield new StructView(context, type, node - offset);
  }
}

/** A singly linked chain of structures through their pointer member `member`, the first one given by address. */
export function* chainEntries(
  context: ViewContext,
  first: bigint | undefined,
  type: string,
  member: string,
): Generator<StructView> {
  const next = (node: bigint) => new StructView(context, type, node).ptr(member);
  for (const node of chain(context, first, next, (at) => at === 0n)) yield new StructView(context, type, node);
}

/** The structures of a red-black tree in order; `root` is the address of its `rb_root` (or of `rb_root_cached`). */
export function* rbTreeEntries(
  context: ViewContext,
  root: bigint,
  type: string,
  member: string,
): Generator<StructView> {
  const offset = memberOffset(context, type, member);
  const rb = (node: bigint) => new StructView(context, 'rb_node', node);
  const seen = new Set<bigint>();
  const path: bigint[] = [];
  let node = readPointer(context, root) ?? 0n;
  while (node !== 0n || path.length > 0) {
    while (node !== 0n) {
      if (seen.has(node) || seen.size >= MAX_ENTRIES) {
        context.faults.note(node, 'cycle in a tree');
        node = 0n;
        break;
      }
      seen.add(node);
      path.push(node);
      node = rb(node).ptr('rb_left') ?? 0n;
    }
    const current = path.pop();
    if (current === undefined) return;
    const right = rb(current).ptr('rb_right') ?? 0n;
    yield new StructView(context, type, current - offset);
    node = right;
  }
}
