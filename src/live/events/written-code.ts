/**
 * Notices when a program runs code that was written while it ran: unpackers, just-in-time compilers, injected code.
 *
 * A page counts as written when a store went through a user address of the process, whether by the program itself or by
 * the kernel for it (`read`); program files come into memory through the kernel's own addresses and do not count. It
 * counts as run when ring 3 executes at the same address of the same process. Seen a little later than it happens: at
 * the end of the batch in which the emulator reports it.
 */
import type { Machine } from '../../emulator/machine/machine.js';

/** User addresses end here at the latest: the lower half of 4-level paging, 3 GiB of 32-bit kernels. */
const USER_END = { 8: 0x8000_0000_0000n, 4: 0xc000_0000n } as const;
/** Page-table isolation gives a process two roots that differ in this bit (arch/x86/mm/pti.c). */
const ROOT = ~0x1fffn;
/** Pages remembered; far more than a guest has. */
const MOST_PAGES = 1 << 20;

export interface WrittenCode {
  /** Address of the first instruction that was run on the page. */
  readonly address: bigint;
  readonly icount: number;
}

/** Calls `found` for each page once, until the function that is returned is called. */
export function watchWrittenCode(
  machine: Pick<Machine, 'events'>,
  pointerSize: 4 | 8,
  found: (code: WrittenCode) => void,
): () => void {
  const ranges = [{ start: 0n, end: USER_END[pointerSize] }];
  /** Written, not run yet -> false; run -> true. */
  const pages = new Map<bigint, boolean>();
  const keyOf = (addressSpace: bigint, address: bigint) => ((addressSpace & ROOT) << 52n) | (address >> 12n);
  const subscription = machine.events.subscribe({ kind: ['write', 'block'], ranges }, (events) => {
    for (const event of events) {
      const key = keyOf(event.addressSpace, event.address);
      if (event.kind === 'write') {
        if (pages.size < MOST_PAGES && !pages.has(key)) pages.set(key, false);
      } else if (event.ring === 3 && pages.get(key) === false) {
        pages.set(key, true);
        found({ address: event.address, icount: event.icount });
      }
    }
  });
  return () => subscription.close();
}
