/** Judges a memory area: why it may hold code that was put there while the program ran. No names of malware, only facts. */
import { PAGE_SIZE } from '../../core/address.js';
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { LinuxKernel } from './kernel.js';
import { type MemoryArea, VM } from './mm-areas.js';
import { cachedFrames, isAnonymousPage } from './user-pages.js';

export interface Suspicion {
  /** One short phrase for each reason. */
  readonly reasons: readonly string[];
  /** The first page that shows it, or the start of the area. */
  readonly address: bigint;
}

/** Areas that the kernel makes itself, and that are executable or named for other reasons. */
const KERNEL_MADE = new Set(['[vdso]', '[vvar]', '[vvar_vclock]', '[vsyscall]', '[uprobes]']);

/** Why `area` is worth a look; undefined when it is not. */
export function suspicion(kernel: LinuxKernel, space: PagedAddressSpace, area: MemoryArea): Suspicion | undefined {
  if ((area.flags & VM.exec) === 0 || KERNEL_MADE.has(area.path)) return undefined;
  const writable = (area.flags & VM.write) !== 0;
  const reasons: string[] = [];
  let address = firstResident(space, area);
  if (area.file === undefined || area.path === '/dev/zero (deleted)') {
    reasons.push(
      area.path === '[stack]' || area.path === '[heap]' ? `executable ${area.path}` : 'executable without a file',
    );
    if (writable) reasons.push('writable and executable');
    // Nothing but writing puts pages here, so it was writable before.
    else if (address !== undefined) reasons.push('written, then made executable');
  } else {
    if (writable) reasons.push('writable and executable');
    if (area.path.startsWith('/memfd:')) reasons.push('executable memfd, a file without a name');
    const changed = (area.flags & VM.mayShare) === 0 ? changedPages(kernel, space, area) : [];
    const [first] = changed;
    if (first !== undefined) {
      reasons.push(`${changed.length} ${changed.length === 1 ? 'page differs' : 'pages differ'} from the file`);
      address = first;
    }
  }
  return reasons.length === 0 ? undefined : { reasons, address: address ?? area.start };
}

function firstResident(space: PagedAddressSpace, { start, end }: MemoryArea): bigint | undefined {
  for (const leaf of space.leafEntries(start, end)) {
    if (space.view(leaf.start, 1) !== undefined) return leaf.start;
  }
  return undefined;
}

/** A huge page of the page cache: 2 MiB (4 MiB without PAE). */
const MAX_FILE_PAGE = 4 * 1024 * 1024;

/** Addresses of the pages of a private file mapping that the process has copied, and whose bytes are not the file's. */
function changedPages(kernel: LinuxKernel, space: PagedAddressSpace, area: MemoryArea): bigint[] {
  const own: { address: bigint; physical: number; index: bigint }[] = [];
  for (const leaf of space.leafEntries(area.start, area.end)) {
    // Larger pages than these never are a file's.
    if (!leaf.present || leaf.pageSize > MAX_FILE_PAGE || leaf.physical >= kernel.memory.end) continue;
    for (let offset = 0; offset < Number(leaf.end - leaf.start); offset += PAGE_SIZE) {
      const physical = leaf.physical + offset;
      if (isAnonymousPage(kernel, physical) !== true) continue;
      const address = leaf.start + BigInt(offset);
      own.push({ address, physical, index: (area.offset + address - area.start) >> 12n });
    }
  }
  const [first] = own;
  const last = own.at(-1);
  if (area.file === undefined || first === undefined || last === undefined) return [];
  const cached = cachedFrames(kernel, area.file, first.index, last.index);
  return own
    .filter(({ physical, index }) => !samePage(kernel, physical, cached.get(Number(index))))
    .map(({ address }) => address);
}

/** False also when the file's page is not in memory: then nothing speaks for the copy being unchanged. */
function samePage(kernel: LinuxKernel, physical: number, frame: number | undefined): boolean {
  if (frame === undefined) return false;
  const first = kernel.memory.page(physical / PAGE_SIZE)?.slice();
  const second = kernel.memory.page(frame);
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0;
}
