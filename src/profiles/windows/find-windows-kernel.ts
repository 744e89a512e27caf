/**
 * Finds the NT kernel of an image: page tables first, then the image behind them that exports as `ntoskrnl.exe`.
 *
 * Everything comes from guest memory, so that a location counts only when the tables map a whole PE header with an export
 * table of that name. Whether it is alive (System process, lists) the profile's types tell, in `load-profile.ts`.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { exportingName } from '../../formats/pe/exports.js';
import { pdbRecord } from '../../formats/pe/pdb-record.js';
import { PeImage } from '../../formats/pe/pe-image.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { SearchEffort } from '../search-effort.js';
import type { WindowsKernelLocation } from './location.js';
import { LOW_TABLES, lowStubRoots, type RootHint, registerRoots, selfMappedRoots } from './page-table-roots.js';
import { systemProcessRoots } from './system-process-roots.js';

/** All kernels are called so for those who link against them, whatever their file is called (ntkrnlpa, ntkrnlmp). */
const KERNEL_NAME = 'ntoskrnl.exe';
/** Where the loader puts the kernel: 32-bit from 2 GiB on, amd64 in the half terabyte from 0xfffff80000000000 on. */
const KERNEL_SPACE = {
  4: { start: 0x8000_0000n, end: 0xc000_0000n },
  8: { start: 0xffff_f800_0000_0000n, end: 0xffff_f880_0000_0000n },
} as const;
/** Hints that lead nowhere before the search ends: forged tables could offer one a page. */
const MAX_HINTS = 4096;

/** The roots to look behind, by what it costs to find them. */
const ROOTS: Readonly<Record<SearchEffort, (memory: PhysicalMemory) => Generator<RootHint>>> = {
  *quick(memory) {
    yield* registerRoots(memory);
    yield* lowStubRoots(memory);
    yield* selfMappedRoots(memory, 0, LOW_TABLES);
  },
  *thorough(memory) {
    yield* selfMappedRoots(memory, LOW_TABLES, memory.end);
    yield* systemProcessRoots(memory);
  },
};

/**
 * The kernel in `memory`; undefined when there is none to be found with this effort. `quick` looks at registers and the
 * lowest 64 MiB, `thorough` at all the rest and, last, for the System process.
 */
export function findWindowsKernel(memory: PhysicalMemory, effort: SearchEffort): WindowsKernelLocation | undefined {
  let hints = 0;
  for (const hint of ROOTS[effort](memory)) {
    const found = kernelBehind(memory, hint);
    if (found !== undefined || ++hints >= MAX_HINTS) return found;
  }
  return undefined;
}

function kernelBehind(memory: PhysicalMemory, { root, mode }: RootHint): WindowsKernelLocation | undefined {
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root);
  const { start, end } = KERNEL_SPACE[space.pointerSize];
  for (const base of imageStarts(space, start, end)) {
    const image = PeImage.open((rva, length) => prefix(space, base + BigInt(rva), length));
    if (image === undefined || image.headers.is64Bit !== (space.pointerSize === 8)) continue;
    if (exportingName(image)?.toLowerCase() !== KERNEL_NAME) continue;
    const architecture = image.headers.is64Bit ? 'amd64' : 'i386';
    return { architecture, paging: mode, dtb: space.root, base, image, pdb: pdbRecord(image) };
  }
  return undefined;
}

/** Addresses of the mapped pages that begin with "MZ". */
function* imageStarts(space: PagedAddressSpace, start: bigint, end: bigint): Generator<bigint> {
  const { memory } = space;
  // No honest kernel maps more pages here than there are frames.
  let pages = memory.end / PAGE_SIZE;
  for (const run of space.mappings(start, end)) {
    const count = Number(run.end - run.start) / PAGE_SIZE;
    for (let index = 0; index < count; index++) {
      if (pages-- <= 0) return;
      const page = memory.page(run.physical / PAGE_SIZE + index);
      if (page !== undefined && page[0] === 0x4d && page[1] === 0x5a) yield run.start + BigInt(index * PAGE_SIZE);
    }
  }
}

/** Up to `length` bytes at `address`. */
function prefix(space: AddressSpace, address: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, space.read(address, bytes));
}
