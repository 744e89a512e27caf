/** Finds the loader's records of kernel modules by the tag of their pool blocks. */
import { PAGE_SIZE } from '../../core/address.js';
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { KERNEL_SPACE } from './kernel-windows.js';
import { poolBlocks, poolTag } from './pool-scan.js';

/** What NT and what ReactOS (ntoskrnl/include/internal/tag.h) allocate them with. */
const TAGS = ['MmLd', 'klmo'] as const;
/** More than any kernel module has. */
const MAX_SIZE = 256 * 1024 * 1024;

/** Records that describe an image in kernel space, ascending by address. */
export function* scanModules(kernel: WindowsKernel, progress?: (address: bigint) => void): Generator<StructView> {
  const tags = new Map(TAGS.map((tag) => [poolTag(tag), tag]));
  const { start: lowest } = KERNEL_SPACE[kernel.profile.pointerSize];
  for (const { start } of poolBlocks(kernel, tags, progress)) {
    const view = kernel.struct('_LDR_DATA_TABLE_ENTRY', start);
    // Looked at without the fault log: a block that only looks alike is no damage.
    if (kernel.space.view(start, view.size) === undefined) continue;
    const base = view.ptr('DllBase') ?? 0n;
    const size = view.num('SizeOfImage') ?? 0;
    const isImage = base >= lowest && base % BigInt(PAGE_SIZE) === 0n && size > 0 && size <= MAX_SIZE;
    if (isImage && (view.num('BaseDllName.Length') ?? 0) > 0) yield view;
  }
}
