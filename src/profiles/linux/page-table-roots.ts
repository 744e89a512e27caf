/**
 * Page-table roots that are known before anything about the kernel is: CR3 from the image's registers, and the root that
 * an amd64 kernel leaves in the first megabyte for starting further processors.
 *
 * They are hints: who uses them checks what they map.
 */
import { u64Number } from '../../core/bytes.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES, type PagingModeName } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';

export interface RootHint {
  readonly root: number;
  readonly mode: PagingModeName;
}

const PAGE = 4096;
const LOW_MEMORY = 0x10_0000;
/** With page-table isolation the user half's root is the second page of a pair; the kernel's is the first. */
const ISOLATION_BIT = 0x1000n;
const LONG_MODES = ['4-level', '5-level'] as const;

/**
 * Hints for amd64. Those from memory come first: registers change from moment to moment, and who has not looked at them
 * has found something that holds for other moments of the machine as well.
 */
export function* longModeRoots(memory: PhysicalMemory): Generator<RootHint> {
  for (const root of trampolineRoots(memory)) {
    for (const mode of LONG_MODES) yield { root, mode };
  }
  for (const { cr3 } of memory.registers) {
    for (const mode of LONG_MODES) {
      yield { root: Number(cr3 & ~ISOLATION_BIT & 0x000f_ffff_ffff_f000n), mode };
    }
  }
}

/**
 * The real-mode trampoline's table (`trampoline_pgd`, arch/x86/realmode/init.c): a page below 1 MiB whose last entry is
 * that of the kernel's own root.
 */
function* trampolineRoots(memory: PhysicalMemory): Generator<number> {
  const low = new Uint8Array(LOW_MEMORY);
  const length = memory.read(0, low);
  for (let page = 0; page + PAGE <= length; page += PAGE) {
    const entry = u64Number(low, page + PAGE - 8);
    const table = Math.floor(entry / PAGE) * PAGE;
    const present = (entry & 1) === 1;
    if (present && table >= LOW_MEMORY && table < memory.end) yield page;
  }
}

/** Physical address of `virtual` under the tables at `root`; undefined when they don't map it. */
export function translateFrom(memory: PhysicalMemory, { root, mode }: RootHint, virtual: bigint): number | undefined {
  const translation = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root).translate(virtual);
  return translation.kind === 'mapped' ? translation.physical : undefined;
}
