/**
 * Notices when a program runs code that was written while it ran: unpackers, just-in-time compilers, injected code.
 *
 * A page counts as written when a store went through a user address of the process, whether by the program itself or by
 * the kernel for it (`read`); program files come into memory through the kernel's own addresses and do not count. It
 * counts as run when ring 3 executes at the same address of the same process. Seen a little later than it happens: at
 * the end of the batch in which the emulator reports it.
 */
import type { Machine } from '../../emulator/machine/machine.js';

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
export function watchWrittenCode(machine: Pick<Machine, 'events'>, found: (code: WrittenCode) => void): () => void {
  const seen = new Set<bigint>();
  const subscription = machine.events.subscribe({ kind: 'code-execute', ring: 3 }, (events) => {
    for (const { address, addressSpace, icount, writtenAs } of events) {
      const page = address >> 12n;
      const sameRoot = writtenAs !== undefined && ((writtenAs.addressSpace ^ addressSpace) & ROOT) === 0n;
      if (!sameRoot || writtenAs.page >> 12n !== page) continue;
      const key = ((addressSpace & ROOT) << 52n) | page;
      if (seen.has(key) || seen.size >= MOST_PAGES) continue;
      seen.add(key);
      found({ address, icount });
    }
  });
  return () => subscription.close();
}
