/**
 * Walks over NT's `LIST_ENTRY`: circular, doubly linked, the head not an entry. `chain.ts` bounds them.
 * Source: ntdef.h; unchanged in all versions.
 */
import { chain } from '../chain.js';
import { readPointer, StructView, type ViewContext } from '../struct-view.js';

/** The structures of type `type` that are linked through their member `member`, from the head at address `head`. */
export function* listEntries(context: ViewContext, head: bigint, type: string, member: string): Generator<StructView> {
  const offset = BigInt(new StructView(context, type, 0n).field(member).offset);
  const next = (node: bigint) => readPointer(context, node);
  for (const node of chain(context, next(head), next, (at) => at === head || at === 0n)) {
    yield new StructView(context, type, node - offset);
  }
}
