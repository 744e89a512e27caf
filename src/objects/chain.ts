/**
 * The walk under all linked lists of guest kernels: follows links, and ends by itself whatever they say.
 *
 * A forged or torn list ends with a fault in the log, never with a hang. What the nodes are is the caller's affair.
 */
import type { ViewContext } from './struct-view.js';

/** No honest list of the kernel is longer; a walk that reaches it is damage. */
export const MAX_ENTRIES = 4_000_000;

/** Follows `next` from `first` until `isEnd`, noting cycles, endless lists and unreadable links. */
export function* chain(
  context: ViewContext,
  first: bigint | undefined,
  next: (node: bigint) => bigint | undefined,
  isEnd: (node: bigint) => boolean,
  seen: Set<bigint> = new Set(),
): Generator<bigint> {
  let node = first;
  while (node !== undefined && !isEnd(node)) {
    if (seen.has(node) || seen.size >= MAX_ENTRIES) {
      context.faults.note(node, 'cycle in a list');
      return;
    }
    seen.add(node);
    // The link is read before the entry is handed out, so that the walk does not depend on what the reader does.
    const following = next(node);
    yield node;
    node = following;
  }
}
